package moka.engine.architecture;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import moka.engine.EngineException;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;

/**
 * The change of a tensor by a LoRA adapter: {@code W + scale * B A} with {@code A [rank][columns]} and {@code B [rows][rank]}, for each expert where the
 * tensor holds experts. Files hold the change of the embedding the other way round: {@code A [vocabulary][rank]}, {@code B [width][rank]}, so that
 * a token's row of A is looked up.
 *
 * @param turned whether it is held like that
 * @param scale the adapter's, times its alpha by the rank
 */
record LowRankPair(GgufTensor changed, GgufTensor a, GgufTensor b, boolean turned, float scale) {
    private static final String EMBEDDING = "token_embd.weight";

    /** The pairs of a LoRA file by the name of the tensor that they change. @throws EngineException if it is none, or none for this model */
    static Map<String, LowRankPair> read(GgufFile base, GgufFile file, float scale) {
        String type = file.metadata().string("adapter.type").orElse("");
        if (!type.equals("lora")) {
            throw new EngineException(file.name() + ": 'adapter.type' is '" + type + "', expected 'lora': no LoRA adapter");
        }
        String architecture = file.metadata().string("general.architecture").orElse("");
        String expected = base.metadata().requireString("general.architecture");
        if (!architecture.equals(expected)) {
            throw new EngineException(file.name() + ": an adapter for '" + architecture + "', but " + base.name() + " is of '" + expected + "'");
        }
        double alpha = file.metadata().number("adapter.lora.alpha").orElse(0);
        Map<String, LowRankPair> pairs = new HashMap<>();
        for (GgufTensor tensor : file.tensors()) {
            if (tensor.name().endsWith(".lora_a")) {
                String name = tensor.name().substring(0, tensor.name().length() - ".lora_a".length());
                pairs.put(name, of(base, file, name, tensor, scale, alpha));
            } else if (!tensor.name().endsWith(".lora_b")) {
                throw new EngineException(file.name() + ": tensor '" + tensor.name() + "', expected names that end in .lora_a or .lora_b");
            }
        }
        return pairs;
    }

    private static LowRankPair of(GgufFile base, GgufFile file, String name, GgufTensor a, float scale, double alpha) {
        GgufTensor b = file.tensor(name + ".lora_b")
                .orElseThrow(() -> new EngineException(file.name() + ": tensor '" + name + ".lora_b' is missing"));
        GgufTensor changed = base.tensor(name)
                .orElseThrow(() -> new EngineException(file.name() + ": changes the tensor '" + name + "', which " + base.name() + " has not"));
        float factor = alpha == 0 ? scale : (float) (scale * alpha / b.columns());
        int experts = experts(changed);
        boolean turned = name.equals(EMBEDDING) && a.columns() == b.columns() && a.rows() == changed.rows() && b.rows() == changed.columns();
        boolean straight = a.columns() == changed.columns()
                && b.rows() == changed.rows()
                && a.rows() == b.columns() * experts
                && experts(a) == experts
                && experts(b) == experts;
        if (!turned && !straight) {
            throw new EngineException(file.name() + ": tensors '" + name + ".lora_a' and '.lora_b' have the shapes "
                    + Arrays.toString(a.shape()) + " and " + Arrays.toString(b.shape()) + ", which do not fit "
                    + Arrays.toString(changed.shape()) + " of " + base.name());
        }
        return new LowRankPair(changed, a, b, !straight, factor);
    }

    private static int experts(GgufTensor tensor) {
        return tensor.shape().length > 2 ? Math.toIntExact(tensor.shape()[2]) : 1;
    }

    int rank() {
        return (int) b.columns();
    }

    int columns() {
        return (int) changed.columns();
    }

    /** Rows of the tensor, of one expert where it holds such. */
    int rows() {
        return (int) (changed.rows() / experts(changed));
    }

    /** {@code scale * A [rank][columns]} of an expert; 0 where there are none. */
    float[] inner(int expert) {
        float[] values = turned ? turn(values(b, 0, columns())) : values(a, expert * rank(), rank());
        for (int i = 0; i < values.length; i++) {
            values[i] *= scale;
        }
        return values;
    }

    /** {@code B} for some rows of the tensor, counted through all experts: {@code [count][rank]}. */
    float[] outer(int firstRow, int count) {
        return values(turned ? a : b, firstRow, count);
    }

    /** {@code [columns][rank]} to {@code [rank][columns]}. */
    private float[] turn(float[] values) {
        int rank = rank();
        int columns = columns();
        float[] result = new float[values.length];
        for (int column = 0; column < columns; column++) {
            for (int r = 0; r < rank; r++) {
                result[r * columns + column] = values[column * rank + r];
            }
        }
        return result;
    }

    private static float[] values(GgufTensor tensor, int firstRow, int count) {
        int columns = (int) tensor.columns();
        float[] values = new float[Math.multiplyExact(count, columns)];
        TensorFormats.of(tensor.type()).decode(tensor.data(), firstRow * tensor.type().rowBytes(columns), values.length, values, 0);
        return values;
    }
}
