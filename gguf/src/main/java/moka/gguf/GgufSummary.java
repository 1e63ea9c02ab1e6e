package moka.gguf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The size of a file at a glance.
 *
 * @param name file name
 * @param partCount number of files
 * @param sizeBytes bytes of all files
 * @param tensorBytes bytes of all tensors, without padding
 * @param tensorCount number of tensors
 * @param parameterCount elements of all tensors
 * @param types shares of the tensor types, the largest first
 */
public record GgufSummary(
        String name,
        int partCount,
        long sizeBytes,
        long tensorBytes,
        int tensorCount,
        long parameterCount,
        List<TypeShare> types) {
    /**
     * What is stored in a type.
     *
     * @param tensorCount number of tensors
     * @param parameterCount their elements
     * @param bytes their bytes
     */
    public record TypeShare(TensorType type, int tensorCount, long parameterCount, long bytes) {
        private TypeShare plus(GgufTensor tensor) {
            return new TypeShare(
                    type,
                    tensorCount + 1,
                    parameterCount + tensor.elements(),
                    bytes + tensor.data().byteSize());
        }
    }

    /** Counts an open file; touches no tensor data. */
    public static GgufSummary of(GgufFile file) {
        Map<TensorType, TypeShare> shares = new EnumMap<>(TensorType.class);
        for (GgufTensor tensor : file.tensors()) {
            TypeShare share = shares.getOrDefault(tensor.type(), new TypeShare(tensor.type(), 0, 0, 0));
            shares.put(tensor.type(), share.plus(tensor));
        }
        List<TypeShare> types = new ArrayList<>(shares.values());
        types.sort(Comparator.comparingLong(TypeShare::bytes).reversed());
        return new GgufSummary(
                file.name(),
                file.parts().size(),
                file.sizeBytes(),
                types.stream().mapToLong(TypeShare::bytes).sum(),
                file.tensors().size(),
                types.stream().mapToLong(TypeShare::parameterCount).sum(),
                List.copyOf(types));
    }

    /** Bits of tensor data for one parameter, scales included; 0 without tensors. */
    public double bitsPerWeight() {
        return parameterCount == 0 ? 0 : 8.0 * tensorBytes / parameterCount;
    }
}
