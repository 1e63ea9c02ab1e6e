package moka.quantize.checkpoint;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import moka.gguf.MetadataBuilder;

/** Qwen 2 and 3, dense and with experts. */
final class QwenFamily implements Family {
    private static final TensorNames NAMES = TensorNames.LLAMA
            .layer("self_attn.q_norm", "attn_q_norm")
            .layer("self_attn.k_norm", "attn_k_norm")
            .layer("mlp.gate", "ffn_gate_inp")
            .layer("mlp.experts.gate_proj", "ffn_gate_exps")
            .layer("mlp.experts.up_proj", "ffn_up_exps")
            .layer("mlp.experts.down_proj", "ffn_down_exps")
            .layer("mlp.shared_expert_gate", "ffn_gate_inp_shexp")
            .layer("mlp.shared_expert.gate_proj", "ffn_gate_shexp")
            .layer("mlp.shared_expert.up_proj", "ffn_up_shexp")
            .layer("mlp.shared_expert.down_proj", "ffn_down_shexp");

    private final String architecture;

    /** @param architecture {@code qwen2}, {@code qwen3}, {@code qwen2moe} or {@code qwen3moe} */
    QwenFamily(String architecture) {
        this.architecture = architecture;
    }

    @Override
    public String architecture() {
        return architecture;
    }

    @Override
    public Map<String, Object> defaults() {
        Map<String, Object> defaults = new HashMap<>(Map.of("rope_theta", 10000.0, "rms_norm_eps", 1e-6, "max_position_embeddings", 32768L));
        if (architecture.equals("qwen3")) {
            defaults.put("head_dim", 128L);
        }
        return defaults;
    }

    @Override
    public void describe(Configuration config, MetadataBuilder keys) {
        new Hyperparameters(architecture, config, keys).all();
        config.count("moe_intermediate_size").ifPresent(it -> keys.setUint32(architecture + ".expert_feed_forward_length", it));
        config.count("shared_expert_intermediate_size")
                .ifPresent(it -> keys.setUint32(architecture + ".expert_shared_feed_forward_length", it));
    }

    @Override
    public TensorNames names() {
        return NAMES;
    }

    @Override
    public VocabularyReader.Preference vocabulary(Optional<String> tokenizerClass) {
        return architecture.endsWith("moe")
                ? VocabularyReader.Preference.TOKENIZER_JSON
                : VocabularyReader.Preference.SENTENCE_PIECE;
    }
}
