package moka.quantize.checkpoint;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the tensors of a family are called in checkpoints and in GGUF, without {@code .weight} and {@code .bias}. Layers are numbered in both:
 * {@code model.layers.3.self_attn.q_proj} is {@code blk.3.attn_q}.
 */
final class TensorNames {
    private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d{1,6})\\.(.+)");
    private static final Pattern EXPERT = Pattern.compile("(.+\\.experts\\.)(\\d{1,6})\\.(.+)");

    /** Names of decoders in the style of Llama. */
    static final TensorNames LLAMA = new TensorNames(Map.of())
            .top("model.embed_tokens", "token_embd")
            .top("model.norm", "output_norm")
            .top("lm_head", "output")
            .layer("input_layernorm", "attn_norm")
            .layer("self_attn.q_proj", "attn_q")
            .layer("self_attn.k_proj", "attn_k")
            .layer("self_attn.v_proj", "attn_v")
            .layer("self_attn.o_proj", "attn_output")
            .layer("post_attention_layernorm", "ffn_norm")
            .layer("mlp.gate_proj", "ffn_gate")
            .layer("mlp.up_proj", "ffn_up")
            .layer("mlp.down_proj", "ffn_down");

    /**
     * A tensor's place.
     *
     * @param name in GGUF, with {@code .weight} or {@code .bias}
     * @param layer its layer, or -1
     * @param expert which expert's part it is, or -1 for a tensor of its own
     */
    record Place(String name, int layer, int expert) {}

    private final Map<String, String> names; // "model.norm" and, for layers, ".mlp.up_proj"; experts without their number

    private TensorNames(Map<String, String> names) {
        this.names = names;
    }

    /** With another name outside of layers. */
    TensorNames top(String from, String to) {
        return with(from, to);
    }

    /** With another name in layers. */
    TensorNames layer(String from, String to) {
        return with("." + from, to);
    }

    private TensorNames with(String from, String to) {
        Map<String, String> more = new HashMap<>(names);
        more.put(from, to);
        return new TensorNames(more);
    }

    /** Where a tensor goes; empty for one that the family does not know. */
    Optional<Place> place(String tensor) {
        int dot = tensor.lastIndexOf('.');
        String suffix = tensor.substring(Math.max(dot, 0));
        if (!suffix.equals(".weight") && !suffix.equals(".bias")) {
            return Optional.empty();
        }
        String stem = tensor.substring(0, dot);
        Matcher layer = LAYER.matcher(stem);
        if (!layer.matches()) {
            return Optional.ofNullable(names.get(stem)).map(it -> new Place(it + suffix, -1, -1));
        }
        int number = Integer.parseInt(layer.group(1));
        Matcher expert = EXPERT.matcher(layer.group(2));
        boolean experts = expert.matches();
        String inLayer = experts ? expert.group(1) + expert.group(3) : layer.group(2);
        return Optional.ofNullable(names.get("." + inLayer))
                .map(it -> new Place("blk." + number + "." + it + suffix, number, experts ? Integer.parseInt(expert.group(2)) : -1));
    }
}
