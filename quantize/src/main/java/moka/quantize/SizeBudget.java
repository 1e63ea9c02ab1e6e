package moka.quantize;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.TensorType;

/** How large a quantized model may be. */
public sealed interface SizeBudget {
    /** @param bits mean of all tensors, those that stay as they are included */
    record BitsPerWeight(double bits) implements SizeBudget {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.4g bits per weight", bits);
        }
    }

    /** @param bytes of the file as a whole */
    record FileBytes(long bytes) implements SizeBudget {
        @Override
        public String toString() {
            return bytes + " bytes";
        }
    }

    /** As large as the rules of a mixture make it. */
    record Like(Mixture mixture) implements SizeBudget {
        @Override
        public String toString() {
            return "the size of " + mixture;
        }
    }

    /** Bytes that the data of all tensors may take. @param metadata of the result */
    default long tensorBytes(ModelSource source, Metadata metadata) {
        List<GgufTensorInfo> tensors = source.infos();
        return switch (this) {
            case BitsPerWeight it -> (long) (it.bits / 8 * elements(source));
            case FileBytes it -> {
                long bytes = tensors.stream().mapToLong(GgufTensorInfo::bytes).sum();
                // Padding between tensors may differ by their types: 32 bytes each.
                yield it.bytes - (GgufWriter.sizeBytes(metadata, tensors) - bytes) - 32L * tensors.size();
            }
            case Like it -> {
                Map<String, TensorType> types = TypeChoice.of(
                        it.mixture, ModelFacts.of(source.metadata(), tensors, true), TypeOverrides.NONE, tensors);
                yield tensors.stream()
                        .mapToLong(tensor -> tensor.withType(types.get(tensor.name())).bytes())
                        .sum();
            }
        };
    }

    /** Elements of all tensors. */
    static long elements(ModelSource source) {
        return source.tensors().stream().mapToLong(it -> it.rows() * it.columns()).sum();
    }
}
