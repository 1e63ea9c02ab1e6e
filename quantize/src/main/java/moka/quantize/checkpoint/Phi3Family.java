package moka.quantize.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import moka.gguf.MetadataBuilder;
import moka.quantize.QuantizeException;

/** Phi 3 and 4: queries, keys and values in one matrix, gate and way up in another; long contexts by factors for each frequency. */
final class Phi3Family implements Family {
    private static final TensorNames NAMES = TensorNames.LLAMA
            .layer("self_attn.qkv_proj", "attn_qkv")
            .layer("mlp.gate_up_proj", "ffn_up");

    @Override
    public String architecture() {
        return "phi3";
    }

    @Override
    public Map<String, Object> defaults() {
        return Map.of("rope_theta", 10000.0, "rms_norm_eps", 1e-5, "max_position_embeddings", 4096L);
    }

    @Override
    public void describe(Configuration config, MetadataBuilder keys) {
        var all = new Hyperparameters(architecture(), config, keys);
        all.sizes();
        all.norms();
        Hyperparameters.Rotation.of(config).base().ifPresent(it -> all.set("rope.freq_base", it));
        keys.setUint32("phi3.rope.scaling.original_context_length", originalContext(config));
        keys.setUint32("phi3.rope.dimension_count", rotatedLength(config));
        // 0 tells Phi 4 from others.
        keys.setUint32("phi3.attention.sliding_window", config.count("sliding_window").orElse(0));
        if (hasFactors(config)) {
            all.set("rope.scaling.attn_factor", attentionFactor(config));
        }
    }

    private static int originalContext(Configuration config) {
        Configuration rotation = Hyperparameters.Rotation.of(config).full();
        return (int) rotation.count("original_max_position_embeddings")
                .orElseGet(() -> config.requireCount("original_max_position_embeddings", "max_position_embeddings"));
    }

    private static int rotatedLength(Configuration config) {
        double part = Hyperparameters.Rotation.of(config)
                .full()
                .number("partial_rotary_factor")
                .orElse(config.number("partial_rotary_factor").orElse(1));
        return (int) (part * config.requireCount("hidden_size")) / config.requireCount("num_attention_heads");
    }

    private static boolean hasFactors(Configuration config) {
        return Hyperparameters.Rotation.of(config).full().contains("long_factor");
    }

    /** Attention is sharpened as the context grows: the square root of 1 + log(stretch) / log(original context). */
    private static double attentionFactor(Configuration config) {
        int original = originalContext(config);
        double stretch = (double) config.requireCount("max_position_embeddings") / original;
        String type = Hyperparameters.Rotation.of(config).type();
        return switch (type) {
            case "su", "longrope" -> stretch > 1 ? Math.sqrt(1 + Math.log(stretch) / Math.log(original)) : 1;
            case "yarn" -> stretch > 1 ? 0.1 * Math.log(stretch) + 1 : 1;
            default -> throw new QuantizeException("config.json: rope_scaling of type '" + type + "' with long_factor, expected longrope or yarn");
        };
    }

    @Override
    public Map<String, float[]> extraTensors(Configuration config) {
        Map<String, float[]> tensors = new LinkedHashMap<>();
        if (hasFactors(config)) {
            for (String length : new String[] {"long", "short"}) {
                float[] factors = Hyperparameters.Rotation.of(config)
                        .full()
                        .numbers(length + "_factor")
                        .orElseThrow(() -> new QuantizeException("config.json: rope_scaling." + length + "_factor is missing"));
                if (factors.length != rotatedLength(config) / 2) {
                    throw new QuantizeException("config.json: rope_scaling." + length + "_factor has " + factors.length
                            + " numbers, expected " + rotatedLength(config) / 2);
                }
                tensors.put("rope_factors_" + length + ".weight", factors);
            }
        }
        return tensors;
    }

    @Override
    public TensorNames names() {
        return NAMES;
    }

    @Override
    public VocabularyReader.Preference vocabulary(Optional<String> tokenizerClass) {
        return tokenizerClass.filter("GPT2Tokenizer"::equals).isPresent()
                ? VocabularyReader.Preference.TOKENIZER_JSON
                : VocabularyReader.Preference.SENTENCE_PIECE_AND_ADDED;
    }
}
