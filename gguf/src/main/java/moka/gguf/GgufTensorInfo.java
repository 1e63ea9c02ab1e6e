package moka.gguf;

import java.nio.charset.StandardCharsets;

/**
 * A tensor that is to be written: everything but its data.
 *
 * @param name the name, 1 to 64 bytes
 * @param type how its elements are stored
 * @param shape lengths of at most four dimensions; the first is the length of a row
 */
public record GgufTensorInfo(String name, TensorType type, long... shape) {
    /** @throws IllegalArgumentException if the format does not allow such a tensor */
    public GgufTensorInfo {
        int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (nameBytes < 1 || nameBytes > Limits.TENSOR_NAME_BYTES) {
            throw new IllegalArgumentException(Wording.tensor(name) + ": name of " + nameBytes
                    + " bytes, expected 1 to " + Limits.TENSOR_NAME_BYTES);
        }
        if (shape.length > Limits.DIMENSIONS) {
            throw new IllegalArgumentException(
                    Wording.tensor(name) + ": " + shape.length + " dimensions, expected at most " + Limits.DIMENSIONS);
        }
        for (long length : shape) {
            if (length <= 0) {
                throw new IllegalArgumentException(
                        Wording.tensor(name) + ": shape " + Wording.shape(shape) + ", expected positive dimensions");
            }
        }
        bytes(type, shape); // refuses rows of no whole number of blocks
    }

    /** Name, type and shape of a tensor that was read. */
    public static GgufTensorInfo of(GgufTensor tensor) {
        return new GgufTensorInfo(tensor.name(), tensor.type(), tensor.shape());
    }

    /** The same tensor stored in another type. */
    public GgufTensorInfo withType(TensorType newType) {
        return new GgufTensorInfo(name, newType, shape);
    }

    /** Bytes of the data. */
    public long bytes() {
        return bytes(type, shape);
    }

    private static long bytes(TensorType type, long[] shape) {
        long bytes = type.rowBytes(shape.length == 0 ? 1 : shape[0]);
        for (int i = 1; i < shape.length; i++) {
            bytes = Math.multiplyExact(bytes, shape[i]);
        }
        return bytes;
    }
}
