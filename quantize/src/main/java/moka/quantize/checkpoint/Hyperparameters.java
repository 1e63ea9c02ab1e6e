package moka.quantize.checkpoint;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import moka.gguf.MetadataBuilder;
import moka.quantize.QuantizeException;

/** The keys of an architecture, from the names that most configurations share. */
final class Hyperparameters {
    /** Published models have heads of up to 512. */
    private static final int LONGEST_HEAD = 1 << 16;

    private final String architecture;
    private final Configuration config;
    private final MetadataBuilder keys;

    Hyperparameters(String architecture, Configuration config, MetadataBuilder keys) {
        this.architecture = architecture;
        this.config = config;
        this.keys = keys;
    }

    /** Everything that a configuration in the style of Llama tells. */
    void all() {
        sizes();
        rotation();
        norms();
        experts();
        headLength();
    }

    void sizes() {
        count("block_count", "num_hidden_layers", "n_layer");
        count("context_length", "max_position_embeddings", "n_positions");
        count("embedding_length", "hidden_size", "n_embd");
        count("feed_forward_length", "intermediate_size", "n_inner");
        heads();
    }

    /** Without a number of heads for keys and values there are as many as for queries. */
    void heads() {
        int heads = config.requireCount("num_attention_heads", "n_head");
        keys.setUint32(key("attention.head_count"), heads);
        long kvHeads = config.count("num_key_value_heads").orElse(heads);
        if (kvHeads == 0 || heads % kvHeads != 0) {
            throw config.wrong("num_key_value_heads", "a divisor of the " + heads + " heads");
        }
        keys.setUint32(key("attention.head_count_kv"), kvHeads);
    }

    void norms() {
        config.number("rms_norm_eps", "norm_eps").ifPresent(it -> set("attention.layer_norm_rms_epsilon", it));
        config.number("layer_norm_eps", "layer_norm_epsilon").ifPresent(it -> set("attention.layer_norm_epsilon", it));
    }

    void headLength() {
        OptionalLong length = config.count("head_dim");
        if (length.isPresent()) {
            keys.setUint32(key("attention.key_length"), length.getAsLong());
            keys.setUint32(key("attention.value_length"), length.getAsLong());
        }
    }

    void experts() {
        OptionalLong count = config.count("num_local_experts", "num_experts");
        if (count.isPresent()) {
            keys.setUint32(key("expert_count"), count.getAsLong());
        }
        OptionalLong used = config.count("num_experts_per_tok");
        if (used.isPresent()) {
            keys.setUint32(key("expert_used_count"), used.getAsLong());
        }
    }

    /** The base of rotation and how it is stretched for longer contexts. */
    void rotation() {
        Rotation rotation = Rotation.of(config);
        rotation.base().ifPresent(it -> set("rope.freq_base", it));
        rotation.windowBase().ifPresent(it -> set("rope.freq_base_swa", it));
        Configuration full = rotation.full();
        switch (rotation.type()) {
            case "", "default", "llama3", "dynamic" -> {}
            case "linear" -> {
                keys.set(key("rope.scaling.type"), "linear");
                set("rope.scaling.factor", full.requireNumber("factor"));
            }
            case "yarn" -> {
                keys.set(key("rope.scaling.type"), "yarn");
                set("rope.scaling.factor", full.requireNumber("factor"));
                keys.setUint32(
                        key("rope.scaling.original_context_length"),
                        full.count("original_max_position_embeddings")
                                .orElseGet(() -> config.requireCount("original_max_position_embeddings", "max_position_embeddings")));
                full.number("extrapolation_factor").ifPresent(it -> set("rope.scaling.yarn_ext_factor", it));
                full.number("attention_factor", "attn_factor").ifPresent(it -> set("rope.scaling.yarn_attn_factor", it));
                full.number("beta_fast").ifPresent(it -> set("rope.scaling.yarn_beta_fast", it));
                full.number("beta_slow").ifPresent(it -> set("rope.scaling.yarn_beta_slow", it));
            }
            case "longrope", "su" -> keys.set(key("rope.scaling.type"), "longrope");
            default ->
                throw new QuantizeException("config.json: rope_type is '" + rotation.type()
                        + "', expected default, linear, llama3, yarn or longrope");
        }
    }

    /** Length of a head: {@code head_dim}, else an equal share of the embedding. */
    static int headLength(Configuration config) {
        OptionalLong given = config.count("head_dim");
        if (given.orElse(1) > LONGEST_HEAD) {
            throw config.wrong("head_dim", "at most " + LONGEST_HEAD);
        }
        return given.isPresent()
                ? (int) given.getAsLong()
                : config.requireCount("hidden_size", "n_embd") / config.requireCount("num_attention_heads", "n_head");
    }

    /** Sets a count that the configuration must have. */
    void count(String key, String... names) {
        keys.setUint32(key(key), config.requireCount(names));
    }

    void set(String key, double value) {
        keys.setFloat32(key(key), (float) value);
    }

    String key(String name) {
        return architecture + "." + name;
    }

    /**
     * What a configuration says of rotation, in whichever of its forms: {@code rope_parameters} or {@code rope_scaling} with {@code rope_theta} beside
     * it, for all layers or for {@code full_attention} and {@code sliding_attention} apart.
     */
    record Rotation(Configuration config, Configuration full, Configuration window) {
        static Rotation of(Configuration config) {
            Configuration given = config.contains("rope_parameters") ? config.object("rope_parameters") : config.object("rope_scaling");
            Configuration full = given.contains("full_attention") ? given.object("full_attention") : given;
            return new Rotation(config, full, given.object("sliding_attention"));
        }

        String type() {
            return full.string("rope_type", "type").orElse("").toLowerCase(Locale.ROOT);
        }

        OptionalDouble base() {
            return full.contains("rope_theta") ? full.number("rope_theta") : config.number("rope_theta");
        }

        /** For layers with a sliding window. */
        OptionalDouble windowBase() {
            return window.contains("rope_theta") ? window.number("rope_theta") : config.number("rope_local_base_freq");
        }
    }
}
