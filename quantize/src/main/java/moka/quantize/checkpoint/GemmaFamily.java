package moka.quantize.checkpoint;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import moka.gguf.MetadataBuilder;

/** Gemma 1 to 3. The factors of norms are stored less 1; the output is the embedding; of Gemma 3 for images the language model is taken. */
final class GemmaFamily implements Family {
    private static final TensorNames GEMMA = TensorNames.LLAMA;
    private static final TensorNames WITH_POST_NORMS = GEMMA.layer("post_attention_layernorm", "post_attention_norm")
            .layer("pre_feedforward_layernorm", "ffn_norm")
            .layer("post_feedforward_layernorm", "post_ffw_norm")
            .layer("self_attn.q_norm", "attn_q_norm")
            .layer("self_attn.k_norm", "attn_k_norm");
    private static final int GEMMA_END_OF_TURN = 107;

    private final int generation;

    GemmaFamily(int generation) {
        this.generation = generation;
    }

    @Override
    public String architecture() {
        return generation == 1 ? "gemma" : "gemma" + generation;
    }

    @Override
    public Map<String, Object> defaults() {
        Map<String, Object> defaults = new HashMap<>(Map.of("rms_norm_eps", 1e-6, "head_dim", 256L));
        if (generation == 2) {
            defaults.putAll(Map.of("attn_logit_softcapping", 50.0, "final_logit_softcapping", 30.0, "sliding_window", 4096L));
            defaults.put("num_key_value_heads", 4L);
        }
        if (generation == 3) {
            defaults.putAll(Map.of("rope_theta", 1e6, "rope_local_base_freq", 1e4, "sliding_window", 4096L));
            defaults.putAll(Map.of("num_attention_heads", 8L, "num_key_value_heads", 4L, "max_position_embeddings", 131072L));
            defaults.put("vocab_size", 262208L);
        }
        return defaults;
    }

    @Override
    public void describe(Configuration config, MetadataBuilder keys) {
        var all = new Hyperparameters(architecture(), config, keys);
        all.sizes();
        if (generation == 3) {
            all.rotation();
        }
        all.norms();
        all.headLength();
        if (generation == 2) {
            all.set("attn_logit_softcapping", config.requireNumber("attn_logit_softcapping"));
        }
        if (generation > 1) {
            config.number("final_logit_softcapping").ifPresent(it -> all.set("final_logit_softcapping", it));
            all.count("attention.sliding_window", "sliding_window");
        }
    }

    @Override
    public TensorNames names() {
        return generation == 1 ? GEMMA : WITH_POST_NORMS;
    }

    @Override
    public boolean leavesOut(String tensor) {
        return Family.super.leavesOut(tensor)
                || tensor.equals("lm_head.weight")
                || tensor.contains("vision_")
                || tensor.contains("multi_modal_projector.");
    }

    @Override
    public Matrix changed(String name, Matrix stored, Configuration config) {
        return name.endsWith("norm.weight") ? new ShiftedValues(stored, 1) : stored;
    }

    @Override
    public void describeVocabulary(Configuration config, Optional<Boolean> addPrefixSpace, MetadataBuilder keys) {
        if (generation == 1 && config.requireCount("vocab_size") > GEMMA_END_OF_TURN) {
            keys.setUint32("tokenizer.ggml.eot_token_id", GEMMA_END_OF_TURN);
        }
        keys.set("tokenizer.ggml.add_space_prefix", false);
    }
}
