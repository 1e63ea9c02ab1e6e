package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Q5_K: Q4_K with 32 bytes of fifth bits between scales and nibbles: bit {@code g} of byte {@code l} belongs to element {@code l} of group
 * {@code g}. Nibble and bit go to mantissa bits 21..18 and 22 under the exponent of 1: {@code 1 + q/32}.
 */
final class Q5_KRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);
    private static final int BLOCK = 176;
    private static final int FIFTHS = 16;
    private static final int CODES = 48;
    private static final int NIBBLE = 15 << 18;
    private static final int FIFTH = 1 << 22;
    private static final int ONE = 0x3f800000;

    /** By how much each lane shifts the packed scales of the low nibbles; those of the high nibbles are 8 bits further. */
    private static final int[] SHIFTS = shifts();

    /** Which of the fifth bits the low nibbles have. */
    private static final int[] BITS = bits();

    /** The 32 bytes of fifth bits for both groups of a 512-bit vector. */
    private static final VectorShuffle<Integer> TWICE = VectorShuffle.fromOp(I, lane -> lane % 8);

    private final ActivationOrder order = ActivationOrder.groupNibbles(L);

    private static int[] bits() {
        var bits = new int[32];
        for (int i = 0; i < 32; i++) {
            bits[i] = i / 8 * 2;
        }
        return bits;
    }

    private static int[] shifts() {
        var shifts = new int[32];
        for (int i = 0; i < 32; i++) {
            shifts[i] = i / 8 * 16 & 31;
        }
        return shifts;
    }

    @Override
    public String description() {
        return "float32 FMA in place, code bits shifted into mantissas";
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
                IntVector h = fifths(w, o, v);
                IntVector shift = IntVector.fromArray(I, SHIFTS, v);
                IntVector scales = IntVector.broadcast(I, v < 16 ? s0 & 0x3f3f3f3f : upperScales(s0, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                IntVector mins = IntVector.broadcast(I, v < 16 ? s1 & 0x3f3f3f3f : upperMinimums(s1, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                FloatVector start = FloatVector.fromArray(F, x, from);
                FloatVector run = code(up(q, 18), up(h, 22)).fma(FloatVector.fromArray(F, x, from + L), start);
                run = code(up(q, 10), up(h, 14)).fma(FloatVector.fromArray(F, x, from + 2 * L), run);
                run = code(up(q, 2), up(h, 6)).fma(FloatVector.fromArray(F, x, from + 3 * L), run);
                run = code(down(q, 6), down(h, 2)).fma(FloatVector.fromArray(F, x, from + 4 * L), run);
                scaled = run.fma(small(scales), scaled);
                minimums = start.fma(small(mins), minimums);
                start = FloatVector.fromArray(F, x, from + 5 * L);
                run = code(up(q, 14), up(h, 21)).fma(FloatVector.fromArray(F, x, from + 6 * L), start);
                run = code(up(q, 6), up(h, 13)).fma(FloatVector.fromArray(F, x, from + 7 * L), run);
                run = code(down(q, 2), up(h, 5)).fma(FloatVector.fromArray(F, x, from + 8 * L), run);
                run = code(down(q, 10), down(h, 3)).fma(FloatVector.fromArray(F, x, from + 9 * L), run);
                scaled = run.fma(small(scales.lanewise(VectorOperators.LSHR, 8)), scaled);
                minimums = start.fma(small(mins.lanewise(VectorOperators.LSHR, 8)), minimums);
            }
            sum = scaled.fma(FloatVector.broadcast(F, 32f * Float.float16ToFloat(w.get(SHORT, o))), sum);
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

    private static FloatVector code(IntVector nibble, IntVector fifth) {
        return nibble.and(NIBBLE).or(fifth.and(FIFTH)).or(ONE).reinterpretAsFloats();
    }

    /** The fifth bits of the bytes at {@code v}, those of the low nibbles lowest. */
    private static IntVector fifths(MemorySegment w, long o, int v) {
        if (L == 16) {
            return IntVector.fromMemorySegment(I, w, o + FIFTHS, LE)
                    .rearrange(TWICE)
                    .lanewise(VectorOperators.LSHR, IntVector.fromArray(I, BITS, v));
        }
        return IntVector.fromMemorySegment(I, w, o + FIFTHS + 4 * (v & 7), LE)
                .lanewise(VectorOperators.LSHR, IntVector.fromArray(I, BITS, v));
    }

    private static IntVector up(IntVector bits, int by) {
        return bits.lanewise(VectorOperators.LSHL, by);
    }

    private static IntVector down(IntVector bits, int by) {
        return bits.lanewise(VectorOperators.LSHR, by);
    }

    @Override
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        decode(weights, offset, columns, target, at);
    }

    private static void decode(MemorySegment w, long offset, int columns, float[] target, int at) {
        long o = offset;
        int to = at;
        for (int i = 0; i < columns; i += 256, o += BLOCK) {
            float d = 32f * Float.float16ToFloat(w.get(SHORT, o));
            float dmin = -Float.float16ToFloat(w.get(SHORT, o + 2));
            int s0 = w.get(INT, o + 4);
            int s1 = w.get(INT, o + 8);
            int s2 = w.get(INT, o + 12);
            for (int v = 0; v < 32; v += L, to += 8 * L) {
                IntVector q = IntVector.fromMemorySegment(I, w, o + CODES + 4 * v, LE);
                IntVector h = fifths(w, o, v);
                IntVector shift = IntVector.fromArray(I, SHIFTS, v);
                IntVector scales = IntVector.broadcast(I, v < 16 ? s0 & 0x3f3f3f3f : upperScales(s0, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                IntVector mins = IntVector.broadcast(I, v < 16 ? s1 & 0x3f3f3f3f : upperMinimums(s1, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                FloatVector scale = small(scales).mul(d);
                FloatVector minimum = small(mins).mul(dmin);
                code(up(q, 18), up(h, 22)).sub(1f).fma(scale, minimum).intoArray(target, to);
                code(up(q, 10), up(h, 14)).sub(1f).fma(scale, minimum).intoArray(target, to + L);
                code(up(q, 2), up(h, 6)).sub(1f).fma(scale, minimum).intoArray(target, to + 2 * L);
                code(down(q, 6), down(h, 2)).sub(1f).fma(scale, minimum).intoArray(target, to + 3 * L);
                scale = small(scales.lanewise(VectorOperators.LSHR, 8)).mul(d);
                minimum = small(mins.lanewise(VectorOperators.LSHR, 8)).mul(dmin);
                code(up(q, 14), up(h, 21)).sub(1f).fma(scale, minimum).intoArray(target, to + 4 * L);
                code(up(q, 6), up(h, 13)).sub(1f).fma(scale, minimum).intoArray(target, to + 5 * L);
                code(down(q, 2), up(h, 5)).sub(1f).fma(scale, minimum).intoArray(target, to + 6 * L);
                code(down(q, 10), down(h, 3)).sub(1f).fma(scale, minimum).intoArray(target, to + 7 * L);
            }
        }
    }
}
