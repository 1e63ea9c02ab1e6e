package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Q6_K: super-blocks of {@code 128 bytes of lower nibbles ql, 64 bytes of upper bit pairs qh, 16 x i8 scales, f16 d}, value
 * {@code d * scale * (q - 32)}. Two halves of four parts of 32 elements; the parts of a half share 32 bytes of qh. Nibble and pair
 * go to mantissa bits 20..17 and 22..21 under the exponent of 1: {@code 1 + q/64}, so the value is {@code 64 d * scale * (float - 1.5)}.
 */
final class Q6_KRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    /** Floats of an arranged super-block. */
    private static final int ARRANGED = 320;

    private static final int BLOCK = 210;
    private static final int UPPER = 128;
    private static final int SCALES = 192;
    private static final int[] NIBBLE = constant(15 << 17);
    private static final int[] PAIR = constant(3 << 21);
    private static final int[] ONE = constant(0x3f800000);

    /** The scales of one part from those of a super-block (512 bits) or half (256 bits). */
    private static final VectorShuffle<Float> PART_0 = part(0);

    private static final VectorShuffle<Float> PART_1 = part(1);
    private static final VectorShuffle<Float> PART_2 = part(2);
    private static final VectorShuffle<Float> PART_3 = part(3);

    /** All bits of the upper half of the lanes. */
    private static final int[] UPPER_LANES = upperLanes();

    private final ActivationOrder order = ActivationOrder.halves(L, 1.5f);

    private static VectorShuffle<Float> part(int p) {
        return VectorShuffle.fromOp(F, lane -> (lane / 8 * 8 + 2 * p + lane % 8 / 4) % L);
    }

    private static int[] upperLanes() {
        var mask = new int[L];
        for (int lane = L / 2; lane < L; lane++) {
            mask[lane] = -1;
        }
        return mask;
    }

    private static int[] constant(int bits) {
        var lanes = new int[L];
        Arrays.fill(lanes, bits);
        return lanes;
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
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        for (int r = 0; r < rows; r++) {
            row(weights + r * rowBytes, columns, x, lanes, r * L);
        }
    }

    private static void row(long w, int columns, long x, float[] lanes, int at) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        IntVector nibble = IntVector.fromArray(I, NIBBLE, 0);
        IntVector pair = IntVector.fromArray(I, PAIR, 0);
        IntVector one = IntVector.fromArray(I, ONE, 0);
        IntVector upperLanes = IntVector.fromArray(I, UPPER_LANES, 0);
        FloatVector zero = FloatVector.zero(F);
        int blocks = columns / 256;
        for (int b = 0; b < blocks; b++) {
            long a = x + b * (4L * ARRANGED) & ADDRESS;
            long block = w + (long) b * BLOCK & ADDRESS;
            FloatVector scaled = zero;
            for (int v = 0; v < 16; v += L) {
                int from = 80 * v;
                IntVector c = IntVector.fromMemorySegment(I, MEMORY, block + 4 * (v + (v & 8)), LE);
                IntVector d = IntVector.fromMemorySegment(I, MEMORY, block + 4 * (v + (v & 8)) + 32, LE);
                if (L == 16) {
                    c = c.lanewise(VectorOperators.BITWISE_BLEND, d, upperLanes);
                    d = d.lanewise(
                            VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + 64, LE), upperLanes);
                }
                IntVector h = IntVector.fromMemorySegment(I, MEMORY, block + UPPER + 4 * v, LE);
                FloatVector scales = zero;
                if (L == 16) {
                    scales = (FloatVector) ByteVector.fromMemorySegment(ByteVector.SPECIES_128, MEMORY, block + SCALES, LE)
                            .convertShape(VectorOperators.B2F, F, 0);
                } else if (L == 8) {
                    scales = (FloatVector) ByteVector.fromMemorySegment(ByteVector.SPECIES_64, MEMORY, block + SCALES + v, LE)
                            .convertShape(VectorOperators.B2F, F, 0);
                }
                FloatVector start;
                FloatVector run;
                start = FloatVector.fromMemorySegment(F, MEMORY, a + from, LE);
                run = c.lanewise(VectorOperators.LSHL, 17).and(nibble).or(h.lanewise(VectorOperators.LSHL, 21).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 4 * L, LE), start);
                run = c.lanewise(VectorOperators.LSHL, 9).and(nibble).or(h.lanewise(VectorOperators.LSHL, 13).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 8 * L, LE), run);
                run = c.lanewise(VectorOperators.LSHL, 1).and(nibble).or(h.lanewise(VectorOperators.LSHL, 5).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 12 * L, LE), run);
                run = c.lanewise(VectorOperators.LSHR, 7).and(nibble).or(h.lanewise(VectorOperators.LSHR, 3).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 16 * L, LE), run);
                scaled = run.fma((L == 4 ? FloatVector.broadcast(F, packedScale(block, v, 0)) : scales.rearrange(PART_0)), scaled);
                start = FloatVector.fromMemorySegment(F, MEMORY, a + from + 20 * L, LE);
                run = d.lanewise(VectorOperators.LSHL, 17).and(nibble).or(h.lanewise(VectorOperators.LSHL, 19).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 24 * L, LE), start);
                run = d.lanewise(VectorOperators.LSHL, 9).and(nibble).or(h.lanewise(VectorOperators.LSHL, 11).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 28 * L, LE), run);
                run = d.lanewise(VectorOperators.LSHL, 1).and(nibble).or(h.lanewise(VectorOperators.LSHL, 3).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 32 * L, LE), run);
                run = d.lanewise(VectorOperators.LSHR, 7).and(nibble).or(h.lanewise(VectorOperators.LSHR, 5).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 36 * L, LE), run);
                scaled = run.fma((L == 4 ? FloatVector.broadcast(F, packedScale(block, v, 1)) : scales.rearrange(PART_1)), scaled);
                start = FloatVector.fromMemorySegment(F, MEMORY, a + from + 40 * L, LE);
                run = c.lanewise(VectorOperators.LSHL, 13).and(nibble).or(h.lanewise(VectorOperators.LSHL, 17).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 44 * L, LE), start);
                run = c.lanewise(VectorOperators.LSHL, 5).and(nibble).or(h.lanewise(VectorOperators.LSHL, 9).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 48 * L, LE), run);
                run = c.lanewise(VectorOperators.LSHR, 3).and(nibble).or(h.lanewise(VectorOperators.LSHL, 1).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 52 * L, LE), run);
                run = c.lanewise(VectorOperators.LSHR, 11).and(nibble).or(h.lanewise(VectorOperators.LSHR, 7).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 56 * L, LE), run);
                scaled = run.fma((L == 4 ? FloatVector.broadcast(F, packedScale(block, v, 2)) : scales.rearrange(PART_2)), scaled);
                start = FloatVector.fromMemorySegment(F, MEMORY, a + from + 60 * L, LE);
                run = d.lanewise(VectorOperators.LSHL, 13).and(nibble).or(h.lanewise(VectorOperators.LSHL, 15).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 64 * L, LE), start);
                run = d.lanewise(VectorOperators.LSHL, 5).and(nibble).or(h.lanewise(VectorOperators.LSHL, 7).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 68 * L, LE), run);
                run = d.lanewise(VectorOperators.LSHR, 3).and(nibble).or(h.lanewise(VectorOperators.LSHR, 1).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 72 * L, LE), run);
                run = d.lanewise(VectorOperators.LSHR, 11).and(nibble).or(h.lanewise(VectorOperators.LSHR, 9).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, a + from + 76 * L, LE), run);
                scaled = run.fma((L == 4 ? FloatVector.broadcast(F, packedScale(block, v, 3)) : scales.rearrange(PART_3)), scaled);
            }
            sum = scaled.fma(FloatVector.broadcast(F, 64f * Float.float16ToFloat(MEMORY.get(SHORT, block + 208))), sum);
        }
        sum.intoArray(lanes, at);
    }

    private static float packedScale(long block, int v, int part) {
        return MEMORY.get(ValueLayout.JAVA_BYTE, block + SCALES + (v & 8) + 2 * part + (v >> 2 & 1));
    }

    @Override
    public void unpack(long weights, int columns, float[] target, int at) {
        decode(weights, columns, target, at);
    }

    private static void decode(long w, int columns, float[] target, int at) {
        IntVector nibble = IntVector.fromArray(I, NIBBLE, 0);
        IntVector pair = IntVector.fromArray(I, PAIR, 0);
        IntVector one = IntVector.fromArray(I, ONE, 0);
        IntVector upperLanes = IntVector.fromArray(I, UPPER_LANES, 0);
        FloatVector zero = FloatVector.zero(F);
        int blocks = columns / 256;
        for (int b = 0; b < blocks; b++) {
            long block = w + (long) b * BLOCK & ADDRESS;
            float factor = 64f * Float.float16ToFloat(MEMORY.get(SHORT, block + 208));
            for (int v = 0; v < 16; v += L) {
                int to = at + b * 256 + 16 * v;
                IntVector c = IntVector.fromMemorySegment(I, MEMORY, block + 4 * (v + (v & 8)), LE);
                IntVector d = IntVector.fromMemorySegment(I, MEMORY, block + 4 * (v + (v & 8)) + 32, LE);
                if (L == 16) {
                    c = c.lanewise(VectorOperators.BITWISE_BLEND, d, upperLanes);
                    d = d.lanewise(
                            VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + 64, LE), upperLanes);
                }
                IntVector h = IntVector.fromMemorySegment(I, MEMORY, block + UPPER + 4 * v, LE);
                FloatVector scales = zero;
                if (L == 16) {
                    scales = (FloatVector) ByteVector.fromMemorySegment(ByteVector.SPECIES_128, MEMORY, block + SCALES, LE)
                            .convertShape(VectorOperators.B2F, F, 0);
                } else if (L == 8) {
                    scales = (FloatVector) ByteVector.fromMemorySegment(ByteVector.SPECIES_64, MEMORY, block + SCALES + v, LE)
                            .convertShape(VectorOperators.B2F, F, 0);
                }
                FloatVector scale;
                scale = (L == 4 ? FloatVector.broadcast(F, packedScale(block, v, 0)) : scales.rearrange(PART_0)).mul(factor);
                c.lanewise(VectorOperators.LSHL, 17).and(nibble).or(h.lanewise(VectorOperators.LSHL, 21).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to);
                c.lanewise(VectorOperators.LSHL, 9).and(nibble).or(h.lanewise(VectorOperators.LSHL, 13).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + L);
                c.lanewise(VectorOperators.LSHL, 1).and(nibble).or(h.lanewise(VectorOperators.LSHL, 5).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 2 * L);
                c.lanewise(VectorOperators.LSHR, 7).and(nibble).or(h.lanewise(VectorOperators.LSHR, 3).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 3 * L);
                scale = (L == 4 ? FloatVector.broadcast(F, packedScale(block, v, 1)) : scales.rearrange(PART_1)).mul(factor);
                d.lanewise(VectorOperators.LSHL, 17).and(nibble).or(h.lanewise(VectorOperators.LSHL, 19).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 4 * L);
                d.lanewise(VectorOperators.LSHL, 9).and(nibble).or(h.lanewise(VectorOperators.LSHL, 11).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 5 * L);
                d.lanewise(VectorOperators.LSHL, 1).and(nibble).or(h.lanewise(VectorOperators.LSHL, 3).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 6 * L);
                d.lanewise(VectorOperators.LSHR, 7).and(nibble).or(h.lanewise(VectorOperators.LSHR, 5).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 7 * L);
                scale = (L == 4 ? FloatVector.broadcast(F, packedScale(block, v, 2)) : scales.rearrange(PART_2)).mul(factor);
                c.lanewise(VectorOperators.LSHL, 13).and(nibble).or(h.lanewise(VectorOperators.LSHL, 17).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 8 * L);
                c.lanewise(VectorOperators.LSHL, 5).and(nibble).or(h.lanewise(VectorOperators.LSHL, 9).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 9 * L);
                c.lanewise(VectorOperators.LSHR, 3).and(nibble).or(h.lanewise(VectorOperators.LSHL, 1).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 10 * L);
                c.lanewise(VectorOperators.LSHR, 11).and(nibble).or(h.lanewise(VectorOperators.LSHR, 7).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 11 * L);
                scale = (L == 4 ? FloatVector.broadcast(F, packedScale(block, v, 3)) : scales.rearrange(PART_3)).mul(factor);
                d.lanewise(VectorOperators.LSHL, 13).and(nibble).or(h.lanewise(VectorOperators.LSHL, 15).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 12 * L);
                d.lanewise(VectorOperators.LSHL, 5).and(nibble).or(h.lanewise(VectorOperators.LSHL, 7).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 13 * L);
                d.lanewise(VectorOperators.LSHR, 3).and(nibble).or(h.lanewise(VectorOperators.LSHR, 1).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 14 * L);
                d.lanewise(VectorOperators.LSHR, 11).and(nibble).or(h.lanewise(VectorOperators.LSHR, 9).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, to + 15 * L);
            }
        }
    }
}
