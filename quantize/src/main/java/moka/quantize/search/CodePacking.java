package moka.quantize.search;

import java.util.Set;
import moka.gguf.TensorType;

/** Where the codes of a block lie, for types whose values are a scale times a code: writes codes and leaves the scales of the block alone. */
public final class CodePacking {
    private static final Set<TensorType> TYPES = Set.of(
            TensorType.Q4_0,
            TensorType.Q4_1,
            TensorType.Q5_0,
            TensorType.Q5_1,
            TensorType.Q8_0,
            TensorType.Q2_K,
            TensorType.Q3_K,
            TensorType.Q4_K,
            TensorType.Q5_K,
            TensorType.Q6_K,
            TensorType.IQ4_NL,
            TensorType.IQ4_XS);

    private CodePacking() {}

    /** Whether codes of the type can be written apart from its scales. */
    public static boolean supports(TensorType type) {
        return TYPES.contains(type);
    }

    /**
     * Writes the codes of one block.
     *
     * @param codes from 0 on: as stored, without the offset of signed types; signed for Q8_0
     * @param first index of the block's first code
     * @param at byte where the block begins
     */
    public static void pack(TensorType type, byte[] codes, int first, byte[] target, int at) {
        switch (type) {
            case Q4_0, IQ4_NL -> nibbles(codes, first, 16, target, at + 2);
            case Q4_1 -> nibbles(codes, first, 16, target, at + 4);
            case Q5_0 -> {
                fifthBits(codes, first, target, at + 2);
                nibbles(codes, first, 16, target, at + 6);
            }
            case Q5_1 -> {
                fifthBits(codes, first, target, at + 4);
                nibbles(codes, first, 16, target, at + 8);
            }
            case Q8_0 -> System.arraycopy(codes, first, target, at + 2, 32);
            case Q2_K -> pairs(codes, first, target, at + 16);
            case Q3_K -> {
                planes(codes, first, 2, target, at);
                pairs(codes, first, target, at + 32);
            }
            case Q4_K -> nibblesBy64(codes, first, target, at + 16);
            case Q5_K -> {
                planes(codes, first, 4, target, at + 16);
                nibblesBy64(codes, first, target, at + 48);
            }
            case Q6_K -> sixBits(codes, first, target, at);
            case IQ4_XS -> {
                for (int group = 0; group < 8; group++) {
                    nibbles(codes, first + 32 * group, 16, target, at + 8 + 16 * group);
                }
            }
            default -> throw new IllegalArgumentException("codes of " + type + " do not lie apart from its scales");
        }
    }

    /** The first {@code count} codes become low nibbles, the next high ones. */
    private static void nibbles(byte[] codes, int first, int count, byte[] target, int at) {
        for (int i = 0; i < count; i++) {
            target[at + i] = (byte) (codes[first + i] & 15 | codes[first + i + count] << 4);
        }
    }

    private static void nibblesBy64(byte[] codes, int first, byte[] target, int at) {
        for (int part = 0; part < 4; part++) {
            nibbles(codes, first + 64 * part, 32, target, at + 32 * part);
        }
    }

    private static void fifthBits(byte[] codes, int first, byte[] target, int at) {
        for (int k = 0; k < 4; k++) {
            int bits = 0;
            for (int i = 0; i < 8; i++) {
                bits |= (codes[first + 8 * k + i] >> 4 & 1) << i;
            }
            target[at + k] = (byte) bits;
        }
    }

    /** One bit of each of 256 codes: for element i bit {@code i / 32} of byte {@code i % 32}. */
    private static void planes(byte[] codes, int first, int bit, byte[] target, int at) {
        for (int i = 0; i < 32; i++) {
            int bits = 0;
            for (int plane = 0; plane < 8; plane++) {
                bits |= (codes[first + 32 * plane + i] >> bit & 1) << plane;
            }
            target[at + i] = (byte) bits;
        }
    }

    /** The lower two bits of 256 codes. */
    private static void pairs(byte[] codes, int first, byte[] target, int at) {
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < 32; i++) {
                int c = first + 128 * half + i;
                target[at + 32 * half + i] = (byte)
                        (codes[c] & 3 | (codes[c + 32] & 3) << 2 | (codes[c + 64] & 3) << 4 | (codes[c + 96] & 3) << 6);
            }
        }
    }

    private static void sixBits(byte[] codes, int first, byte[] target, int at) {
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < 32; i++) {
                int c = first + 128 * half + i;
                target[at + 64 * half + i] = (byte) (codes[c] & 15 | codes[c + 64] << 4);
                target[at + 64 * half + 32 + i] = (byte) (codes[c + 32] & 15 | codes[c + 96] << 4);
                target[at + 128 + 32 * half + i] = (byte)
                        (codes[c] >> 4 | codes[c + 32] >> 4 << 2 | codes[c + 64] >> 4 << 4 | codes[c + 96] >> 4 << 6);
            }
        }
    }
}
