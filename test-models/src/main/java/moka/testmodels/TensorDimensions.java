package moka.testmodels;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;

/**
 * What the dimensions of tensors are, by their names: sums of products of lengths that the metadata tell. A tensor whose meaning differs between
 * families has several readings, of which the first counts that gives the shape of the tiny model.
 */
final class TensorDimensions {
    /** Names of lengths: what the readings are written with. */
    private static final Map<String, String> LENGTHS = Map.ofEntries(
            Map.entry("W", "embedding_length"),
            Map.entry("H", "attention.head_count"),
            Map.entry("F", "feed_forward_length"),
            Map.entry("E", "expert_count"),
            Map.entry("B", "block_count"),
            Map.entry("Ds", "attention.key_length_swa"),
            Map.entry("I", "ssm.inner_size"),
            Map.entry("N", "ssm.state_size"),
            Map.entry("R", "ssm.time_step_rank"),
            Map.entry("G", "ssm.group_count"),
            Map.entry("C", "ssm.conv_kernel"),
            Map.entry("Cs", "shortconv.l_cache"),
            Map.entry("L", "attention.kv_lora_rank"),
            Map.entry("Lq", "attention.q_lora_rank"),
            Map.entry("P", "rope.dimension_count"),
            Map.entry("Y", "embedding_length_per_layer_input"),
            Map.entry("J", "kda.head_dim"),
            Map.entry("T", "context_length"));

    private static final Map<String, String> READINGS = Map.ofEntries(
            Map.entry("token_embd", "W,V"),
            Map.entry("token_types", "W,2"),
            Map.entry("position_embd", "W,T"),
            Map.entry("per_layer_token_embd", "Y*B,V"),
            Map.entry("per_layer_model_proj", "W,Y*B"),
            Map.entry("per_layer_proj_norm", "Y"),
            Map.entry("inp_gate", "W,Y"),
            Map.entry("proj", "Y,W"),
            Map.entry("layer_output_scale", "1"),
            Map.entry("rope_freqs", "D/2|P/2"),
            Map.entry("rope_factors_long", "P/2|D/2"),
            Map.entry("rope_factors_short", "P/2|D/2"),
            Map.entry("attn_q", "W,H*D|W,H*Ds|W,2*H*D|W,H*A|W,H*J"),
            Map.entry("attn_k", "W,K*D|W,K*Ds|W,H*D|W,H*J"),
            Map.entry("attn_v", "W,K*Dv|W,K*Ds|W,H*D|W,H*J"),
            Map.entry("attn_qkv", "W,H*D+K*D+K*Dv|W,2*G*N+I"),
            Map.entry("attn_gate", "W,I|W,H*D"),
            Map.entry("attn_output", "H*J,W|H*Av,W|H*Ds,W"),
            Map.entry("attn_sinks", "H"),
            Map.entry("attn_q_norm", "D|Ds|H*D|D,H"),
            Map.entry("attn_k_norm", "D|Ds|K*D|D,K"),
            Map.entry("attn_sub_norm", "H*Dv"),
            Map.entry("ffn_sub_norm", "F"),
            Map.entry("attn_kv_a_mqa", "W,L+P"),
            Map.entry("attn_kv_a_norm", "L"),
            Map.entry("attn_q_a", "W,Lq"),
            Map.entry("attn_q_a_norm", "Lq"),
            Map.entry("attn_q_b", "Lq,H*A"),
            Map.entry("attn_k_b", "Ap,L,H"),
            Map.entry("attn_v_b", "L,Av,H"),
            Map.entry("attn_kv_b", "L,H*Ap+H*Av"),
            Map.entry("ffn_gate", "W,F"),
            Map.entry("ffn_up", "W,F|W,2*F"),
            Map.entry("ffn_down", "F,W"),
            Map.entry("ffn_gate_inp", "W,E"),
            Map.entry("ffn_gate_inp.scale", "W"),
            Map.entry("ffn_down_exps.scale", "E"),
            Map.entry("ffn_gate_inp_shexp", "W,1"),
            Map.entry("exp_probs_b", "E"),
            Map.entry("ffn_gate_exps", "W,M,E"),
            Map.entry("ffn_up_exps", "W,M,E"),
            Map.entry("ffn_gate_up_exps", "W,2*M,E"),
            Map.entry("ffn_down_exps", "M,W,E"),
            Map.entry("ffn_gate_shexp", "W,Ms|W,Mn"),
            Map.entry("ffn_up_shexp", "W,Ms|W,Mn"),
            Map.entry("ffn_down_shexp", "Ms,W|Mn,W"),
            Map.entry("ssm_x", "I,R+2*N"),
            Map.entry("ssm_dt", "R,I"),
            Map.entry("ssm_a", "N,I|1,R|R|1,H,1,1"),
            Map.entry("ssm_d", "I|1,R"),
            Map.entry("ssm_b_norm", "N"),
            Map.entry("ssm_c_norm", "N"),
            Map.entry("ssm_dt_norm", "R"),
            Map.entry("ssm_in", "W,2*I|W,2*I+2*G*N+R"),
            Map.entry("ssm_out", "I,W"),
            Map.entry("ssm_norm", "I/G,G|I/R|J"),
            Map.entry("ssm_conv1d", "C,I|C,I+2*G*N"),
            Map.entry("ssm_conv1d_q", "C,1,H*J,1"),
            Map.entry("ssm_conv1d_k", "C,1,H*J,1"),
            Map.entry("ssm_conv1d_v", "C,1,H*J,1"),
            Map.entry("ssm_ba", "W,2*R"),
            Map.entry("ssm_alpha", "W,R"),
            Map.entry("ssm_beta", "W,R|W,H"),
            Map.entry("ssm_f_a", "W,J"),
            Map.entry("ssm_g_a", "W,J"),
            Map.entry("ssm_f_b", "J,H*J"),
            Map.entry("ssm_g_b", "J,H*J"),
            Map.entry("shortconv.conv", "Cs,W"),
            Map.entry("shortconv.in_proj", "W,3*W"),
            Map.entry("shortconv.out_proj", "W,W"));

    /** Biases whose length is not that of a matrix' rows. */
    private static final Map<String, String> BIASES =
            Map.of("ssm_dt", "I|R|H*J", "ssm_conv1d", "I|I+2*G*N", "ffn_gate_exps", "M,E", "ffn_up_exps", "M,E", "ffn_down_exps", "W,E");

    private TensorDimensions() {}

    /** The lengths of a block by their names; those that the metadata do not tell are 0. */
    static Map<String, Long> lengths(Metadata metadata, int layer) {
        Map<String, Long> result = new HashMap<>();
        String prefix = metadata.requireString("general.architecture") + ".";
        LENGTHS.forEach((name, key) -> result.put(name, value(metadata, prefix + key, layer).orElse(0L)));
        long heads = result.get("H");
        long head = value(metadata, prefix + "attention.key_length", layer).orElse(heads == 0 ? 0 : result.get("W") / heads);
        long experts = value(metadata, prefix + "expert_feed_forward_length", layer).orElse(result.get("F"));
        long mla = value(metadata, prefix + "attention.key_length_mla", layer).orElse(head);
        result.put("K", value(metadata, prefix + "attention.head_count_kv", layer).orElse(heads));
        result.put("D", head);
        result.put("Dv", value(metadata, prefix + "attention.value_length", layer).orElse(head));
        result.put("A", mla);
        result.put("Ap", mla - result.get("P"));
        result.put("Av", value(metadata, prefix + "attention.value_length_mla", layer)
                .or(() -> value(metadata, prefix + "attention.value_length", layer))
                .orElse(heads == 0 ? 0 : result.get("W") / heads));
        result.put("M", experts);
        result.put("Ms", value(metadata, prefix + "expert_shared_feed_forward_length", layer).orElse(experts));
        result.put("Mn", value(metadata, prefix + "expert_shared_count", layer).orElse(1L) * experts);
        result.put("V", (long) metadata.requireArray("tokenizer.ggml.tokens").size());
        return result;
    }

    private static Optional<Long> value(Metadata metadata, String key, int layer) {
        return switch (metadata.values().get(key)) {
            case MetadataValue.IntegerValue it -> Optional.of(it.value());
            case MetadataValue.ArrayValue it when it.size() > layer -> Optional.of(it.longs()[layer]);
            case null, default -> Optional.empty();
        };
    }

    /** The shape of a tensor with other lengths. @param name without the block's prefix */
    static long[] enlarge(String name, long[] shape, Map<String, Long> tiny, Map<String, Long> large) {
        boolean bias = name.endsWith(".bias");
        String plain = name.replaceAll("\\.(weight|bias)$", "");
        if (plain.endsWith("norm") || plain.matches(".*norm_\\d")) {
            if (!READINGS.containsKey(plain)) {
                return new long[] {large.get("W")};
            }
        }
        String readings = bias ? BIASES.getOrDefault(plain, READINGS.getOrDefault(plain, "")) : READINGS.getOrDefault(plain, "");
        if (readings.isEmpty()) {
            throw new IllegalArgumentException(name + ": a tensor of unknown dimensions");
        }
        for (String reading : readings.split("\\|")) {
            String[] dimensions = reading.split(",");
            if (bias && !BIASES.containsKey(plain)) {
                dimensions = new String[] {dimensions[dimensions.length - 1]};
            }
            if (Arrays.equals(shape(dimensions, tiny), shape)) {
                return shape(dimensions, large);
            }
        }
        throw new IllegalArgumentException(name + ": no reading gives the shape " + Arrays.toString(shape));
    }

    private static long[] shape(String[] dimensions, Map<String, Long> lengths) {
        return Arrays.stream(dimensions).mapToLong(it -> sum(it, lengths)).toArray();
    }

    private static long sum(String text, Map<String, Long> lengths) {
        long sum = 0;
        for (String term : text.split("\\+")) {
            sum += product(term, lengths);
        }
        return sum;
    }

    private static long product(String text, Map<String, Long> lengths) {
        long product = 1;
        for (String factor : text.split("\\*")) {
            int slash = factor.indexOf('/');
            long value = length(slash < 0 ? factor : factor.substring(0, slash), lengths);
            product *= slash < 0 ? value : value / Math.max(1, length(factor.substring(slash + 1), lengths));
        }
        return product;
    }

    private static long length(String name, Map<String, Long> lengths) {
        return Character.isDigit(name.charAt(0)) ? Long.parseLong(name) : lengths.get(name);
    }
}
