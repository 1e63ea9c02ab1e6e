package moka.quantize;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moka.gguf.GgufTensorInfo;
import moka.gguf.TensorType;

/** Chooses the type of every tensor of a model for a mixture. */
public final class TypeChoice {
    private static final Pattern LAYER = Pattern.compile("^blk\\.(\\d+)\\.");

    /** Parts of names of matrices that stay as they are: small, or too sensitive. */
    private static final List<String> KEPT = List.of(
            "_norm.weight",
            "ffn_gate_inp.weight",
            "ffn_gate_tid2eid.weight",
            "altup",
            "laurel",
            "per_layer_model_proj",
            "ssm_conv1d",
            "shortconv.conv.weight",
            "indexer.k_proj.weight",
            "indexer.q_proj.weight",
            "time_mix_first.weight",
            "time_mix_w0.weight",
            "time_mix_w1.weight",
            "time_mix_w2.weight",
            "time_mix_v0.weight",
            "time_mix_v1.weight",
            "time_mix_v2.weight",
            "time_mix_a0.weight",
            "time_mix_a1.weight",
            "time_mix_a2.weight",
            "time_mix_g1.weight",
            "time_mix_g2.weight",
            "time_mix_decay_w1.weight",
            "time_mix_decay_w2.weight",
            "time_mix_lerp_fused.weight",
            "attn_rel_b.weight",
            ".position_embd",
            "sam.pos_embd",
            "sam.neck.",
            "sam.net_",
            ".rel_pos",
            ".patch_embd",
            ".patch_merger",
            "a.rvq.codebook",
            "mm.a.code_embd");

    private static final Set<String> KEPT_NAMES = Set.of("position_embd.weight", "token_types.weight");

    private final Mixture mixture;
    private final ModelFacts model;
    private final TypeOverrides overrides;
    private final Map<TensorRole, Integer> seen = new EnumMap<>(TensorRole.class);
    private int valueTensors;

    private TypeChoice(Mixture mixture, ModelFacts model, TypeOverrides overrides) {
        this.mixture = mixture;
        this.model = model;
        this.overrides = overrides;
    }

    /**
     * The type of each tensor, by name.
     *
     * @throws QuantizeException if a tensor's rows fit no block of the type
     */
    public static Map<String, TensorType> of(
            Mixture mixture, ModelFacts model, TypeOverrides overrides, List<GgufTensorInfo> tensors) {
        return new TypeChoice(mixture, model, overrides).choose(tensors);
    }

    private Map<String, TensorType> choose(List<GgufTensorInfo> tensors) {
        // By layer, then by name: rules count tensors of a role in this order.
        List<GgufTensorInfo> ordered = new ArrayList<>(tensors);
        ordered.sort(Comparator.comparingInt((GgufTensorInfo it) -> layer(it.name())).thenComparing(GgufTensorInfo::name));
        valueTensors = (int)
                tensors.stream().filter(it -> TensorRole.of(it.name()) == TensorRole.VALUE).count();
        Map<String, TensorType> types = new HashMap<>();
        for (GgufTensorInfo tensor : ordered) {
            types.put(tensor.name(), quantizable(tensor) ? type(tensor) : tensor.type());
        }
        return types;
    }

    /** Whether a tensor is a matrix that may change its type. */
    public static boolean isQuantizable(GgufTensorInfo tensor) {
        String name = tensor.name();
        return dimensions(tensor) >= 2
                && name.endsWith("weight")
                && !KEPT_NAMES.contains(name)
                && KEPT.stream().noneMatch(name::contains);
    }

    private boolean quantizable(GgufTensorInfo tensor) {
        return isQuantizable(tensor) && !(overrides.keepOutput() && tensor.name().equals("output.weight"));
    }

    /** Dimensions without the last ones of length 1. */
    private static int dimensions(GgufTensorInfo tensor) {
        int count = tensor.shape().length;
        while (count > 1 && tensor.shape()[count - 1] == 1) {
            count--;
        }
        return count;
    }

    private static int layer(String name) {
        Matcher matcher = LAYER.matcher(name);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    private TensorType type(GgufTensorInfo tensor) {
        String name = tensor.name();
        TensorRole role = TensorRole.of(name);
        if (role == TensorRole.TOKEN_EMBEDDING && overrides.embeddingType().isPresent()) {
            boolean named = name.startsWith("per_layer") && overrides.byName(name).isPresent();
            if (!named) {
                return overrides.embeddingType().get();
            }
        }
        if (role == TensorRole.OUTPUT && overrides.outputType().isPresent()) {
            return overrides.outputType().get();
        }
        if (mixture.isFloat()) {
            return mixture.baseType();
        }
        TensorType type = overrides.byName(name)
                .orElseGet(() -> overrides.pure() ? mixture.baseType() : byRules(tensor, role));
        return TypeRules.fitting(name, type, tensor.shape()[0]);
    }

    private TensorType byRules(GgufTensorInfo tensor, TensorRole role) {
        if (role == TensorRole.OUTPUT || (role == TensorRole.TOKEN_EMBEDDING && model.tiedEmbeddings())) {
            return overrides.outputType().orElseGet(() -> TypeRules.outputType(mixture, model, tensor.shape()[0]));
        }
        if (mixture == Mixture.MXFP4_MOE) {
            boolean experts = tensor.shape().length > 2 && tensor.shape()[2] > 1;
            boolean latent = model.architecture().equals("bailingmoe3")
                    && role != TensorRole.FEED_FORWARD_UP
                    && role != TensorRole.FEED_FORWARD_GATE
                    && role != TensorRole.FEED_FORWARD_DOWN;
            return experts && !latent ? TensorType.MXFP4 : TensorType.Q8_0;
        }
        int index = seen.merge(role, 1, Integer::sum) - 1;
        boolean feedForward = role == TensorRole.FEED_FORWARD_DOWN
                || role == TensorRole.FEED_FORWARD_GATE
                || role == TensorRole.FEED_FORWARD_UP;
        if (feedForward && model.expertCount() > 1 && !TypeRules.countsTensors(mixture)) {
            // Several tensors a layer have this role.
            index = layer(tensor.name());
        }
        int count = feedForward ? model.blockCount() : valueTensors;
        return TypeRules.type(role, new TypeRules.Place(model, mixture, index, count));
    }
}
