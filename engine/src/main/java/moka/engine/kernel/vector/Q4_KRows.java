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
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);
    /** Floats of an arranged super-block. */
    private static final int ARRANGED = 320;

    private static final int BLOCK = 144;
    private static final int CODES = 16;
    private static final int[] NIBBLE = constant(15 << 19);
    private static final int[] ONE = constant(0x3f800000);

    /** By how much each lane shifts the packed scales of the low nibbles; those of the high nibbles are 8 bits further. */
    private static final int[] SHIFTS = SixBitScales.shifts();

    private final ActivationOrder order = ActivationOrder.groupNibbles(L);

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
            row(weights + r * rowBytes, columns, x, lanes, r * L);
        }
    }

    private static void row(long w, int columns, long x, float[] lanes, int at) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        IntVector nibble = IntVector.fromArray(I, NIBBLE, 0);
        IntVector one = IntVector.fromArray(I, ONE, 0);
        int blocks = columns / 256;
        for (int b = 0; b < blocks; b++) {
            long a = x + b * (4L * ARRANGED) & ADDRESS;
            long block = w + (long) b * BLOCK & ADDRESS;
            int s0 = MEMORY.get(INT, block + 4);
            int s1 = MEMORY.get(INT, block + 8);
            int s2 = MEMORY.get(INT, block + 12);
            FloatVector scaled = FloatVector.zero(F);
            FloatVector minimums = FloatVector.zero(F);
            for (int v = 0; v < 32; v += L) {
                int from = 40 * v;
                IntVector q = IntVector.fromMemorySegment(I, MEMORY, block + CODES + 4 * v, LE);
                IntVector shift = IntVector.fromArray(I, SHIFTS, v);
                IntVector scales = IntVector.broadcast(I, v < 16 ? s0 & 0x3f3f3f3f : SixBitScales.upperScales(s0, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                IntVector mins = IntVector.broadcast(I, v < 16 ? s1 & 0x3f3f3f3f : SixBitScales.upperMinimums(s1, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                // Both nibbles by one text: twice the text is more than the compiler takes at 128 and 256 bits.
                for (int high = 0; high < 2; high++) {
                    long run = a + from + high * (20 * L);
                    IntVector n = q.lanewise(VectorOperators.LSHR, 4 * high);
                    FloatVector start = FloatVector.fromMemorySegment(F, MEMORY, run, LE);
                    FloatVector products = n.lanewise(VectorOperators.LSHL, 19).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, run + 4 * L, LE), start);
                    products = n.lanewise(VectorOperators.LSHL, 11).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, run + 8 * L, LE), products);
                    products = n.lanewise(VectorOperators.LSHL, 3).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, run + 12 * L, LE), products);
                    products = n.lanewise(VectorOperators.LSHR, 5).and(nibble).or(one).reinterpretAsFloats().fma(FloatVector.fromMemorySegment(F, MEMORY, run + 16 * L, LE), products);
                    scaled = products.fma(((FloatVector) scales.lanewise(VectorOperators.LSHR, 8 * high).and(63).convert(VectorOperators.I2F, 0)), scaled);
                    minimums = start.fma(((FloatVector) mins.lanewise(VectorOperators.LSHR, 8 * high).and(63).convert(VectorOperators.I2F, 0)), minimums);
                }
            }
            sum = scaled.fma(FloatVector.broadcast(F, 16f * Float.float16ToFloat(MEMORY.get(SHORT, block))), sum);
            sum = minimums.fma(FloatVector.broadcast(F, Float.float16ToFloat(MEMORY.get(SHORT, block + 2))), sum);
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
        int blocks = columns / 256;
        for (int b = 0; b < blocks; b++) {
            long block = w + (long) b * BLOCK & ADDRESS;
            float d = 16f * Float.float16ToFloat(MEMORY.get(SHORT, block));
            float dmin = -Float.float16ToFloat(MEMORY.get(SHORT, block + 2));
            int s0 = MEMORY.get(INT, block + 4);
            int s1 = MEMORY.get(INT, block + 8);
            int s2 = MEMORY.get(INT, block + 12);
            for (int v = 0; v < 32; v += L) {
                int to = at + b * 256 + 8 * v;
                IntVector q = IntVector.fromMemorySegment(I, MEMORY, block + CODES + 4 * v, LE);
                IntVector shift = IntVector.fromArray(I, SHIFTS, v);
                IntVector scales = IntVector.broadcast(I, v < 16 ? s0 & 0x3f3f3f3f : SixBitScales.upperScales(s0, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                IntVector mins = IntVector.broadcast(I, v < 16 ? s1 & 0x3f3f3f3f : SixBitScales.upperMinimums(s1, s2))
                        .lanewise(VectorOperators.LSHR, shift);
                for (int high = 0; high < 2; high++) {
                    int at0 = to + high * (4 * L);
                    IntVector n = q.lanewise(VectorOperators.LSHR, 4 * high);
                    FloatVector scale = ((FloatVector) scales.lanewise(VectorOperators.LSHR, 8 * high).and(63).convert(VectorOperators.I2F, 0)).mul(d);
                    FloatVector minimum = ((FloatVector) mins.lanewise(VectorOperators.LSHR, 8 * high).and(63).convert(VectorOperators.I2F, 0)).mul(dmin);
                    n.lanewise(VectorOperators.LSHL, 19).and(nibble).or(one).reinterpretAsFloats().sub(1f).fma(scale, minimum).intoArray(target, at0);
                    n.lanewise(VectorOperators.LSHL, 11).and(nibble).or(one).reinterpretAsFloats().sub(1f).fma(scale, minimum).intoArray(target, at0 + L);
                    n.lanewise(VectorOperators.LSHL, 3).and(nibble).or(one).reinterpretAsFloats().sub(1f).fma(scale, minimum).intoArray(target, at0 + 2 * L);
                    n.lanewise(VectorOperators.LSHR, 5).and(nibble).or(one).reinterpretAsFloats().sub(1f).fma(scale, minimum).intoArray(target, at0 + 3 * L);
                }
            }
        }
    }
}
