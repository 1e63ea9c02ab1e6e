package moka.quantize.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import moka.quantize.Mixture;
import moka.quantize.QuantizeOptions;
import moka.quantize.RowQuantizer;
import moka.quantize.SourceTensor;
import moka.quantize.TypeChoice;
import moka.quantize.TypeOverrides;

/**
 * Chooses for each tensor of a packed checkpoint the GGUF type that is nearest to how it is stored: one that holds its codes as they are, else of the types of
 * about as many bits the one with the smallest error on a sample of its rows. What is not packed stays as it is.
 */
final class NearestTypes {
    private static final int SAMPLE_ROWS = 64;

    /** Mixtures that stand for one type. */
    private static final Map<TensorType, Mixture> MIXTURES = new EnumMap<>(Map.of(
            TensorType.F16, Mixture.F16,
            TensorType.BF16, Mixture.BF16,
            TensorType.Q8_0, Mixture.Q8_0,
            TensorType.Q4_1, Mixture.Q4_1,
            TensorType.Q4_0, Mixture.Q4_0,
            TensorType.IQ4_NL, Mixture.IQ4_NL,
            TensorType.Q4_K, Mixture.Q4_K_S,
            TensorType.Q3_K, Mixture.Q3_K_S,
            TensorType.Q2_K, Mixture.Q2_K));

    private NearestTypes() {}

    static QuantizeOptions options(List<SourceTensor> tensors, int threads) {
        List<TypeOverrides.ByName> names = new ArrayList<>();
        Map<TensorType, Long> elements = new EnumMap<>(TensorType.class);
        Optional<TensorType> embedding = Optional.empty();
        Optional<TensorType> output = Optional.empty();
        for (SourceTensor tensor : tensors) {
            if (!TypeChoice.isQuantizable(tensor.info())) {
                continue;
            }
            TensorType type = type((CheckpointTensor) tensor);
            String name = tensor.info().name();
            names.add(new TypeOverrides.ByName(Pattern.compile("^" + Pattern.quote(name) + "$"), type));
            // A float mixture would not look at names: it stands for models of which nothing is packed.
            boolean packed = type != TensorType.F16 && type != TensorType.BF16;
            elements.merge(type, packed ? tensor.rows() * tensor.columns() : 0, Long::sum);
            embedding = name.equals("token_embd.weight") ? Optional.of(type) : embedding;
            output = name.equals("output.weight") ? Optional.of(type) : output;
        }
        TensorType most = elements.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(TensorType.F16);
        return QuantizeOptions.of(MIXTURES.getOrDefault(most, Mixture.F16), threads)
                .withOverrides(new TypeOverrides(names, embedding, output, false, false));
    }

    private static TensorType type(CheckpointTensor tensor) {
        Matrix matrix = tensor.matrix();
        if (matrix.packedBits() == 0) {
            return matrix.type() == TensorType.BF16 ? TensorType.BF16 : TensorType.F16;
        }
        return matrix.exact().map(ExactRows::type).orElseGet(() -> closest(matrix));
    }

    private static TensorType closest(Matrix matrix) {
        TensorType best = TensorType.Q8_0;
        double least = Double.POSITIVE_INFINITY;
        for (TensorType type : candidates(matrix.packedBits())) {
            if (matrix.columns() % type.blockElements() == 0) {
                double error = error(matrix, type);
                if (error < least) {
                    least = error;
                    best = type;
                }
            }
        }
        return matrix.columns() % best.blockElements() == 0 ? best : TensorType.F16;
    }

    private static List<TensorType> candidates(int bits) {
        return switch (bits) {
            case 2 -> List.of(TensorType.Q2_K, TensorType.Q3_K);
            case 3 -> List.of(TensorType.Q3_K, TensorType.IQ4_NL, TensorType.Q4_0);
            case 4 -> List.of(TensorType.IQ4_NL, TensorType.Q4_0, TensorType.Q4_K, TensorType.Q4_1);
            default -> List.of(TensorType.Q8_0);
        };
    }

    /** Sum of squared errors over rows that lie evenly in the matrix. */
    private static double error(Matrix matrix, TensorType type) {
        var quantizer = new RowQuantizer(type);
        float[] values = new float[matrix.columns()];
        float[] decoded = new float[matrix.columns()];
        byte[] stored = new byte[(int) type.rowBytes(matrix.columns())];
        long step = Math.max(1, matrix.rows() / SAMPLE_ROWS);
        double sum = 0;
        for (long row = 0; row < matrix.rows(); row += step) {
            matrix.read(row, 1, values, 0);
            quantizer.quantize(values, 0, 1, values.length, null, stored, 0);
            TensorFormats.of(type).decode(MemorySegment.ofArray(stored), 0, values.length, decoded, 0);
            for (int i = 0; i < values.length; i++) {
                double error = (double) decoded[i] - values[i];
                sum += error * error;
            }
        }
        return sum;
    }
}
