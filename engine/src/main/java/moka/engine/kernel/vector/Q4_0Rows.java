package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Q4_0: blocks of {@code f16 d, 16 bytes of nibbles}, value {@code d * (q - 8)}. One vector takes the nibbles of as many blocks as it
 * has 128-bit parts (4, 2 or 1): part {@code b} comes from a load that starts {@code 2 b} bytes further, for that brings block {@code b} to its
 * place. A nibble shifted to bits 22..19 and given the exponent of 1 is {@code 1 + q/16}, so the value is {@code 16 d * (float - 1.5)}; the
 * order's starts take the 1.5 off. The scales of all blocks come from one permutation of the same bytes.
 */
final class Q4_0Rows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final VectorSpecies<Short> S = Width.shorts(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    /** Bytes of the blocks that make a vector. */
    private static final int STEP = 18 * L / 4;

    private static final int NIBBLE = 15 << 19;
    private static final int ONE = 0x3f800000;
    private static final int FIELDS = 0x8fffe000;

    /** 2^112 for the half's exponent, 16 for the nibble's place. */
    private static final float SCALE = 0x1p116f;

    /** The half at the begin of each block, to all shorts of its 128-bit part. */
    private static final VectorShuffle<Short> HEADS = VectorShuffle.fromOp(S, lane -> lane / 8 * 9);

    /** All bits of the 128-bit part {@code b} at {@code b * L}. */
    private static final int[] PARTS = parts();

    private final ActivationOrder order = ActivationOrder.splitNibbles(L, 1.5f);

    private static int[] parts() {
        var masks = new int[4 * L];
        for (int lane = 0; lane < L; lane++) {
            masks[lane / 4 * L + lane] = -1;
        }
        return masks;
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
        for (int i = 0; i < columns; i += 8 * L, o += STEP, from += 9 * L) {
            IntVector q = codes(w, o);
            FloatVector even = low(q, 19).fma(FloatVector.fromArray(F, x, from + L), FloatVector.fromArray(F, x, from));
            FloatVector odd = low(q, 11).mul(FloatVector.fromArray(F, x, from + 2 * L));
            even = low(q, 3).fma(FloatVector.fromArray(F, x, from + 3 * L), even);
            odd = high(q, 5).fma(FloatVector.fromArray(F, x, from + 4 * L), odd);
            even = low(q, 15).fma(FloatVector.fromArray(F, x, from + 5 * L), even);
            odd = low(q, 7).fma(FloatVector.fromArray(F, x, from + 6 * L), odd);
            even = high(q, 1).fma(FloatVector.fromArray(F, x, from + 7 * L), even);
            odd = high(q, 9).fma(FloatVector.fromArray(F, x, from + 8 * L), odd);
            sum = even.add(odd).fma(scales(w, o), sum);
        }
        sum.intoArray(lanes, at);
    }

    /** The 16 bytes of each block, side by side. */
    private static IntVector codes(MemorySegment w, long o) {
        IntVector q = IntVector.fromMemorySegment(I, w, o + 2, LE);
        if (L >= 8) {
            q = part(q, w, o, 1);
        }
        if (L >= 16) {
            q = part(part(q, w, o, 2), w, o, 3);
        }
        return q;
    }

    private static IntVector part(IntVector q, MemorySegment w, long o, int b) {
        return q.lanewise(
                VectorOperators.BITWISE_BLEND,
                IntVector.fromMemorySegment(I, w, o + 2 + 2 * b, LE),
                IntVector.fromArray(I, PARTS, b * L));
    }

    private static FloatVector scales(MemorySegment w, long o) {
        return ShortVector.fromMemorySegment(S, w, o, LE)
                .rearrange(HEADS)
                .reinterpretAsInts()
                .lanewise(VectorOperators.ASHR, 3)
                .and(FIELDS)
                .reinterpretAsFloats()
                .mul(SCALE);
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
        for (int i = 0; i < columns; i += 8 * L, o += STEP) {
            IntVector q = codes(w, o);
            FloatVector d = scales(w, o);
            int to = at + i;
            low(q, 19).sub(1.5f).mul(d).intoArray(target, to);
            low(q, 11).sub(1.5f).mul(d).intoArray(target, to + L);
            low(q, 3).sub(1.5f).mul(d).intoArray(target, to + 2 * L);
            high(q, 5).sub(1.5f).mul(d).intoArray(target, to + 3 * L);
            low(q, 15).sub(1.5f).mul(d).intoArray(target, to + 4 * L);
            low(q, 7).sub(1.5f).mul(d).intoArray(target, to + 5 * L);
            high(q, 1).sub(1.5f).mul(d).intoArray(target, to + 6 * L);
            high(q, 9).sub(1.5f).mul(d).intoArray(target, to + 7 * L);
        }
    }
}
