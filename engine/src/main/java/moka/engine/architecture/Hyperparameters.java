package moka.engine.architecture;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import moka.engine.EngineException;
import moka.engine.ops.RopeScaling;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;

/** The {@code ARCHITECTURE.*} metadata of a model, checked: every message names the key, what was found and what was expected. */
public final class Hyperparameters {
    private static final int LARGEST = 1 << 24;

    private final Metadata metadata;
    private final String prefix;

    /** @param architecture {@code general.architecture}: the prefix of the keys */
    public Hyperparameters(Metadata metadata, String architecture) {
        this.metadata = metadata;
        this.prefix = architecture + ".";
    }

    /** All metadata of the file. */
    public Metadata metadata() {
        return metadata;
    }

    /** Blocks of the decoder: without those that predict further tokens (MTP), which come last. */
    public int blockCount() {
        int all = count("block_count", 1, Integer.MAX_VALUE);
        int further = metadata.contains(prefix + "nextn_predict_layers") ? count("nextn_predict_layers", 0, all - 1) : 0;
        return all - further;
    }

    /** Positions that the model was trained for. */
    public int contextLength() {
        return count("context_length", 1, Integer.MAX_VALUE);
    }

    /** Values of a token's embedding and of the residual stream. */
    public int embeddingLength() {
        return count("embedding_length", 1, LARGEST);
    }

    /** Of the widest block; 0 where no block has a feed-forward. */
    public int feedForwardLength() {
        return (int) largest("feed_forward_length", 0);
    }

    /** Of one block. */
    public int feedForwardLength(int layer) {
        return countOf(layer, "feed_forward_length", 1);
    }

    /** Query heads of the block that has most. */
    public int headCount() {
        return (int) largest("attention.head_count", 1);
    }

    /** Query heads of one block. */
    public int headCount(int layer) {
        return countOf(layer, "attention.head_count", 1);
    }

    /** Heads of keys and values: a divisor of {@link #headCount()}. */
    public int kvHeadCount() {
        return kvHeadCount(0);
    }

    /** Of one block; 0 where it has no attention. */
    public int kvHeadCount(int layer) {
        int heads = headCount(layer);
        int kvHeads = metadata.contains(prefix + "attention.head_count_kv")
                ? countOf(layer, "attention.head_count_kv", isArray("attention.head_count_kv") ? 0 : 1)
                : heads;
        if (kvHeads > 0 && heads % kvHeads != 0) {
            throw bad("attention.head_count_kv", String.valueOf(kvHeads), "a divisor of head_count " + heads);
        }
        return kvHeads;
    }

    /**
     * Whether a block sees a window only: by {@code attention.sliding_window_pattern}, one value a block or a period whose last block sees all;
     * else by the period given.
     *
     * @param period used where the file has no pattern; 0: no block
     */
    public boolean windowed(int layer, int period) {
        String key = "attention.sliding_window_pattern";
        if (isArray(key)) {
            long[] pattern = array(key).orElseThrow().longs();
            if (layer >= pattern.length) {
                throw bad(key, "an array of " + pattern.length, "a value for each of the " + blockCount() + " blocks");
            }
            return pattern[layer] != 0;
        }
        int blocks = metadata.contains(prefix + key) ? count(key, 1, LARGEST) : period;
        return blocks > 0 && (layer + 1) % blocks != 0;
    }

    /** Positions that a windowed block sees, itself included; 0: all. */
    public int window() {
        return Math.min(LARGEST, count("attention.sliding_window", 0, Integer.MAX_VALUE, 0)); // more than any context
    }

    /** Experts of a block; 0: no experts. */
    public int expertCount() {
        return metadata.contains(prefix + "expert_count") ? count("expert_count", 0, LARGEST) : 0;
    }

    /** Experts that compute each token. */
    public int expertUsedCount() {
        return count("expert_used_count", 1, expertCount());
    }

    /** Values of a head of queries and keys. */
    public int headLength() {
        if (metadata.contains(prefix + "attention.key_length")) {
            return count("attention.key_length", 1, LARGEST);
        }
        int width = embeddingLength();
        int heads = headCount();
        if (width % heads != 0) {
            throw bad("attention.head_count", String.valueOf(heads), "a divisor of embedding_length " + width);
        }
        return width / heads;
    }

    /** Values of a head of values. */
    public int valueLength() {
        return metadata.contains(prefix + "attention.value_length")
                ? count("attention.value_length", 1, LARGEST)
                : headLength();
    }

    /** What RMS norms add to the mean square; files that name it after layer norms alone are understood. */
    public float rmsEpsilon() {
        boolean other = !has("attention.layer_norm_rms_epsilon") && has("attention.layer_norm_epsilon");
        return epsilon(other ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon");
    }

    /** What layer norms add to the variance; likewise. */
    public float layerNormEpsilon() {
        boolean other = !has("attention.layer_norm_epsilon") && has("attention.layer_norm_rms_epsilon");
        return epsilon(other ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon");
    }

    private float epsilon(String key) {
        double value = metadata.requireNumber(prefix + key);
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw bad(key, String.valueOf(value), "a number of at least 0");
        }
        return (float) value;
    }

    /** Rotated values of a head. */
    public int rotatedLength() {
        return rotatedLength(headLength());
    }

    /** Rotated values of a head of the given length. */
    public int rotatedLength(int head) {
        if (!metadata.contains(prefix + "rope.dimension_count")) {
            return head;
        }
        int rotated = count("rope.dimension_count", 0, LARGEST);
        if (rotated % 2 != 0 || rotated > head) {
            throw bad("rope.dimension_count", String.valueOf(rotated), "an even number up to the head's length " + head);
        }
        return rotated;
    }

    /** Base of the rotations' frequencies: pair {@code i} of {@code n} turns by {@code base^(-i/n)} a position. */
    public double ropeBase() {
        return ropeBase("rope.freq_base");
    }

    /** The same of a key of its own, such as that of windowed blocks; 10,000 where the file has none. */
    public double ropeBase(String key) {
        double base = number(key).orElse(10_000);
        if (!(base > 0) || Double.isInfinite(base)) {
            throw bad(key, String.valueOf(base), "a number above 0");
        }
        return base;
    }

    /** How rotations are stretched for contexts beyond the training's. */
    public RopeScaling ropeScaling() {
        String name = metadata.string(prefix + "rope.scaling.type").orElse("");
        RopeScaling.Type type = switch (name) {
            case "none", "llama3" -> RopeScaling.Type.NONE;
            case "", "linear" -> RopeScaling.Type.LINEAR; // files without a type may have the factor alone
            case "yarn" -> RopeScaling.Type.YARN;
            case "longrope" -> RopeScaling.Type.LONGROPE;
            default -> throw bad("rope.scaling.type", "'" + name + "'", "none, linear, yarn, longrope or llama3");
        };
        double factor = number("rope.scaling.factor").orElse(number("rope.scale_linear").orElse(1));
        if (!(factor > 0) || Double.isInfinite(factor)) {
            throw bad("rope.scaling.factor", String.valueOf(factor), "a number above 0");
        }
        double extrapolation = number("rope.scaling.yarn_ext_factor").orElse(-1);
        extrapolation = extrapolation >= 0 ? extrapolation : type == RopeScaling.Type.YARN ? 1 : 0;
        double attention = extrapolation == 0 ? number("rope.scaling.yarn_attn_factor").orElse(1) : 1; // YaRN has its own
        return new RopeScaling(
                type,
                type == RopeScaling.Type.NONE ? 1 : factor,
                count("rope.scaling.original_context_length", 0, Integer.MAX_VALUE, contextLength()),
                extrapolation,
                attention * number("rope.scaling.attn_factor").orElse(1),
                number("rope.scaling.yarn_beta_fast").orElse(32),
                number("rope.scaling.yarn_beta_slow").orElse(1),
                number("rope.scaling.yarn_log_multiplier").orElse(0));
    }

    /** A number between bounds. @throws EngineException if it is missing, of another type or out of bounds */
    public int count(String key, int smallest, int largest) {
        long value = metadata.requireInteger(prefix + key);
        if (value < smallest || value > largest) {
            throw bad(key, String.valueOf(value), "a number from " + smallest + " to " + largest);
        }
        return (int) value;
    }

    /** As {@link #count(String, int, int)}, or another number where the file has none. */
    public int count(String key, int smallest, int largest, int otherwise) {
        return metadata.contains(prefix + key) ? count(key, smallest, largest) : otherwise;
    }

    /** The number of a block, where the file has an array, else of all. */
    public int countOf(int layer, String key, int smallest) {
        if (!isArray(key)) {
            return count(key, smallest, LARGEST);
        }
        long[] values = array(key).orElseThrow().longs();
        if (layer >= values.length) {
            throw bad(key, "an array of " + values.length, "a value for each of the " + blockCount() + " blocks");
        }
        if (values[layer] < smallest || values[layer] > LARGEST) {
            throw bad(key, values[layer] + " for block " + layer, "a number from " + smallest + " to " + LARGEST);
        }
        return (int) values[layer];
    }

    private long largest(String key, int smallest) {
        return isArray(key) ? LongStream.of(array(key).orElseThrow().longs()).max().orElse(smallest) : count(key, smallest, LARGEST);
    }

    private boolean isArray(String key) {
        return metadata.values().get(prefix + key) instanceof MetadataValue.ArrayValue;
    }

    // Keys without the prefix, in all that follows.

    public boolean has(String key) {
        return metadata.contains(prefix + key);
    }

    /** A factor, or what is usual. */
    public float factor(String key, double otherwise) {
        return (float) number(key).orElse(otherwise);
    }

    public boolean flag(String key, boolean otherwise) {
        return metadata.bool(prefix + key).orElse(otherwise);
    }

    public OptionalLong integer(String key) {
        return metadata.integer(prefix + key);
    }

    public OptionalDouble number(String key) {
        return metadata.number(prefix + key);
    }

    public Optional<String> string(String key) {
        return metadata.string(prefix + key);
    }

    public Optional<MetadataValue.ArrayValue> array(String key) {
        return metadata.array(prefix + key);
    }

    private EngineException bad(String key, String found, String expected) {
        return new EngineException(
                metadata.source() + ": '" + prefix + key + "' is " + found + ", expected " + expected);
    }
}
