package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.runtime.ProcessMemory;

/**
 * Element by element. Rests that fill no vector go through a padded one, so every element has the same arithmetic.
 */
final class FloatElements implements Elements {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Short> H = Width.halves(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final int FIELDS = 0x8fffe000;
    private static final VectorShuffle<Float> APART_8 = apart(8);
    private static final VectorShuffle<Float> APART_4 = apart(4);
    private static final VectorShuffle<Float> APART_2 = apart(2);
    private static final VectorShuffle<Float> APART_1 = apart(1);
    private static final float REBIAS = 0x1p112f;

    /** Each lane gets the one so far away in its group of twice that many. */
    private static VectorShuffle<Float> apart(int distance) {
        return VectorShuffle.fromOp(F, lane -> (lane ^ distance) % L);
    }

    @Override
    public float sumOfSquares(float[] x, int at, int count) {
        return squares(x, at, count);
    }

    private static float squares(float[] x, int at, int count) {
        FloatVector even = FloatVector.zero(F);
        FloatVector odd = even;
        int whole = count / (2 * L) * (2 * L);
        for (int i = 0; i < whole; i += 2 * L) {
            FloatVector first = FloatVector.fromArray(F, x, at + i);
            FloatVector second = FloatVector.fromArray(F, x, at + i + L);
            even = first.fma(first, even);
            odd = second.fma(second, odd);
        }
        float sum = inOrder(even.add(odd));
        for (int i = whole; i < count; i++) {
            sum = Math.fma(x[at + i], x[at + i], sum);
        }
        return sum;
    }

    /** The sum of the lanes by halves: not left to the compiler, which adds in another order than the interpreter. */
    private static float inOrder(FloatVector v) {
        FloatVector sum = v;
        if (L == 16) {
            sum = sum.add(sum.rearrange(APART_8));
        }
        if (L >= 8) {
            sum = sum.add(sum.rearrange(APART_4));
        }
        sum = sum.add(sum.rearrange(APART_2));
        return sum.add(sum.rearrange(APART_1)).lane(0);
    }

    @Override
    public float sum(float[] x, int at, int count) {
        return sumOf(x, at, count);
    }

    private static float sumOf(float[] x, int at, int count) {
        FloatVector sum = FloatVector.zero(F);
        int whole = count / L * L;
        for (int i = 0; i < whole; i += L) {
            sum = sum.add(FloatVector.fromArray(F, x, at + i));
        }
        float total = inOrder(sum);
        for (int i = whole; i < count; i++) {
            total += x[at + i];
        }
        return total;
    }

    @Override
    public void sums(float[] lanes, int rows) {
        sumRows(lanes, rows);
    }

    private static void sumRows(float[] lanes, int rows) {
        for (int row = 0; row < rows; row++) {
            lanes[row] = inOrder(FloatVector.fromArray(F, lanes, row * L));
        }
    }

    @Override
    public void scale(float[] x, int at, int count, float factor, long weight) {
        scaled(x, at, count, factor, weight);
    }

    private static void scaled(float[] x, int at, int count, float factor, long weight) {
        int whole = count / L * L;
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, x, at + i)
                    .mul(factor)
                    .mul(FloatVector.fromMemorySegment(F, MEMORY, weight + 4L * i & ProcessMemory.ADDRESS, LE))
                    .intoArray(x, at + i);
        }
        for (int i = whole; i < count; i++) {
            x[at + i] = x[at + i] * factor * MEMORY.get(FLOAT, weight + 4L * i);
        }
    }

    @Override
    public void gate(GateFunction function, float[] gate, int gateAt, float[] up, int upAt, int count) {
        switch (function) {
            case SILU -> silu(gate, gateAt, up, upAt, count);
            case GELU_TANH -> geluTanh(gate, gateAt, up, upAt, count);
            case GELU_ERF -> geluErf(gate, gateAt, up, upAt, count);
            case RELU -> relu(gate, gateAt, up, upAt, count);
            case SIGMOID -> sigmoid(gate, gateAt, up, upAt, count);
            case NONE -> multiply(gate, gateAt, up, upAt, count);
        }
    }

    private static void silu(float[] gate, int gateAt, float[] up, int upAt, int count) {
        int whole = count / L * L;
        for (int i = 0; i < whole; i += L) {
            FloatVector x = FloatVector.fromArray(F, gate, gateAt + i);
            x.div(exp(x.neg()).add(1f)).mul(FloatVector.fromArray(F, up, upAt + i)).intoArray(gate, gateAt + i);
        }
        for (int i = whole; i < count; i++) {
            FloatVector x = FloatVector.broadcast(F, gate[gateAt + i]);
            gate[gateAt + i] = x.div(exp(x.neg()).add(1f)).lane(0) * up[upAt + i];
        }
    }

    private static void sigmoid(float[] gate, int gateAt, float[] up, int upAt, int count) {
        int whole = count / L * L;
        for (int i = 0; i < whole; i += L) {
            FloatVector x = FloatVector.fromArray(F, gate, gateAt + i);
            FloatVector.fromArray(F, up, upAt + i).div(exp(x.neg()).add(1f)).intoArray(gate, gateAt + i);
        }
        for (int i = whole; i < count; i++) {
            FloatVector x = FloatVector.broadcast(F, gate[gateAt + i]);
            gate[gateAt + i] = up[upAt + i] / exp(x.neg()).add(1f).lane(0);
        }
    }

    private static void multiply(float[] gate, int gateAt, float[] up, int upAt, int count) {
        for (int i = 0; i < count; i++) {
            gate[gateAt + i] *= up[upAt + i];
        }
    }

    private static void geluTanh(float[] gate, int gateAt, float[] up, int upAt, int count) {
        int whole = count / L * L;
        for (int i = 0; i < whole; i += L) {
            geluTanh(FloatVector.fromArray(F, gate, gateAt + i))
                    .mul(FloatVector.fromArray(F, up, upAt + i))
                    .intoArray(gate, gateAt + i);
        }
        for (int i = whole; i < count; i++) {
            gate[gateAt + i] = geluTanh(FloatVector.broadcast(F, gate[gateAt + i])).lane(0) * up[upAt + i];
        }
    }

    /** {@code x/2 (1 + tanh(y)) = x / (1 + e^(-2y))} with {@code y = sqrt(2/pi) (x + 0.044715 x³)}. */
    private static FloatVector geluTanh(FloatVector x) {
        FloatVector y = x.mul(x).mul(0.044715f).add(1f).mul(x).mul(-2f * 0.7978845608f);
        return x.div(exp(y).add(1f));
    }

    private static void geluErf(float[] gate, int gateAt, float[] up, int upAt, int count) {
        int whole = count / L * L;
        for (int i = 0; i < whole; i += L) {
            geluErf(FloatVector.fromArray(F, gate, gateAt + i))
                    .mul(FloatVector.fromArray(F, up, upAt + i))
                    .intoArray(gate, gateAt + i);
        }
        for (int i = whole; i < count; i++) {
            gate[gateAt + i] = geluErf(FloatVector.broadcast(F, gate[gateAt + i])).lane(0) * up[upAt + i];
        }
    }

    /**
     * {@code x/2 (1 + erf(x / sqrt 2))}; erf by Abramowitz and Stegun 7.1.26 in {@code z = |x| / sqrt 2}, absolute error below 1.5e-7.
     */
    private static FloatVector geluErf(FloatVector x) {
        FloatVector z = x.abs().mul(0.70710678f);
        FloatVector t = FloatVector.broadcast(F, 1f).div(z.mul(0.3275911f).add(1f));
        FloatVector p = t.mul(1.061405429f)
                .add(-1.453152027f)
                .mul(t)
                .add(1.421413741f)
                .mul(t)
                .add(-0.284496736f)
                .mul(t)
                .add(0.254829592f)
                .mul(t)
                .mul(exp(z.mul(z).neg()));
        // p = 1 - erf(z): for negative x the result is x/2 * p without cancellation.
        FloatVector positive = x.mul(FloatVector.broadcast(F, 2f).sub(p));
        FloatVector negative = x.mul(p);
        return negative.blend(positive, x.compare(VectorOperators.GE, 0f)).mul(0.5f);
    }

    private static void relu(float[] gate, int gateAt, float[] up, int upAt, int count) {
        for (int i = 0; i < count; i++) {
            gate[gateAt + i] = Math.max(gate[gateAt + i], 0f) * up[upAt + i];
        }
    }

    @Override
    public void softCap(float[] x, int at, int count, float cap) {
        capped(x, at, count, cap);
    }

    /** {@code tanh(y) = 1 - 2 / (e^2y + 1)}. */
    private static void capped(float[] x, int at, int count, float cap) {
        float twice = 2f / cap;
        int whole = count / L * L;
        for (int i = 0; i < whole; i += L) {
            FloatVector e = exp(FloatVector.fromArray(F, x, at + i).mul(twice)).add(1f);
            FloatVector.broadcast(F, cap).sub(FloatVector.broadcast(F, 2f * cap).div(e)).intoArray(x, at + i);
        }
        for (int i = whole; i < count; i++) {
            x[at + i] = cap - 2f * cap / (exp(FloatVector.broadcast(F, x[at + i] * twice)).lane(0) + 1f);
        }
    }

    @Override
    public float maximum(float[] x, int at, int count) {
        return largest(x, at, count);
    }

    private static float largest(float[] x, int at, int count) {
        int whole = count / L * L;
        FloatVector max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < whole; i += L) {
            max = max.max(FloatVector.fromArray(F, x, at + i));
        }
        float result = max.reduceLanes(VectorOperators.MAX);
        for (int i = whole; i < count; i++) {
            result = Math.max(result, x[at + i]);
        }
        return result;
    }

    @Override
    public float exponentials(float[] x, int at, int count, float maximum) {
        return exponentialsOf(x, at, count, maximum);
    }

    private static float exponentialsOf(float[] x, int at, int count, float maximum) {
        int whole = count / L * L;
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < whole; i += L) {
            FloatVector e = exp(FloatVector.fromArray(F, x, at + i).sub(maximum));
            sum = sum.add(e);
            e.intoArray(x, at + i);
        }
        float total = inOrder(sum);
        for (int i = whole; i < count; i++) {
            float e = exp(FloatVector.broadcast(F, x[at + i] - maximum)).lane(0);
            x[at + i] = e;
            total += e;
        }
        return total;
    }

    private static FloatVector exp(FloatVector x) {
        return Exponential.of(F, x);
    }

    @Override
    public void widen(long source, long target, int count) {
        wide(source, target, count);
    }

    private static void wide(long source, long target, int count) {
        int whole = count / L * L;
        for (int i = 0; i < whole; i += L) {
            IntVector half = (IntVector)
                    ShortVector.fromMemorySegment(H, MEMORY, source + 2L * i & ProcessMemory.ADDRESS, LE).convertShape(VectorOperators.S2I, I, 0);
            half.lanewise(VectorOperators.LSHL, 13)
                    .and(FIELDS)
                    .reinterpretAsFloats()
                    .mul(REBIAS)
                    .intoMemorySegment(MEMORY, target + 4L * i & ProcessMemory.ADDRESS, LE);
        }
        for (int i = whole; i < count; i++) {
            MEMORY.set(FLOAT, target + 4L * i, Float.float16ToFloat(MEMORY.get(SHORT, source + 2L * i)));
        }
    }
}
