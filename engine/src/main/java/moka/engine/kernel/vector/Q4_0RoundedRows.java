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
 * Q4_0 times activations rounded to whole numbers up to 511. A 16-bit lane holds four nibbles; its four products and a start that takes the 8 off each nibble fit in
 * 16 bits, and so does the sum of two lanes: {@code 8 * 8 * 511}. Blocks come together in a vector, and their scales, as in {@link Q4_0Rows}.
 */
final class Q4_0RoundedRows extends RoundedRows {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final VectorSpecies<Short> S = Width.shorts(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final int MOST = 511;

    /** Bytes of the blocks that make a vector. */
    private static final int STEP = 18 * L / 4;

    /** Bytes of activations for these: starts, four vectors of codes, scales; whole cache lines. */
    private static final int ARRANGED = 24 * L + 63 & -64;

    private static final int[] FIELDS = constant(0x8fffe000);

    /** 2^112: what a half's exponent lacks. */
    private static final float SCALE = 0x1p112f;

    /** The half at the begin of each block, to all shorts of its 128-bit part. */
    private static final VectorShuffle<Short> HEADS = VectorShuffle.fromOp(S, lane -> lane / 8 * 9);

    /** All bits of the 128-bit part {@code b} at {@code b * L}. */
    private static final int[] PARTS = parts();

    /** Bytes of an iteration: a field, so that the loop is not unrolled, which costs a third from memory ({@link Q8_0Rows}). */
    private final long step = STEP;

    /** @param exact decodes rows */
    Q4_0RoundedRows(RowKernel exact) {
        super(RoundedOrder.splitNibbles(L, MOST), exact);
    }

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
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        for (int r = 0; r < rows; r++) {
            row(weights + r * rowBytes, columns, x, lanes, r * L, step);
        }
    }

    private static void row(long w, int columns, long x, float[] lanes, int at, long step) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        IntVector fields = IntVector.fromArray(I, FIELDS, 0);
        IntVector part1 = IntVector.fromArray(I, PARTS, L);
        IntVector part2 = IntVector.fromArray(I, PARTS, 2 * L);
        IntVector part3 = IntVector.fromArray(I, PARTS, 3 * L);
        ShortVector nibble = ShortVector.broadcast(S, 15);
        long end = w + columns / (8 * L) * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += ARRANGED) {
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
            ShortVector n = q.reinterpretAsShorts();
            ShortVector even = n.and(nibble).mul(codes(a + 4 * L)).add(codes(a));
            ShortVector odd = n.lanewise(VectorOperators.LSHR, 4).and(nibble).mul(codes(a + 8 * L));
            even = n.lanewise(VectorOperators.LSHR, 8).and(nibble).mul(codes(a + 12 * L)).add(even);
            odd = n.lanewise(VectorOperators.LSHR, 12).mul(codes(a + 16 * L)).add(odd);
            IntVector both = even.add(odd).reinterpretAsInts();
            FloatVector products = (FloatVector)
                    both.lanewise(VectorOperators.LSHL, 16).add(both).lanewise(VectorOperators.ASHR, 16).convert(VectorOperators.I2F, 0);
            FloatVector d = ShortVector.fromMemorySegment(S, MEMORY, block, LE)
                    .rearrange(HEADS)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.ASHR, 3)
                    .and(fields)
                    .reinterpretAsFloats()
                    .mul(SCALE);
            sum = products.fma(d.mul(FloatVector.fromMemorySegment(F, MEMORY, a + 20 * L, LE)), sum);
        }
        sum.intoArray(lanes, at);
    }

    private static ShortVector codes(long at) {
        return ShortVector.fromMemorySegment(S, MEMORY, at, LE);
    }
}
