package moka.quantize;

/** What a tensor does in a model, told by its name: what the choice of its type goes by. */
public enum TensorRole {
    TOKEN_EMBEDDING,
    OUTPUT,
    QUERY,
    KEY,
    /** Values, and what holds them: the joined matrix of queries, keys and values, the expansion of latent keys and values. */
    VALUE,
    ATTENTION_OUTPUT,
    FEED_FORWARD_UP,
    FEED_FORWARD_GATE,
    FEED_FORWARD_DOWN,
    OTHER;

    /** The role of the tensor with this GGUF name. */
    public static TensorRole of(String name) {
        if (name.equals("output.weight")) {
            return OUTPUT;
        }
        if (name.equals("token_embd.weight") || name.equals("per_layer_token_embd.weight")) {
            return TOKEN_EMBEDDING;
        }
        if (name.contains("attn_qkv.weight") || name.contains("attn_kv_b.weight") || name.contains("attn_v.weight")) {
            return VALUE;
        }
        if (name.contains("attn_k.weight")) {
            return KEY;
        }
        if (name.contains("attn_q.weight")) {
            return QUERY;
        }
        if (name.contains("attn_output.weight")) {
            return ATTENTION_OUTPUT;
        }
        if (name.contains("ffn_up")) {
            return FEED_FORWARD_UP;
        }
        if (name.contains("ffn_gate")) {
            return FEED_FORWARD_GATE;
        }
        return name.contains("ffn_down") ? FEED_FORWARD_DOWN : OTHER;
    }
}
