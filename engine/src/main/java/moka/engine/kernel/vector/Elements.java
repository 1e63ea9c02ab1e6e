package moka.engine.kernel.vector;

import moka.engine.kernel.Projection.GateFunction;

/** Operations on the elements of rows. */
interface Elements {
    /** {@code sum of x²}, in a fixed order. */
    float sumOfSquares(float[] x, int at, int count);

    /** The sum, in a fixed order. */
    float sum(float[] x, int at, int count);

    /** {@code x *= factor * weight}; weight is the address of float32 values. */
    void scale(float[] x, int at, int count, float factor, long weight);

    /** {@code gate = function(gate) * up}. */
    void gate(GateFunction function, float[] gate, int gateAt, float[] up, int upAt, int count);

    /** {@code x = cap * tanh(x / cap)}. */
    void softCap(float[] x, int at, int count, float cap);

    /** The largest value. */
    float maximum(float[] x, int at, int count);

    /** {@code x = e^(x - maximum)}; the sum of the results, in a fixed order. */
    float exponentials(float[] x, int at, int count, float maximum);

    /** Float16 values as floats, from address to address. */
    void widen(long source, long target, int count);

    /** {@code lanes[row] = sum of the vector at lanes[row * length]}, each in the same fixed order, from the first row on. */
    void sums(float[] lanes, int rows);
}
