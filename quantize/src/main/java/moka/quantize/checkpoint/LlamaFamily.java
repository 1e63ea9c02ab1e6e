package moka.quantize.checkpoint;

import java.util.Map;
import java.util.Optional;
import moka.gguf.MetadataBuilder;

/**
 * Llama, Mistral, Mixtral and SmolLM 3. GGUF rotates neighbouring rows of a head, checkpoints its halves. Llama 3.1's stretched frequencies become a tensor of
 * divisors.
 */
final class LlamaFamily implements Family {
    private static final TensorNames NAMES = TensorNames.LLAMA
            .layer("block_sparse_moe.gate", "ffn_gate_inp")
            .layer("block_sparse_moe.experts.w1", "ffn_gate_exps")
            .layer("block_sparse_moe.experts.w2", "ffn_down_exps")
            .layer("block_sparse_moe.experts.w3", "ffn_up_exps");
    private static final int CODE_LLAMA_VOCABULARY = 32016;
    private static final int CODE_LLAMA_END_OF_TURN = 32010;
    private static final int GRANITE_CODE_VOCABULARY = 49152;

    private final Map<String, Object> defaults;

    private final String architecture;
    private final boolean ownHeadLength; // whether a configuration without head_dim has one all the same

    private LlamaFamily(String architecture, boolean ownHeadLength, Map<String, Object> defaults) {
        this.architecture = architecture;
        this.ownHeadLength = ownHeadLength;
        this.defaults = defaults;
    }

    static LlamaFamily llama() {
        return new LlamaFamily("llama", true, Map.of("rope_theta", 10000.0, "rms_norm_eps", 1e-6, "max_position_embeddings", 2048L));
    }

    static LlamaFamily mistral() {
        return new LlamaFamily("llama", true, Map.of("rope_theta", 10000.0, "rms_norm_eps", 1e-6, "num_key_value_heads", 8L));
    }

    static LlamaFamily mixtral() {
        return new LlamaFamily("llama", false, Map.of("rope_theta", 1e6, "rms_norm_eps", 1e-5, "num_key_value_heads", 8L));
    }

    /** Some layers are not rotated, which the architecture knows. */
    static LlamaFamily smolLm3() {
        return new LlamaFamily("smollm3", false, Map.of("rope_theta", 2e6, "rms_norm_eps", 1e-6, "num_key_value_heads", 4L));
    }

    @Override
    public String architecture() {
        return architecture;
    }

    @Override
    public Map<String, Object> defaults() {
        return defaults;
    }

    @Override
    public void describe(Configuration config, MetadataBuilder keys) {
        var all = new Hyperparameters(architecture(), config, keys);
        all.all();
        keys.setUint32(architecture + ".vocab_size", config.requireCount("vocab_size"));
        int headLength = Hyperparameters.headLength(config);
        if (ownHeadLength) {
            keys.setUint32(architecture + ".attention.key_length", headLength);
            keys.setUint32(architecture + ".attention.value_length", headLength);
        }
        keys.setUint32(architecture + ".rope.dimension_count", headLength);
    }

    @Override
    public TensorNames names() {
        return NAMES;
    }

    @Override
    public Matrix changed(String name, Matrix stored, Configuration config) {
        int heads = config.requireCount("num_attention_heads");
        if (name.contains(".q_proj.")) {
            return RotaryRows.of(name, stored, heads);
        }
        if (name.contains(".k_proj.")) {
            return RotaryRows.of(name, stored, (int) config.count("num_key_value_heads").orElse(heads));
        }
        return stored;
    }

    @Override
    public Map<String, float[]> extraTensors(Configuration config) {
        Hyperparameters.Rotation rotation = Hyperparameters.Rotation.of(config);
        return rotation.type().equals("llama3") ? Map.of("rope_freqs.weight", frequencyDivisors(config, rotation)) : Map.of();
    }

    /** By how much each frequency is divided: 1 for short waves, the factor for long ones, something between for those between. */
    private static float[] frequencyDivisors(Configuration config, Hyperparameters.Rotation rotation) {
        Configuration full = rotation.full();
        double factor = full.number("factor").orElse(8);
        double lowFactor = full.number("low_freq_factor").orElse(1);
        double highFactor = full.number("high_freq_factor").orElse(4);
        double context = full.number("original_max_position_embeddings").orElse(8192);
        int length = Hyperparameters.headLength(config);
        float[] divisors = new float[length / 2];
        for (int i = 0; i < divisors.length; i++) {
            // In float32, as the models compute it.
            float frequency = 1 / (float) Math.pow(rotation.base().orElse(10000), (float) (2 * i) / length);
            float wave = (float) (2 * Math.PI) / frequency;
            if (wave < context / highFactor) {
                divisors[i] = 1;
            } else if (wave > context / lowFactor) {
                divisors[i] = (float) factor;
            } else {
                float smooth = ((float) context / wave - (float) lowFactor) / (float) (highFactor - lowFactor);
                divisors[i] = 1 / ((1 - smooth) / (float) factor + smooth);
            }
        }
        return divisors;
    }

    @Override
    public void describeVocabulary(Configuration config, Optional<Boolean> addPrefixSpace, MetadataBuilder keys) {
        addPrefixSpace.ifPresent(it -> keys.set("tokenizer.ggml.add_space_prefix", it));
        int size = config.requireCount("vocab_size");
        if (size == CODE_LLAMA_VOCABULARY) {
            keys.setUint32("tokenizer.ggml.eot_token_id", CODE_LLAMA_END_OF_TURN);
        }
        if (size == GRANITE_CODE_VOCABULARY) {
            keys.set("tokenizer.ggml.add_bos_token", false);
        }
    }
}
