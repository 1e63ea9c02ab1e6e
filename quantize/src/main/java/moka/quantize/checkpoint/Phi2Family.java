package moka.quantize.checkpoint;

import java.util.Map;
import java.util.Optional;
import moka.gguf.MetadataBuilder;

/** Phi 1 and 2: layer norms, biases everywhere, attention and feed-forward side by side. */
final class Phi2Family implements Family {
    private static final TensorNames NAMES = TensorNames.LLAMA
            .top("model.final_layernorm", "output_norm")
            .layer("self_attn.dense", "attn_output")
            .layer("mlp.fc1", "ffn_up")
            .layer("mlp.fc2", "ffn_down");

    @Override
    public String architecture() {
        return "phi2";
    }

    @Override
    public Map<String, Object> defaults() {
        return Map.of("layer_norm_eps", 1e-5, "partial_rotary_factor", 0.5, "max_position_embeddings", 2048L);
    }

    @Override
    public void describe(Configuration config, MetadataBuilder keys) {
        var all = new Hyperparameters(architecture(), config, keys);
        int embedding = config.requireCount("hidden_size", "n_embd");
        int heads = config.requireCount("num_attention_heads", "n_head");
        all.count("block_count", "num_hidden_layers", "n_layer");
        all.count("context_length", "max_position_embeddings", "n_positions");
        keys.setUint32("phi2.embedding_length", embedding);
        keys.setUint32("phi2.feed_forward_length", 4L * embedding);
        keys.setUint32("phi2.attention.head_count", heads);
        keys.setUint32("phi2.attention.head_count_kv", heads);
        all.norms();
        Configuration rotation = Hyperparameters.Rotation.of(config).full();
        double part = rotation.contains("partial_rotary_factor")
                ? rotation.requireNumber("partial_rotary_factor")
                : config.requireNumber("partial_rotary_factor");
        keys.setUint32("phi2.rope.dimension_count", (int) (part * embedding) / heads);
    }

    @Override
    public TensorNames names() {
        return NAMES;
    }

    @Override
    public VocabularyReader.Preference vocabulary(Optional<String> tokenizerClass) {
        return VocabularyReader.Preference.TOKENIZER_JSON;
    }

    @Override
    public void describeVocabulary(Configuration config, Optional<Boolean> addPrefixSpace, MetadataBuilder keys) {
        keys.set("tokenizer.ggml.add_bos_token", false);
    }
}
