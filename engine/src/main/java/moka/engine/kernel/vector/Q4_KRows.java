package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Q4_K: super-blocks of {@code f16 d, f16 dmin, 12 bytes of 6-bit scales and minimums, 128 bytes of nibbles}, value
 * {@code d * scale * q - dmin * minimum}. A nibble shifted to bits 22..19 with the exponent of 1 is {@code 1 + q/16}; the order's starts take
 * the 1 off and are, negated, the sums of activations that the minimums are multiplied with. Scales stay packed, four to an
 * {@code int}, which is broadcast and shifted by lane.
 */
final class Q4_KRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);
    private static final int BLOCK = 144;
    private static final int CODES = 16;
    private static final int NIBBLE = 15 << 19;
    private static final int ONE = 0x3f800000;

    /** By how much each lane shifts the packed scales of the low nibbles; those of the high nibbles are 8 bits further. */
    private static final int[] SHIFTS = shifts();

    private final ActivationOrder order = ActivationOrder.groupNibbles(L);

    private static int[] shifts() {
        var shifts = new int[32];
        for (int i = 0; i < 32; i++) {
            shifts[i] = i / 8 * 16 & 31;
        }
        return shifts;
    }

    @Override
    public String description() {
        return "float32 FMA in place, nibbles shifted into mantissas";
    }

    @Override
    public ActivationOrder order() {
        return order;
    }

    @Override
    public void addProducts(
            MemorySegment weights, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        row(weights, offset, columns, x, xAt, lanes, at);
    }

    private static void row(MemorySegment w, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        long o = offset;
        int from = xAt;
        for (int i = 0; i < columns; i += 256, o += BLOCK) {
            int s0 = w.get(INT, o + 4);
            int s1 = w.get(INT, o + 8);
            int s2 = w.get(INT, o + 12);
            FloatVector scaled = FloatVector.zero(F);
            FloatVector minimums = FloatVector.zero(F);
            for (int v = 0; v < 32; v += L, from += 10 * L) {
                IntVector q = IntVector.fromMemorySegment(I, w, o + CODES + 4 * v, LE);
                IntVector shift = IntVector.fromArray(I, SHIFTS, v);
                IntVector scales = IntVector.broadcast(I, v < 16 ? s0 & 0x3f3f3f3f : upperScales(s0, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                IntVector mins = IntVector.broadcast(I, v < 16 ? s1 & 0x3f3f3f3f : upperMinimums(s1, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                FloatVector start = FloatVector.fromArray(F, x, from);
                FloatVector run = low(q, 19).fma(FloatVector.fromArray(F, x, from + L), start);
                run = low(q, 11).fma(FloatVector.fromArray(F, x, from + 2 * L), run);
                run = low(q, 3).fma(FloatVector.fromArray(F, x, from + 3 * L), run);
                run = high(q, 5).fma(FloatVector.fromArray(F, x, from + 4 * L), run);
                scaled = run.fma(small(scales), scaled);
                minimums = start.fma(small(mins), minimums);
                start = FloatVector.fromArray(F, x, from + 5 * L);
                run = low(q, 15).fma(FloatVector.fromArray(F, x, from + 6 * L), start);
                run = low(q, 7).fma(FloatVector.fromArray(F, x, from + 7 * L), run);
                run = high(q, 1).fma(FloatVector.fromArray(F, x, from + 8 * L), run);
                run = high(q, 9).fma(FloatVector.fromArray(F, x, from + 9 * L), run);
                scaled = run.fma(small(scales.lanewise(VectorOperators.LSHR, 8)), scaled);
                minimums = start.fma(small(mins.lanewise(VectorOperators.LSHR, 8)), minimums);
            }
            sum = scaled.fma(FloatVector.broadcast(F, 16f * Float.float16ToFloat(w.get(SHORT, o))), sum);
            sum = minimums.fma(FloatVector.broadcast(F, Float.float16ToFloat(w.get(SHORT, o + 2))), sum);
        }
        sum.intoArray(lanes, at);
    }

    private static int upperScales(int s0, int s2) {
        return s2 & 0x0f0f0f0f | s0 >>> 2 & 0x30303030;
    }

    private static int upperMinimums(int s1, int s2) {
        return s2 >>> 4 & 0x0f0f0f0f | s1 >>> 2 & 0x30303030;
    }

    /** The lowest byte of each lane as a float. */
    private static FloatVector small(IntVector bytes) {
        return (FloatVector) bytes.and(63).convert(VectorOperators.I2F, 0);
    }

    private static FloatVector low(IntVector q, int up) {
        return q.lanewise(VectorOperators.LSHL, up).and(NIBBLE).or(ONE).reinterpretAsFloats();
    }

    private static FloatVector high(IntVector q, int down) {
        return q.lanewise(VectorOperators.LSHR, down).and(NIBBLE).or(ONE).reinterpretAsFloats();
    }

    @Override
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        decode(weights, offset, columns, target, at);
    }

    private static void decode(MemorySegment w, long offset, int columns, float[] target, int at) {
        long o = offset;
        int to = at;
        for (int i = 0; i < columns; i += 256, o += BLOCK) {
            float d = 16f * Float.float16ToFloat(w.get(SHORT, o));
            float dmin = -Float.float16ToFloat(w.get(SHORT, o + 2));
            int s0 = w.get(INT, o + 4);
            int s1 = w.get(INT, o + 8);
            int s2 = w.get(INT, o + 12);
            for (int v = 0; v < 32; v += L, to += 8 * L) {
                IntVector q = IntVector.fromMemorySegment(I, w, o + CODES + 4 * v, LE);
                IntVector shift = IntVector.fromArray(I, SHIFTS, v);
                IntVector scales = IntVector.broadcast(I, v < 16 ? s0 & 0x3f3f3f3f : upperScales(s0, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                IntVector mins = IntVector.broadcast(I, v < 16 ? s1 & 0x3f3f3f3f : upperMinimums(s1, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                FloatVector scale = small(scales).mul(d);
                FloatVector minimum = small(mins).mul(dmin);
                low(q, 19).sub(1f).fma(scale, minimum).intoArray(target, to);
                low(q, 11).sub(1f).fma(scale, minimum).intoArray(target, to + L);
                low(q, 3).sub(1f).fma(scale, minimum).intoArray(target, to + 2 * L);
                high(q, 5).sub(1f).fma(scale, minimum).intoArray(target, to + 3 * L);
                scale = small(scales.lanewise(VectorOperators.LSHR, 8)).mul(d);
                minimum = small(mins.lanewise(VectorOperators.LSHR, 8)).mul(dmin);
                low(q, 15).sub(1f).fma(scale, minimum).intoArray(target, to + 4 * L);
                low(q, 7).sub(1f).fma(scale, minimum).intoArray(target, to + 5 * L);
                high(q, 1).sub(1f).fma(scale, minimum).intoArray(target, to + 6 * L);
                high(q, 9).sub(1f).fma(scale, minimum).intoArray(target, to + 7 * L);
            }
        }
    }
}
