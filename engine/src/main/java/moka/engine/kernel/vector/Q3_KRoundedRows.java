package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Q3_K times activations rounded to whole numbers up to 511: {@code 32 bytes of third bits, 64 bytes of 2-bit codes, 12 bytes of 6-bit scales, f16 d}. The bits of a code are
 * brought together in its byte, 4 is taken off, and the bytes of 16-bit lanes are taken apart by shifts; the products of a pair, and the sum of two such lanes, fit in
 * 16 bits. Sums of groups are multiplied with their scales as whole numbers, and only those of a super-block become floats.
 */
final class Q3_KRoundedRows extends RoundedRows {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final VectorSpecies<Short> S = Width.shorts(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LE);
    private static final int MOST = 511;
    private static final int BLOCK = 110;
    private static final int CODES = 32;
    private static final int SCALES = 96;
    private static final int FACTOR = 108;

    /** Where an arranged super-block has its scale, and its bytes. */
    private static final int SCALE = 512;

    private static final int ARRANGED = 576;

    /**
     * By how much each lane shifts a word of four scales to bring its own to the top: parts 0 and 2, then 1 and 3; four lanes, 16 elements, have
     * the same.
     */
    private static final int[] SHIFTS = shifts();

    /** The 32 bytes of third bits for both halves, at 512 bits. */
    private static final VectorShuffle<Integer> TWICE = VectorShuffle.fromOp(I, lane -> lane % 8);

    /** Which of the third bits part 0 has: those of the second half are in the upper nibbles. */
    private static final int[] BITS = bits();

    /** All bits of the upper half of the lanes. */
    private static final int[] UPPER_LANES = upperLanes();

    /** Bytes of an iteration: a field, so that the loop is not unrolled ({@link Q8_0Rows}). */
    private final long step = BLOCK;

    /** @param exact decodes rows */
    Q3_KRoundedRows(RowKernel exact) {
        super(RoundedOrder.halves(L, MOST, 0), exact);
    }

    private static int[] shifts() {
        var shifts = new int[32];
        for (int i = 0; i < 32; i++) {
            shifts[i] = 24 - 16 * (i / 16) - i % 8 / 4 * 8;
        }
        return shifts;
    }

    private static int[] bits() {
        var bits = new int[16];
        for (int i = 0; i < 16; i++) {
            bits[i] = i / 8 * 4;
        }
        return bits;
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
        long end = w + columns / 256 * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += ARRANGED) {
            long a = xFrom & ADDRESS;
            long block = from & ADDRESS;
            int low0 = MEMORY.get(INT, block + SCALES);
            int low1 = MEMORY.get(INT, block + SCALES + 4);
            int high = MEMORY.get(INT, block + SCALES + 8);
            IntVector scaled = IntVector.zero(I);
            for (int v = 0; v < 16; v += L) {
                IntVector q = IntVector.fromMemorySegment(I, MEMORY, block + CODES + 4 * v, LE);
                IntVector h = IntVector.fromMemorySegment(I, MEMORY, block + 4 * (L == 16 ? 0 : v & 7), LE);
                if (L == 16) {
                    h = h.rearrange(TWICE);
                }
                h = h.lanewise(VectorOperators.LSHR, IntVector.fromArray(I, BITS, v));
                // Four parts by one text: four times the text is more than the compiler takes at 128 and 256 bits.
                for (int part = 0; part < 4; part++) {
                    int low = (part & 2) == 0 ? low0 : low1;
                    IntVector packed = IntVector.broadcast(I, scales(low >>> (v & 8) / 2, high >>> (v & 8) / 2 + (part & 2)));
                    if (L == 16) {
                        packed = packed.lanewise(
                                VectorOperators.BITWISE_BLEND, IntVector.broadcast(I, scales(low >>> 4, high >>> 4 + (part & 2))), upperLanes);
                    }
                    ByteVector codes = q.lanewise(VectorOperators.LSHR, 2 * part)
                            .and(0x03030303)
                            .or(h.lanewise(VectorOperators.LSHR, part).lanewise(VectorOperators.LSHL, 2).and(0x04040404))
                            .reinterpretAsBytes()
                            .sub((byte) 4);
                    ShortVector n = codes.reinterpretAsShorts();
                    long run = a + 32 * v + part * (8 * L);
                    IntVector sums = pairSums(n.lanewise(VectorOperators.LSHL, 8)
                            .lanewise(VectorOperators.ASHR, 8)
                            .mul(activations(run))
                            .add(n.lanewise(VectorOperators.ASHR, 8).mul(activations(run + 4 * L))));
                    IntVector scales = packed.lanewise(VectorOperators.LSHL, IntVector.fromArray(I, SHIFTS, (part & 1) * 16 + (v & 4)))
                            .lanewise(VectorOperators.ASHR, 24);
                    scaled = sums.mul(scales).add(scaled);
                }
            }
            float d = Float.float16ToFloat(MEMORY.get(SHORT, block + FACTOR)) * MEMORY.get(FLOAT, a + SCALE);
            sum = ((FloatVector) scaled.convert(VectorOperators.I2F, 0)).fma(FloatVector.broadcast(F, d), sum);
        }
        sum.intoArray(lanes, at);
    }

    /** Four scales less 32 as signed bytes, of nibbles and upper pairs of bits. */
    private static int scales(int low, int high) {
        int codes = low & 0x0f0f0f0f | (high & 0x03030303) << 4;
        return (codes | 0x80808080) - 0x20202020 ^ 0x80808080;
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
