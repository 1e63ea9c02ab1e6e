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
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Q6_K times activations rounded to whole numbers up to 255. The bits of a code are brought together in its byte, 32 is taken off, and the bytes of 16-bit lanes are taken
 * apart by shifts; the products of a pair, and the sum of two such lanes, fit in 16 bits: {@code 4 * 32 * 255}. Sums of groups are multiplied with their scales
 * as whole numbers, and only those of a super-block become floats.
 */
final class Q6_KRoundedRows extends RoundedRows {
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
    private static final int MOST = 255;
    private static final int BLOCK = 210;
    private static final int UPPER = 128;
    private static final int SCALES = 192;

    /** Where an arranged super-block has its scale, and its bytes. */
    private static final int SCALE = 512;

    private static final int ARRANGED = 576;

    /**
     * By how much each lane shifts a word of four scales to bring its own to the top: parts 0 and 2, then 1 and 3; four lanes, 16 elements, have
     * the same.
     */
    private static final int[] SHIFTS = shifts();

    /** All bits of the upper half of the lanes. */
    private static final int[] UPPER_LANES = upperLanes();

    /** Bytes of an iteration: a field, so that the loop is not unrolled ({@link Q8_0Rows}). */
    private final long step = BLOCK;

    /** @param exact decodes rows */
    Q6_KRoundedRows(RowKernel exact) {
        super(RoundedOrder.halves(L, MOST, 0), exact);
    }

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
            IntVector scaled = IntVector.zero(I);
            for (int v = 0; v < 16; v += L) {
                IntVector h = IntVector.fromMemorySegment(I, MEMORY, block + UPPER + 4 * v, LE);
                // Four parts by one text: four times the text is more than the compiler takes at 128 and 256 bits.
                for (int part = 0; part < 4; part++) {
                    int nibbles = 4 * (v + (v & 8)) + 32 * (part & 1);
                    int word = SCALES + (v & 8) + (part & 2) * 2;
                    IntVector n = IntVector.fromMemorySegment(I, MEMORY, block + nibbles, LE);
                    IntVector packed = IntVector.broadcast(I, MEMORY.get(INT, block + word));
                    if (L == 16) {
                        n = n.lanewise(VectorOperators.BITWISE_BLEND, IntVector.fromMemorySegment(I, MEMORY, block + nibbles + 32, LE), upperLanes);
                        packed = packed.lanewise(VectorOperators.BITWISE_BLEND, IntVector.broadcast(I, MEMORY.get(INT, block + word + 8)), upperLanes);
                    }
                    ByteVector codes = n.lanewise(VectorOperators.LSHR, 2 * (part & 2))
                            .and(0x0f0f0f0f)
                            .or(h.lanewise(VectorOperators.LSHR, 2 * part).lanewise(VectorOperators.LSHL, 4).and(0x30303030))
                            .reinterpretAsBytes()
                            .sub((byte) 32);
                    ShortVector q = codes.reinterpretAsShorts();
                    long run = a + 32 * v + part * (8 * L);
                    IntVector sums = pairSums(q.lanewise(VectorOperators.LSHL, 8)
                            .lanewise(VectorOperators.ASHR, 8)
                            .mul(activations(run))
                            .add(q.lanewise(VectorOperators.ASHR, 8).mul(activations(run + 4 * L))));
                    IntVector scales = packed.lanewise(VectorOperators.LSHL, IntVector.fromArray(I, SHIFTS, (part & 1) * 16 + (v & 4)))
                            .lanewise(VectorOperators.ASHR, 24);
                    scaled = sums.mul(scales).add(scaled);
                }
            }
            float d = Float.float16ToFloat(MEMORY.get(SHORT, block + 208)) * MEMORY.get(FLOAT, a + SCALE);
            sum = ((FloatVector) scaled.convert(VectorOperators.I2F, 0)).fma(FloatVector.broadcast(F, d), sum);
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
