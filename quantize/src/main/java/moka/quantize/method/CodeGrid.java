package moka.quantize.method;

import moka.engine.tensor.Codebooks;
import moka.gguf.TensorType;

/**
 * The values that the codes of a type stand for, before scale and minimum.
 *
 * @param type one of those that {@link moka.quantize.search.CodePacking} knows
 */
record CodeGrid(TensorType type) {
    /** The code, as it is stored, whose value is nearest. */
    int nearest(float value) {
        return switch (type) {
            case IQ4_NL, IQ4_XS -> nearestNonLinear(value);
            case Q8_0 -> Math.clamp(Math.round(value), -127, 127);
            case Q4_0 -> Math.clamp(Math.round(value), -8, 7) + 8;
            case Q5_0 -> Math.clamp(Math.round(value), -16, 15) + 16;
            case Q3_K -> Math.clamp(Math.round(value), -4, 3) + 4;
            case Q6_K -> Math.clamp(Math.round(value), -32, 31) + 32;
            case Q2_K -> Math.clamp(Math.round(value), 0, 3);
            case Q4_1, Q4_K -> Math.clamp(Math.round(value), 0, 15);
            default -> Math.clamp(Math.round(value), 0, 31);
        };
    }

    /** What a code stands for. */
    float value(int code) {
        return switch (type) {
            case IQ4_NL, IQ4_XS -> Codebooks.nonLinear()[code];
            case Q4_0 -> code - 8;
            case Q5_0 -> code - 16;
            case Q3_K -> code - 4;
            case Q6_K -> code - 32;
            default -> code;
        };
    }

    private static int nearestNonLinear(float value) {
        byte[] book = Codebooks.nonLinear();
        int code = 0;
        while (code + 1 < book.length && 2 * value > book[code] + book[code + 1]) {
            code++;
        }
        return code;
    }
}
