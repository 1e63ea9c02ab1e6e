package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.Projection.GateFunction;

/** Operations on the elements of rows. */
interface Elements {
    /** {@code sum of x²}, in a fixed order. */
    float sumOfSquares(float[] x, int at, int count);

    /** {@code x *= factor * weight}; weight is float32 from byte 0. */
    void scale(float[] x, int at, int count, float factor, MemorySegment weight);

    /** {@code gate = function(gate) * up}. */
    void gate(GateFunction function, float[] gate, int gateAt, float[] up, int upAt, int count);

    /** {@code x = cap * tanh(x / cap)}. */
    void softCap(float[] x, int at, int count, float cap);

    /** The largest value. */
    float maximum(float[] x, int at, int count);

    /** {@code x = e^(x - maximum)}; the sum of the results, in a fixed order. */
    float exponentials(float[] x, int at, int count, float maximum);

    /** Float16 values of memory as floats. */
    void widen(MemorySegment source, long offset, float[] target, int at, int count);

    /** The sum of {@code lanes} values, in a fixed order. */
    static float sum(float[] values, int at, int lanes) {
        return switch (lanes) {
            case 16 -> sum4(values, at, 8) + sum4(values, at + 4, 8);
            case 8 -> sum4(values, at, 4);
            default -> (values[at] + values[at + 2]) + (values[at + 1] + values[at + 3]);
        };
    }

    private static float sum4(float[] values, int at, int apart) {
        return ((values[at] + values[at + apart]) + (values[at + 2] + values[at + 2 + apart]))
                + ((values[at + 1] + values[at + 1 + apart]) + (values[at + 3] + values[at + 3 + apart]));
    }
}
