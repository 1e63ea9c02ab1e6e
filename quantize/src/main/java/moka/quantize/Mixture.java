package moka.quantize;

import static moka.gguf.TensorType.*;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import moka.gguf.FileType;
import moka.gguf.TensorType;

/**
 * A named choice of tensor types for a whole model, as people ask for it: {@code Q4_K_M}. Most tensors get the base type; {@link TypeRules}
 * tells which get another.
 */
public enum Mixture {
    F32(FileType.F32, TensorType.F32),
    F16(FileType.F16, TensorType.F16),
    BF16(FileType.BF16, TensorType.BF16),
    Q8_0(FileType.Q8_0, TensorType.Q8_0),
    Q6_K(FileType.Q6_K, TensorType.Q6_K),
    Q5_K_M(FileType.Q5_K_M, Q5_K),
    Q5_K_S(FileType.Q5_K_S, Q5_K),
    Q5_1(FileType.Q5_1, TensorType.Q5_1),
    Q5_0(FileType.Q5_0, TensorType.Q5_0),
    Q4_K_M(FileType.Q4_K_M, Q4_K),
    Q4_K_S(FileType.Q4_K_S, Q4_K),
    Q4_1(FileType.Q4_1, TensorType.Q4_1),
    Q4_0(FileType.Q4_0, TensorType.Q4_0),
    IQ4_NL(FileType.IQ4_NL, TensorType.IQ4_NL),
    IQ4_XS(FileType.IQ4_XS, TensorType.IQ4_XS),
    Q3_K_L(FileType.Q3_K_L, Q3_K),
    Q3_K_M(FileType.Q3_K_M, Q3_K),
    Q3_K_S(FileType.Q3_K_S, Q3_K),
    IQ3_M(FileType.IQ3_M, TensorType.IQ3_S),
    IQ3_S(FileType.IQ3_S, TensorType.IQ3_S),
    IQ3_XS(FileType.IQ3_XS, TensorType.IQ3_S),
    IQ3_XXS(FileType.IQ3_XXS, TensorType.IQ3_XXS),
    Q2_K(FileType.Q2_K, TensorType.Q2_K),
    Q2_K_S(FileType.Q2_K_S, TensorType.Q2_K),
    IQ2_M(FileType.IQ2_M, TensorType.IQ2_S),
    IQ2_S(FileType.IQ2_S, TensorType.IQ2_XS),
    IQ2_XS(FileType.IQ2_XS, TensorType.IQ2_XS),
    IQ2_XXS(FileType.IQ2_XXS, TensorType.IQ2_XXS),
    IQ1_M(FileType.IQ1_M, TensorType.IQ1_M),
    IQ1_S(FileType.IQ1_S, TensorType.IQ1_S),
    TQ2_0(FileType.TQ2_0, TensorType.TQ2_0),
    TQ1_0(FileType.TQ1_0, TensorType.TQ1_0),
    Q2_0(FileType.Q2_0, TensorType.Q2_0),
    Q1_0(FileType.Q1_0, TensorType.Q1_0),
    /** Experts in MXFP4, the rest in Q8_0. */
    MXFP4_MOE(FileType.MXFP4, MXFP4),
    NVFP4(FileType.NVFP4, TensorType.NVFP4);

    private static final Map<String, Mixture> ALIASES = Map.of("Q3_K", Q3_K_M, "Q4_K", Q4_K_M, "Q5_K", Q5_K_M);

    private final FileType fileType;
    private final TensorType baseType;

    Mixture(FileType fileType, TensorType baseType) {
        this.fileType = fileType;
        this.baseType = baseType;
    }

    /** What the file says of itself. */
    public FileType fileType() {
        return fileType;
    }

    /** The type of tensors for which no rule says otherwise. */
    public TensorType baseType() {
        return baseType;
    }

    /** Whether the base type stores floating-point numbers as such. */
    public boolean isFloat() {
        return baseType == TensorType.F32 || baseType == TensorType.F16 || baseType == TensorType.BF16;
    }

    /** The mixture that has a type for most tensors; of several the middle one. */
    static Mixture ofBase(TensorType type) {
        Mixture found = Q8_0;
        for (Mixture mixture : values()) {
            if (mixture.baseType == type && (found.baseType != type || mixture.name().endsWith("_M"))) {
                found = mixture;
            }
        }
        return found;
    }

    /** The mixture of a name, in any case; {@code Q4_K} means {@code Q4_K_M}. */
    public static Optional<Mixture> byName(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        for (Mixture mixture : values()) {
            if (mixture.name().equals(upper)) {
                return Optional.of(mixture);
            }
        }
        return Optional.ofNullable(ALIASES.get(upper));
    }
}
