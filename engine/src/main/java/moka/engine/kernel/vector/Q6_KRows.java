package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
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
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);
    /** Floats of an arranged super-block. */
    private static final int ARRANGED = 320;

    private static final int BLOCK = 210;
    private static final int UPPER = 128;
    private static final int SCALES = 192;
    private static final int[] NIBBLE = constant(15 << 17);
    private static final int[] PAIR = constant(3 << 21);
    private static final int[] ONE = constant(0x3f800000);

    /**
     * By how much each lane shifts a word of four scales to bring its own to the top: parts 0 and 2, then 1 and 3; four lanes, 16 elements, have
     * the same.
     */
    private static final int[] SHIFTS = shifts();

    /** All bits of the upper half of the lanes. */
    private static final int[] UPPER_LANES = upperLanes();

    private final ActivationOrder order = ActivationOrder.halves(L, 1.5f);

    private static int[] shifts() {
        var shifts = new int[32];
        for (int i = 0; i < 32; i++) {
            shifts[i] = 24 - 16 * (i / 16) - i % 8 / 4 * 8;
        }
        return shifts;
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
        int blocks = columns / 256;
        for (int b = 0; b < blocks; b++) {
            long a = x + b * (4L * ARRANGED) & ADDRESS;
            long block = w + (long) b * BLOCK & ADDRESS;
            FloatVector scaled = FloatVector.zero(F);
            for (int v = 0; v < 16; v += L) {
                int from = 80 * v;
                IntVector h = IntVector.fromMemorySegment(I, MEMORY, block + UPPER + 4 * v, LE);
                // Four parts by one text: four times the text is more than the compiler takes at 128 and 256 bits.
                for (int part = 0; part < 4; part++) {
                    long run = a + from + part * (20 * L);
                    int nibbles = 4 * (v + (v & 8)) + 32 * (part & 1);
                    IntVector n = IntVector.fromMemorySegment(I, MEMORY, block + nibbles, LE);
                    if (L == 16) {
                        n = n.lanewise(
                                VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + nibbles + 32, LE), upperLanes);
                    }
                    n = n.lanewise(VectorOperators.LSHR, 2 * (part & 2));
                    IntVector u = h.lanewise(VectorOperators.LSHR, 2 * part);
                    int word = SCALES + (v & 8) + (part & 2) * 2;
                    IntVector packed = IntVector.broadcast(I, MEMORY.get(INT, block + word));
                    if (L == 16) {
                        packed = packed.lanewise(
                                VectorOperators.BITWISE_BLEND, IntVector.broadcast(I, MEMORY.get(INT, block + word + 8)), upperLanes);
                    }
                    FloatVector scale = (FloatVector) packed.lanewise(
                                    VectorOperators.LSHL, IntVector.fromArray(I, SHIFTS, (part & 1) * 16 + (v & 4)))
                            .lanewise(VectorOperators.ASHR, 24)
                            .convert(VectorOperators.I2F, 0);
                    FloatVector products = n.lanewise(VectorOperators.LSHL, 17).and(nibble).or(u.lanewise(VectorOperators.LSHL, 21).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, run + 4 * L, LE), FloatVector.fromMemorySegment(F, MEMORY, run, LE));
                    products = n.lanewise(VectorOperators.LSHL, 9).and(nibble).or(u.lanewise(VectorOperators.LSHL, 13).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, run + 8 * L, LE), products);
                    products = n.lanewise(VectorOperators.LSHL, 1).and(nibble).or(u.lanewise(VectorOperators.LSHL, 5).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, run + 12 * L, LE), products);
                    products = n.lanewise(VectorOperators.LSHR, 7).and(nibble).or(u.lanewise(VectorOperators.LSHR, 3).and(pair)).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, run + 16 * L, LE), products);
                    scaled = products.fma(scale, scaled);
                }
            }
            sum = scaled.fma(FloatVector.broadcast(F, 64f * Float.float16ToFloat(MEMORY.get(SHORT, block + 208))), sum);
        }
        sum.intoArray(lanes, at);
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
        int blocks = columns / 256;
        for (int b = 0; b < blocks; b++) {
            long block = w + (long) b * BLOCK & ADDRESS;
            float factor = 64f * Float.float16ToFloat(MEMORY.get(SHORT, block + 208));
            for (int v = 0; v < 16; v += L) {
                int to = at + b * 256 + 16 * v;
                IntVector h = IntVector.fromMemorySegment(I, MEMORY, block + UPPER + 4 * v, LE);
                for (int part = 0; part < 4; part++) {
                    int at0 = to + part * (4 * L);
                    int nibbles = 4 * (v + (v & 8)) + 32 * (part & 1);
                    IntVector n = IntVector.fromMemorySegment(I, MEMORY, block + nibbles, LE);
                    if (L == 16) {
                        n = n.lanewise(
                                VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + nibbles + 32, LE), upperLanes);
                    }
                    n = n.lanewise(VectorOperators.LSHR, 2 * (part & 2));
                    IntVector u = h.lanewise(VectorOperators.LSHR, 2 * part);
                    int word = SCALES + (v & 8) + (part & 2) * 2;
                    IntVector packed = IntVector.broadcast(I, MEMORY.get(INT, block + word));
                    if (L == 16) {
                        packed = packed.lanewise(
                                VectorOperators.BITWISE_BLEND, IntVector.broadcast(I, MEMORY.get(INT, block + word + 8)), upperLanes);
                    }
                    FloatVector scale = ((FloatVector) packed.lanewise(
                                    VectorOperators.LSHL, IntVector.fromArray(I, SHIFTS, (part & 1) * 16 + (v & 4)))
                            .lanewise(VectorOperators.ASHR, 24)
                            .convert(VectorOperators.I2F, 0))
                            .mul(factor);
                    n.lanewise(VectorOperators.LSHL, 17).and(nibble).or(u.lanewise(VectorOperators.LSHL, 21).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, at0);
                    n.lanewise(VectorOperators.LSHL, 9).and(nibble).or(u.lanewise(VectorOperators.LSHL, 13).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, at0 + L);
                    n.lanewise(VectorOperators.LSHL, 1).and(nibble).or(u.lanewise(VectorOperators.LSHL, 5).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, at0 + 2 * L);
                    n.lanewise(VectorOperators.LSHR, 7).and(nibble).or(u.lanewise(VectorOperators.LSHR, 3).and(pair)).or(one).reinterpretAsFloats().sub(1.5f).mul(scale).intoArray(target, at0 + 3 * L);
                }
            }
        }
    }
}
