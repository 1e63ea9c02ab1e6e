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
 * Q4_K times activations rounded to whole numbers up to 511. A 16-bit lane holds two nibbles of a group and two of the next one; the products of a pair, and the sum of two such
 * lanes, fit in 16 bits: {@code 4 * 15 * 511}. Sums of groups are multiplied with their 6-bit scales as whole numbers, and only those of a super-block become
 * floats. The eight minimums are multiplied with sums of activations.
 */
final class Q4_KRoundedRows extends RoundedRows {
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
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LE);
    private static final int MOST = 511;
    private static final int BLOCK = 144;
    private static final int CODES = 16;

    /** Where an arranged super-block has its sums and its scale, and its bytes. */
    private static final int SUMS = 512;

    private static final int SCALE = 544;
    private static final int ARRANGED = 576;

    /** By how much each lane shifts the packed scales of the low nibbles; those of the high nibbles are 8 bits further. */
    private static final int[] SHIFTS = SixBitScales.shifts();

    /** By how much each lane shifts the packed minimums, the lower four of which are in even lanes; 31, which leaves nothing, in lanes without one. */
    private static final int[] MINIMUM_SHIFTS = SixBitScales.minimumShifts();

    /** Bytes of an iteration: a field, so that the loop is not unrolled ({@link Q8_0Rows}). */
    private final long step = BLOCK;

    /** @param exact decodes rows */
    Q4_KRoundedRows(RowKernel exact) {
        super(RoundedOrder.groupNibbles(L, MOST), exact);
    }

    @Override
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        for (int r = 0; r < rows; r++) {
            row(weights + r * rowBytes, columns, x, lanes, r * L, step);
        }
    }

    private static void row(long w, int columns, long x, float[] lanes, int at, long step) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        ShortVector nibble = ShortVector.broadcast(S, 15);
        long end = w + columns / 256 * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += ARRANGED) {
            long a = xFrom & ADDRESS;
            long block = from & ADDRESS;
            int s0 = MEMORY.get(INT, block + 4);
            int s1 = MEMORY.get(INT, block + 8);
            int s2 = MEMORY.get(INT, block + 12);
            IntVector scaled = IntVector.zero(I);
            for (int v = 0; v < 32; v += L) {
                ShortVector q = ShortVector.fromMemorySegment(S, MEMORY, block + CODES + 4 * v, LE);
                IntVector scales = IntVector.broadcast(I, v < 16 ? s0 & 0x3f3f3f3f : SixBitScales.upperScales(s0, s2))
                        .lanewise(VectorOperators.LSHR, IntVector.fromArray(I, SHIFTS, v));
                long run = a + 16 * v;
                IntVector low = pairSums(q.and(nibble)
                        .mul(codes(run))
                        .add(q.lanewise(VectorOperators.LSHR, 8).and(nibble).mul(codes(run + 4 * L))));
                IntVector high = pairSums(q.lanewise(VectorOperators.LSHR, 4)
                        .and(nibble)
                        .mul(codes(run + 8 * L))
                        .add(q.lanewise(VectorOperators.LSHR, 12).mul(codes(run + 12 * L))));
                scaled = low.mul(scales.and(63)).add(scaled);
                scaled = high.mul(scales.lanewise(VectorOperators.LSHR, 8).and(63)).add(scaled);
            }
            float d = Float.float16ToFloat(MEMORY.get(SHORT, block)) * MEMORY.get(FLOAT, a + SCALE);
            sum = ((FloatVector) scaled.convert(VectorOperators.I2F, 0)).fma(FloatVector.broadcast(F, d), sum);
            IntVector packed = LongVector.broadcast(W, s1 & 0x3f3f3f3f | (long) SixBitScales.upperMinimums(s1, s2) << 32).reinterpretAsInts();
            FloatVector dmin = FloatVector.broadcast(F, -Float.float16ToFloat(MEMORY.get(SHORT, block + 2)));
            for (int i = 0; i < 8; i += L) {
                FloatVector minimums = (FloatVector)
                        packed.lanewise(VectorOperators.LSHR, IntVector.fromArray(I, MINIMUM_SHIFTS, i)).and(63).convert(VectorOperators.I2F, 0);
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

    private static ShortVector codes(long at) {
        return ShortVector.fromMemorySegment(S, MEMORY, at, LE);
    }
}
