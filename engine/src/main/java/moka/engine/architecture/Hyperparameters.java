package moka.engine.architecture;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
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

    public Metadata metadata() {
        return metadata;
    }

    public int blockCount() {
        return count("block_count", 1, Integer.MAX_VALUE);
    }

    /** Positions that the model was trained for. */
    public int contextLength() {
        return count("context_length", 1, Integer.MAX_VALUE);
    }

    public int embeddingLength() {
        return count("embedding_length", 1, LARGEST);
    }

    public int feedForwardLength() {
        return count("feed_forward_length", 1, LARGEST);
    }

    public int headCount() {
        return count("attention.head_count", 1, LARGEST);
    }

    /** Heads of keys and values: a divisor of {@link #headCount()}. */
    public int kvHeadCount() {
        int heads = headCount();
        int kvHeads = metadata.contains(prefix + "attention.head_count_kv")
                ? count("attention.head_count_kv", 1, LARGEST)
                : heads;
        if (heads % kvHeads != 0) {
            throw bad("attention.head_count_kv", String.valueOf(kvHeads), "a divisor of head_count " + heads);
        }
        return kvHeads;
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

    public float rmsEpsilon() {
        return epsilon("attention.layer_norm_rms_epsilon");
    }

    public float layerNormEpsilon() {
        return epsilon("attention.layer_norm_epsilon");
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
        int head = headLength();
        if (!metadata.contains(prefix + "rope.dimension_count")) {
            return head;
        }
        int rotated = count("rope.dimension_count", 0, LARGEST);
        if (rotated % 2 != 0 || rotated > head) {
            throw bad("rope.dimension_count", String.valueOf(rotated), "an even number up to the head's length " + head);
        }
        return rotated;
    }

    public double ropeBase() {
        double base = number("rope.freq_base").orElse(10_000);
        if (!(base > 0) || Double.isInfinite(base)) {
            throw bad("rope.freq_base", String.valueOf(base), "a number above 0");
        }
        return base;
    }

    public RopeScaling ropeScaling() {
        String name = metadata.string(prefix + "rope.scaling.type").orElse("");
        RopeScaling.Type type = switch (name) {
            // Files older than the key have the linear factor alone.
            case "" -> metadata.contains(prefix + "rope.scale_linear") ? RopeScaling.Type.LINEAR : RopeScaling.Type.NONE;
            case "none", "llama3" -> RopeScaling.Type.NONE;
            case "linear" -> RopeScaling.Type.LINEAR;
            case "yarn" -> RopeScaling.Type.YARN;
            case "longrope" -> RopeScaling.Type.LONGROPE;
            default -> throw bad("rope.scaling.type", "'" + name + "'", "none, linear, yarn, longrope or llama3");
        };
        double factor = number("rope.scaling.factor").orElse(number("rope.scale_linear").orElse(1));
        if (!(factor > 0)) {
            throw bad("rope.scaling.factor", String.valueOf(factor), "a number above 0");
        }
        return new RopeScaling(
                type,
                factor,
                (int) integer("rope.scaling.original_context_length").orElse(contextLength()),
                number("rope.scaling.attn_factor").orElse(1),
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
