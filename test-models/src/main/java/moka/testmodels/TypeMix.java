package moka.testmodels;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import moka.gguf.TensorType;

/**
 * Which tensor gets which type in a file of a given name, such as {@code Q4_K_M}: as {@code llama-quantize} of
 * llama.cpp v0.5.0 decides for models of the Llama architecture, without importance matrix. The name of a tensor type
 * that is no mix of its own means that type for all matrices.
 *
 * @param name as users write it
 * @param type type of most matrices
 * @param fileType number for {@code general.file_type}, or -1 if the type has none
 */
public record TypeMix(String name, TensorType type, int fileType) {
    private static final List<TypeMix> MIXES = List.of(
            new TypeMix("F32", TensorType.F32, 0),
            new TypeMix("F16", TensorType.F16, 1),
            new TypeMix("BF16", TensorType.BF16, 32),
            new TypeMix("Q4_0", TensorType.Q4_0, 2),
            new TypeMix("Q4_1", TensorType.Q4_1, 3),
            new TypeMix("Q8_0", TensorType.Q8_0, 7),
            new TypeMix("Q5_0", TensorType.Q5_0, 8),
            new TypeMix("Q5_1", TensorType.Q5_1, 9),
            new TypeMix("Q2_K", TensorType.Q2_K, 10),
            new TypeMix("Q3_K_S", TensorType.Q3_K, 11),
            new TypeMix("Q3_K_M", TensorType.Q3_K, 12),
            new TypeMix("Q3_K_L", TensorType.Q3_K, 13),
            new TypeMix("Q4_K_S", TensorType.Q4_K, 14),
            new TypeMix("Q4_K_M", TensorType.Q4_K, 15),
            new TypeMix("Q5_K_S", TensorType.Q5_K, 16),
            new TypeMix("Q5_K_M", TensorType.Q5_K, 17),
            new TypeMix("Q6_K", TensorType.Q6_K, 18),
            new TypeMix("IQ2_XXS", TensorType.IQ2_XXS, 19),
            new TypeMix("IQ2_XS", TensorType.IQ2_XS, 20),
            new TypeMix("Q2_K_S", TensorType.Q2_K, 21),
            new TypeMix("IQ3_XS", TensorType.IQ3_S, 22),
            new TypeMix("IQ3_XXS", TensorType.IQ3_XXS, 23),
            new TypeMix("IQ1_S", TensorType.IQ1_S, 24),
            new TypeMix("IQ4_NL", TensorType.IQ4_NL, 25),
            new TypeMix("IQ3_S", TensorType.IQ3_S, 26),
            new TypeMix("IQ3_M", TensorType.IQ3_S, 27),
            new TypeMix("IQ2_S", TensorType.IQ2_XS, 28),
            new TypeMix("IQ2_M", TensorType.IQ2_S, 29),
            new TypeMix("IQ4_XS", TensorType.IQ4_XS, 30),
            new TypeMix("IQ1_M", TensorType.IQ1_M, 31),
            new TypeMix("TQ1_0", TensorType.TQ1_0, 36),
            new TypeMix("TQ2_0", TensorType.TQ2_0, 37));

    /** The mixes of at most two bits and a half, which save elsewhere. */
    private static final Set<String> TINY = Set.of("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M");

    /** The roles of matrices that mixes tell apart. */
    enum Role {
        /** The output matrix, also where the embedding serves as one. */
        OUTPUT,
        EMBEDDING,
        ATTENTION_QUERY,
        ATTENTION_KEY,
        ATTENTION_VALUE,
        ATTENTION_OUTPUT,
        FEED_FORWARD_DOWN,
        FEED_FORWARD_GATE,
        FEED_FORWARD_UP
    }

    /** The mix or type of this name. @throws IllegalArgumentException if there is none */
    public static TypeMix named(String name) {
        Optional<TypeMix> mix =
                MIXES.stream().filter(one -> one.name.equals(name)).findFirst();
        return mix.orElseGet(() -> Arrays.stream(TensorType.values())
                .filter(type -> type.name().equals(name))
                .findFirst()
                .map(type -> new TypeMix(name, type, -1))
                .orElseThrow(() -> new IllegalArgumentException("type '" + name + "', expected one of "
                        + String.join(", ", MIXES.stream().map(TypeMix::name).toList()) + ", or a tensor type")));
    }

    /** The type of a matrix. @param layer its layer, of {@code shape.blockCount()} (0 outside the layers) */
    TensorType typeOf(Role role, int layer, ModelShape shape) {
        if (fileType < 0) {
            return type;
        }
        return switch (role) {
            case OUTPUT -> output();
            case EMBEDDING -> embedding();
            case ATTENTION_QUERY, ATTENTION_KEY ->
                switch (name) {
                    case "IQ3_XS" -> TensorType.IQ3_XXS;
                    case "IQ3_XXS" -> TensorType.IQ2_S;
                    default -> type;
                };
            case ATTENTION_VALUE -> attentionValue(layer, shape);
            case ATTENTION_OUTPUT ->
                switch (name) {
                    case "Q2_K" -> TensorType.Q3_K;
                    case "Q3_K_M", "IQ3_M" -> TensorType.Q4_K;
                    case "Q3_K_L" -> TensorType.Q5_K;
                    case "IQ1_S", "IQ1_M" -> TensorType.IQ2_XXS;
                    case "IQ2_S", "IQ2_M", "IQ3_XXS" -> TensorType.IQ3_S;
                    default -> type;
                };
            case FEED_FORWARD_DOWN -> feedForwardDown(layer, shape.blockCount());
            case FEED_FORWARD_GATE, FEED_FORWARD_UP ->
                name.equals("IQ3_XS") && !inOuterEighths(layer, shape.blockCount()) ? TensorType.IQ3_XXS : type;
        };
    }

    private TensorType output() {
        if (type == TensorType.Q8_0 || type.blockElements() == 1) {
            return type;
        }
        return TINY.contains(name) || name.equals("IQ3_XXS") ? TensorType.Q5_K : TensorType.Q6_K;
    }

    private TensorType embedding() {
        return switch (name) {
            case "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS" -> TensorType.Q2_K;
            case "IQ2_S", "IQ2_M", "IQ3_XXS" -> TensorType.IQ3_S;
            case "TQ1_0", "TQ2_0" -> TensorType.Q4_K;
            default -> type;
        };
    }

    private TensorType attentionValue(int layer, ModelShape shape) {
        boolean grouped = shape.headCount() / shape.kvHeadCount() >= 4;
        return switch (name) {
            case "Q2_K" -> grouped ? TensorType.Q4_K : TensorType.Q3_K;
            case "Q3_K_M" -> layer < 2 ? TensorType.Q5_K : TensorType.Q4_K;
            case "Q3_K_L" -> TensorType.Q5_K;
            case "Q4_K_S" -> layer < 4 ? TensorType.Q5_K : type;
            case "Q4_K_M", "Q5_K_M" -> worthMoreBits(layer, shape.blockCount()) ? TensorType.Q6_K : type;
            case "IQ4_NL", "IQ4_XS" -> grouped ? TensorType.Q5_K : type;
            case "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS" -> grouped ? TensorType.Q4_K : TensorType.Q2_K;
            case "IQ2_S", "IQ2_M", "IQ3_XXS" -> grouped ? TensorType.Q4_K : TensorType.IQ3_S;
            case "Q2_K_S", "IQ3_XS", "IQ3_S" -> grouped ? TensorType.Q4_K : type;
            case "IQ3_M" -> TensorType.Q4_K;
            default -> type;
        };
    }

    private TensorType feedForwardDown(int layer, int layers) {
        return switch (name) {
            case "Q2_K" -> TensorType.Q3_K;
            case "Q3_K_M" -> layer < layers / 16 ? TensorType.Q5_K : TensorType.Q4_K;
            case "Q3_K_L" -> TensorType.Q5_K;
            case "Q4_K_S", "IQ4_NL", "IQ4_XS" -> layer < layers / 8 ? TensorType.Q5_K : type;
            case "Q4_K_M", "Q5_K_M" -> worthMoreBits(layer, layers) ? TensorType.Q6_K : type;
            case "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS" -> layer < layers / 8 ? TensorType.Q2_K : type;
            case "IQ2_S", "IQ2_M" -> layer < layers / 8 ? TensorType.IQ3_S : type;
            case "Q2_K_S", "IQ3_M" -> layer < layers / 8 ? TensorType.Q4_K : type;
            case "IQ3_XXS" -> layer < layers / 8 ? TensorType.Q4_K : TensorType.Q3_K;
            default -> type;
        };
    }

    private static boolean inOuterEighths(int layer, int layers) {
        return layer < layers / 8 || layer >= 7 * layers / 8;
    }

    /** The first and last eighth of the layers and every third between. */
    private static boolean worthMoreBits(int layer, int layers) {
        return inOuterEighths(layer, layers) || (layer - layers / 8) % 3 == 2;
    }
}
