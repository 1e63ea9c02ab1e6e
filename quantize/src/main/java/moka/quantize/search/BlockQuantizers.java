package moka.quantize.search;

import java.util.Optional;
import moka.gguf.TensorType;

/** The searching quantizer of each type that has one. */
public final class BlockQuantizers {
    private BlockQuantizers() {}

    /** A new quantizer, or empty for types that are only rounded. */
    public static Optional<BlockQuantizer> of(TensorType type) {
        return Optional.ofNullable(switch (type) {
            case Q4_0 -> CodebookQuantizers.q4_0();
            case Q5_0 -> CodebookQuantizers.q5_0();
            case Q4_1 -> AffineBlocks.q4_1();
            case Q5_1 -> AffineBlocks.q5_1();
            case IQ4_NL -> CodebookQuantizers.iq4nl();
            case IQ4_XS -> CodebookQuantizers.iq4xs();
            case Q2_K -> KQuantizers.q2k();
            case Q3_K -> KQuantizers.q3k();
            case Q4_K -> KQuantizers.q4k();
            case Q5_K -> KQuantizers.q5k();
            case Q6_K -> KQuantizers.q6k();
            case IQ1_S -> LatticeQuantizers.iq1s();
            case IQ1_M -> LatticeQuantizers.iq1m();
            case IQ2_XXS -> LatticeQuantizers.iq2xxs();
            case IQ2_XS -> LatticeQuantizers.iq2xs();
            case IQ2_S -> LatticeQuantizers.iq2s();
            case IQ3_XXS -> LatticeQuantizers.iq3xxs();
            case IQ3_S -> LatticeQuantizers.iq3s();
            default -> null;
        });
    }
}
