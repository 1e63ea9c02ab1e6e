package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

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
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;

    /** Bytes of the blocks that make a vector. */
    private static final int STEP = 18 * L / 4;

    private static final int[] NIBBLE = constant(15 << 19);
    private static final int[] ONE = constant(0x3f800000);
    private static final int[] FIELDS = constant(0x8fffe000);

    /** 2^112 for the half's exponent, 16 for the nibble's place. */
    private static final float SCALE = 0x1p116f;

    /** The half at the begin of each block, to all shorts of its 128-bit part. */
    private static final VectorShuffle<Short> HEADS = VectorShuffle.fromOp(S, lane -> lane / 8 * 9);

    /** All bits of the 128-bit part {@code b} at {@code b * L}. */
    private static final int[] PARTS = parts();

    /** Bytes of an iteration: a field, so that the loop is not unrolled, which costs a third from memory ({@link Q8_0Rows}). */
    private final long step = STEP;

    private final ActivationOrder order = ActivationOrder.splitNibbles(L, 1.5f);

    private static int[] parts() {
        var masks = new int[4 * L];
        for (int lane = 0; lane < L; lane++) {
            masks[lane / 4 * L + lane] = -1;
        }
        return masks;
    }

    private static int[] constant(int bits) {
        var lanes = new int[L];
        Arrays.fill(lanes, bits);
        return lanes;
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
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        for (int r = 0; r < rows; r++) {
            row(weights + r * rowBytes, columns, x, lanes, r * L, step);
        }
    }

    private static void row(long w, int columns, long x, float[] lanes, int at, long step) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        IntVector nibble = IntVector.fromArray(I, NIBBLE, 0);
        IntVector one = IntVector.fromArray(I, ONE, 0);
        IntVector fields = IntVector.fromArray(I, FIELDS, 0);
        IntVector part1 = IntVector.fromArray(I, PARTS, L);
        IntVector part2 = IntVector.fromArray(I, PARTS, 2 * L);
        IntVector part3 = IntVector.fromArray(I, PARTS, 3 * L);
        long end = w + columns / (8 * L) * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += 36L * L) {
            long block = from & ADDRESS;
            long a = xFrom & ADDRESS;
            IntVector q = IntVector.fromMemorySegment(I, MEMORY, block + 2, LE);
            if (L >= 8) {
                q = q.lanewise(VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + 4, LE), part1);
            }
            if (L >= 16) {
                q = q.lanewise(VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + 6, LE), part2)
                        .lanewise(VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + 8, LE), part3);
            }
            FloatVector even = q.lanewise(VectorOperators.LSHL, 19).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + 4 * L, LE), FloatVector.fromMemorySegment(F, MEMORY, a, LE));
            FloatVector odd = q.lanewise(VectorOperators.LSHL, 11).and(nibble).or(one).reinterpretAsFloats().mul(FloatVector.fromMemorySegment(F, MEMORY, a + 8 * L, LE));
            even = q.lanewise(VectorOperators.LSHL, 3).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + 12 * L, LE), even);
            odd = q.lanewise(VectorOperators.LSHR, 5).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + 16 * L, LE), odd);
            even = q.lanewise(VectorOperators.LSHL, 15).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + 20 * L, LE), even);
            odd = q.lanewise(VectorOperators.LSHL, 7).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + 24 * L, LE), odd);
            even = q.lanewise(VectorOperators.LSHR, 1).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + 28 * L, LE), even);
            odd = q.lanewise(VectorOperators.LSHR, 9).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + 32 * L, LE), odd);
            FloatVector d = ShortVector.fromMemorySegment(S, MEMORY, block, LE)
                    .rearrange(HEADS)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.ASHR, 3)
                    .and(fields)
                    .reinterpretAsFloats()
                    .mul(SCALE);
            sum = even.add(odd).fma(d, sum);
        }
        sum.intoArray(lanes, at);
    }

    @Override
    public void unpack(long weights, int columns, float[] target, int at) {
        decode(weights, columns, target, at);
    }

    private static void decode(long w, int columns, float[] target, int at) {
        IntVector nibble = IntVector.fromArray(I, NIBBLE, 0);
        IntVector one = IntVector.fromArray(I, ONE, 0);
        IntVector fields = IntVector.fromArray(I, FIELDS, 0);
        IntVector part1 = IntVector.fromArray(I, PARTS, L);
        IntVector part2 = IntVector.fromArray(I, PARTS, 2 * L);
        IntVector part3 = IntVector.fromArray(I, PARTS, 3 * L);
        int steps = columns / (8 * L);
        for (int step = 0; step < steps; step++) {
            long block = w + (long) step * STEP & ADDRESS;
            IntVector q = IntVector.fromMemorySegment(I, MEMORY, block + 2, LE);
            if (L >= 8) {
                q = q.lanewise(VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + 4, LE), part1);
            }
            if (L >= 16) {
                q = q.lanewise(VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + 6, LE), part2)
                        .lanewise(VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + 8, LE), part3);
            }
            FloatVector d = ShortVector.fromMemorySegment(S, MEMORY, block, LE)
                    .rearrange(HEADS)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.ASHR, 3)
                    .and(fields)
                    .reinterpretAsFloats()
                    .mul(SCALE);
            int to = at + step * (8 * L);
            q.lanewise(VectorOperators.LSHL, 19).and(nibble).or(one).reinterpretAsFloats().sub(1.5f).mul(d).intoArray(target, to);
            q.lanewise(VectorOperators.LSHL, 11).and(nibble).or(one).reinterpretAsFloats().sub(1.5f).mul(d).intoArray(target, to + L);
            q.lanewise(VectorOperators.LSHL, 3).and(nibble).or(one).reinterpretAsFloats().sub(1.5f).mul(d).intoArray(target, to + 2 * L);
            q.lanewise(VectorOperators.LSHR, 5).and(nibble).or(one).reinterpretAsFloats().sub(1.5f).mul(d).intoArray(target, to + 3 * L);
            q.lanewise(VectorOperators.LSHL, 15).and(nibble).or(one).reinterpretAsFloats().sub(1.5f).mul(d).intoArray(target, to + 4 * L);
            q.lanewise(VectorOperators.LSHL, 7).and(nibble).or(one).reinterpretAsFloats().sub(1.5f).mul(d).intoArray(target, to + 5 * L);
            q.lanewise(VectorOperators.LSHR, 1).and(nibble).or(one).reinterpretAsFloats().sub(1.5f).mul(d).intoArray(target, to + 6 * L);
            q.lanewise(VectorOperators.LSHR, 9).and(nibble).or(one).reinterpretAsFloats().sub(1.5f).mul(d).intoArray(target, to + 7 * L);
        }
    }
}
