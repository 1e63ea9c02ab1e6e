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
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Q5_K times activations rounded to whole numbers up to 255. Nibbles and fifth bits are brought together in bytes, and the bytes of 16-bit lanes taken apart by shifts; the
 * products of a pair, and the sum of two such lanes, fit in 16 bits: {@code 4 * 31 * 255}. Sums of groups are multiplied with their 6-bit scales as whole numbers, and only those of a super-block become
 * floats. The eight minimums are multiplied with sums of activations.
 */
final class Q5_KRoundedRows extends RoundedRows {
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
    private static final int MOST = 255;
    private static final int BLOCK = 176;
    private static final int FIFTHS = 16;
    private static final int CODES = 48;

    /** Where an arranged super-block has its sums and its scale, and its bytes. */
    private static final int SUMS = 512;

    private static final int SCALE = 544;
    private static final int ARRANGED = 576;

    /** By how much each lane shifts the packed scales of the low nibbles; those of the high nibbles are 8 bits further. */
    private static final int[] SHIFTS = SixBitScales.shifts();

    /** Which of the fifth bits the low nibbles have. */
    private static final int[] BITS = SixBitScales.fifthBits();

    /** The 32 bytes of fifth bits for both groups of a 512-bit vector. */
    private static final VectorShuffle<Integer> TWICE = VectorShuffle.fromOp(I, lane -> lane % 8);

    /** By how much each lane shifts the packed minimums, the lower four of which are in even lanes; 31, which leaves nothing, in lanes without one. */
    private static final int[] MINIMUM_SHIFTS = SixBitScales.minimumShifts();

    /** Bytes of an iteration: a field, so that the loop is not unrolled ({@link Q8_0Rows}). */
    private final long step = BLOCK;

    /** @param exact decodes rows */
    Q5_KRoundedRows(RowKernel exact) {
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
        ShortVector byteMask = ShortVector.broadcast(S, 255);
        long end = w + columns / 256 * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += ARRANGED) {
            long a = xFrom & ADDRESS;
            long block = from & ADDRESS;
            int s0 = MEMORY.get(INT, block + 4);
            int s1 = MEMORY.get(INT, block + 8);
            int s2 = MEMORY.get(INT, block + 12);
            IntVector scaled = IntVector.zero(I);
            for (int v = 0; v < 32; v += L) {
                IntVector q = IntVector.fromMemorySegment(I, MEMORY, block + CODES + 4 * v, LE);
                IntVector h = IntVector.fromMemorySegment(I, MEMORY, block + FIFTHS + 4 * (L == 16 ? 0 : v & 7), LE);
                if (L == 16) {
                    h = h.rearrange(TWICE);
                }
                h = h.lanewise(VectorOperators.LSHR, IntVector.fromArray(I, BITS, v));
                IntVector scales = IntVector.broadcast(I, v < 16 ? s0 & 0x3f3f3f3f : SixBitScales.upperScales(s0, s2))
                        .lanewise(VectorOperators.LSHR, IntVector.fromArray(I, SHIFTS, v));
                // Both nibbles by one text: twice the text is more than the compiler takes at 128 and 256 bits.
                for (int high = 0; high < 2; high++) {
                    ShortVector n = q.lanewise(VectorOperators.LSHR, 4 * high)
                            .and(0x0f0f0f0f)
                            .or(h.lanewise(VectorOperators.LSHR, high).lanewise(VectorOperators.LSHL, 4).and(0x10101010))
                            .reinterpretAsShorts();
                    long run = a + 16 * v + high * (8 * L);
                    IntVector sums = pairSums(n.and(byteMask).mul(codes(run)).add(n.lanewise(VectorOperators.LSHR, 8).mul(codes(run + 4 * L))));
                    scaled = sums.mul(scales.lanewise(VectorOperators.LSHR, 8 * high).and(63)).add(scaled);
                }
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
