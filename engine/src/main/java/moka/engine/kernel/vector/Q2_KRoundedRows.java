package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Q2_K times activations rounded to whole numbers up to 511: {@code 16 bytes of 4-bit scales and minimums, 64 bytes of 2-bit codes, f16 d, f16 dmin}. A 16-bit lane holds two bytes of
 * four codes each, one of each part; their products, and the sum of two such lanes, fit in 16 bits: {@code 4 * 3 * 511}. Sums of groups are multiplied with
 * their scales as whole numbers, and only those of a super-block become floats. The minimums are multiplied with sums of activations.
 */
final class Q2_KRoundedRows extends RoundedRows {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final VectorSpecies<Short> S = Width.shorts(MethodHandles.lookup());
    private static final VectorSpecies<Long> W = Width.longs(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LE);
    private static final int MOST = 511;
    private static final int BLOCK = 84;
    private static final int CODES = 16;
    private static final int FACTOR = 80;

    /** Where an arranged super-block has its sums and its scale, and its bytes. */
    private static final int SUMS = 512;

    private static final int SCALE = 576;
    private static final int ARRANGED = 640;

    /**
     * By how much each lane shifts a word of four scales to bring its own to the top: parts 0 and 2, then 1 and 3; four lanes, 16 elements, have
     * the same.
     */
    private static final int[] SHIFTS = shifts();

    /** By how much each lane shifts two words of scales and minimums, the first of which is in even lanes, to bring its minimum to the bottom. */
    private static final int[] MINIMUM_SHIFTS = minimumShifts();

    /** All bits of the upper half of the lanes. */
    private static final int[] UPPER_LANES = upperLanes();

    /** Bytes of an iteration: a field, so that the loop is not unrolled ({@link Q8_0Rows}). */
    private final long step = BLOCK;

    /** @param exact decodes rows */
    Q2_KRoundedRows(RowKernel exact) {
        super(RoundedOrder.halves(L, MOST, 16), exact);
    }

    private static int[] shifts() {
        var shifts = new int[32];
        for (int i = 0; i < 32; i++) {
            shifts[i] = 24 - 16 * (i / 16) - i % 8 / 4 * 8;
        }
        return shifts;
    }

    private static int[] minimumShifts() {
        var shifts = new int[16];
        for (int i = 0; i < 16; i++) {
            shifts[i] = i % 8 / 2 * 8 + 4;
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

    @Override
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        for (int r = 0; r < rows; r++) {
            row(weights + r * rowBytes, columns, x, lanes, r * L, step);
        }
    }

    private static void row(long w, int columns, long x, float[] lanes, int at, long step) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        IntVector upperLanes = IntVector.fromArray(I, UPPER_LANES, 0);
        ShortVector code = ShortVector.broadcast(S, 3);
        long end = w + columns / 256 * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += ARRANGED) {
            long a = xFrom & ADDRESS;
            long block = from & ADDRESS;
            IntVector scaled = IntVector.zero(I);
            for (int v = 0; v < 16; v += L) {
                ShortVector q = ShortVector.fromMemorySegment(S, MEMORY, block + CODES + 4 * v, LE);
                // Four parts by one text: four times the text is more than the compiler takes at 128 and 256 bits.
                for (int part = 0; part < 4; part++) {
                    int word = (v & 8) + (part & 2) * 2;
                    IntVector packed = IntVector.broadcast(I, MEMORY.get(INT, block + word));
                    if (L == 16) {
                        packed = packed.lanewise(VectorOperators.BITWISE_BLEND, IntVector.broadcast(I, MEMORY.get(INT, block + word + 8)), upperLanes);
                    }
                    long run = a + 32 * v + part * (8 * L);
                    ShortVector n = q.lanewise(VectorOperators.LSHR, 2 * part);
                    IntVector sums = pairSums(
                            n.and(code).mul(activations(run)).add(n.lanewise(VectorOperators.LSHR, 8).and(code).mul(activations(run + 4 * L))));
                    IntVector scales = packed.lanewise(VectorOperators.LSHL, IntVector.fromArray(I, SHIFTS, (part & 1) * 16 + (v & 4)))
                            .lanewise(VectorOperators.LSHR, 24)
                            .and(15);
                    scaled = sums.mul(scales).add(scaled);
                }
            }
            float d = Float.float16ToFloat(MEMORY.get(SHORT, block + FACTOR)) * MEMORY.get(FLOAT, a + SCALE);
            sum = ((FloatVector) scaled.convert(VectorOperators.I2F, 0)).fma(FloatVector.broadcast(F, d), sum);
            FloatVector dmin = FloatVector.broadcast(F, -Float.float16ToFloat(MEMORY.get(SHORT, block + FACTOR + 2)));
            for (int i = 0; i < 16; i += L) {
                IntVector packed = LongVector.broadcast(W, MEMORY.get(LONG, block + (i & 8))).reinterpretAsInts();
                if (L == 16) {
                    packed = packed.lanewise(
                            VectorOperators.BITWISE_BLEND, LongVector.broadcast(W, MEMORY.get(LONG, block + 8)).reinterpretAsInts(), upperLanes);
                }
                FloatVector minimums = (FloatVector) packed.lanewise(VectorOperators.LSHR, IntVector.fromArray(I, MINIMUM_SHIFTS, i))
                        .and(15)
                        .convert(VectorOperators.I2F, 0);
                sum = minimums.mul(FloatVector.fromMemorySegment(F, MEMORY, a + SUMS + 4 * i, LE)).fma(dmin, sum);
            }
        }
        sum.intoArray(lanes, at);
    }

    /** The sums of both halves of the lanes: they fit in the upper half. */
    private static IntVector pairSums(ShortVector products) {
        IntVector pairs = products.reinterpretAsInts();
        return pairs.lanewise(VectorOperators.LSHL, 16).add(pairs).lanewise(VectorOperators.ASHR, 16);
    }

    private static ShortVector activations(long at) {
        return ShortVector.fromMemorySegment(S, MEMORY, at, LE);
    }
}
