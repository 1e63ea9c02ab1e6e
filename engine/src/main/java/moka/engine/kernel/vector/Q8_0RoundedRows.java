package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Q8_0 in long rows, times activations rounded to bytes: {@code d_w d_x * sum of w x} for each block of 32. A row of 8192 float32 activations does not stay in the
 * first-level cache beside the stream of weights, and misses of theirs make the prefetchers lose that stream; a row of bytes does. Products of bytes fit in 16 bits, and so do
 * sums of two of them, which are then taken apart by shifts.
 *
 * <p>Rows of 8192 from memory, one thread, 512 bits: 12 GB/s with float32, 19 with activations of 16 bits and scales, 23 with bfloat16, 21 with bytes kept as shorts, 26 with bytes (Zen 5,
 * 2026-11-22). From the caches it is as fast as float32 (37 GB/s), which rounds nothing: so only rows that gain by it come here.
 */
final class Q8_0RoundedRows extends RoundedRows {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Short> S = Width.shorts(MethodHandles.lookup());
    private static final VectorSpecies<Short> HALF = Width.halves(MethodHandles.lookup());
    private static final int L = F.length();
    private static final boolean WIDE = L == 16;
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LE);

    /** Bytes of an iteration: a field, so that the loop is not unrolled ({@link Q8_0Rows}). */
    private final long step = 68;

    /** @param exact decodes rows */
    Q8_0RoundedRows(RowKernel exact) {
        super(RoundedOrder.bytes(64), exact);
    }

    @Override
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        for (int r = 0; r < rows; r++) {
            long row = weights + r * rowBytes;
            if (WIDE) {
                wideRow(row, columns, x, lanes, r * L, step);
            } else {
                narrowRow(row, columns, x, lanes, r * L, step);
            }
        }
    }

    private static void wideRow(long w, int columns, long x, float[] lanes, int at, long step) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        long end = w + columns / 64 * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += 72) {
            long block = from & ADDRESS;
            long a = xFrom & ADDRESS;
            float first = Float.float16ToFloat(MEMORY.get(SHORT, block)) * MEMORY.get(FLOAT, a + 64);
            even = pairSums(codes(block + 2).mul(codes(a))).fma(FloatVector.broadcast(F, first), even);
            float second = Float.float16ToFloat(MEMORY.get(SHORT, block + 34)) * MEMORY.get(FLOAT, a + 68);
            odd = pairSums(codes(block + 36).mul(codes(a + 32))).fma(FloatVector.broadcast(F, second), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    /** Loaded as shorts: byte vectors of one length alone are loaded from memory, so that the JDK's code for that keeps one profile. */
    private static ShortVector codes(long at) {
        return (ShortVector) ShortVector.fromMemorySegment(HALF, MEMORY, at, LE).reinterpretAsBytes().convertShape(VectorOperators.B2S, S, 0);
    }

    /** The sums of both halves of the lanes: they fit in the upper half. */
    private static FloatVector pairSums(ShortVector products) {
        IntVector pairs = products.reinterpretAsInts();
        return (FloatVector) pairs.lanewise(VectorOperators.LSHL, 16)
                .add(pairs)
                .lanewise(VectorOperators.ASHR, 16)
                .convert(VectorOperators.I2F, 0);
    }

    private static void narrowRow(long w, int columns, long x, float[] lanes, int at, long step) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        long end = w + columns / 64 * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += 72) {
            for (int b = 0; b < 2; b++) {
                long block = from + 34 * b & ADDRESS;
                long a = xFrom + 32 * b & ADDRESS;
                IntVector sums = sums(block + 2, a);
                if (L == 4) {
                    sums = sums.add(sums(block + 18, a + 16));
                }
                float scale = Float.float16ToFloat(MEMORY.get(SHORT, block)) * MEMORY.get(FLOAT, xFrom + 64 + 4 * b & ADDRESS);
                sum = ((FloatVector) sums.convert(VectorOperators.I2F, 0)).fma(FloatVector.broadcast(F, scale), sum);
            }
        }
        sum.intoArray(lanes, at);
    }

    /** A vector of codes, two in a lane of 16 bits, taken apart by shifts: there are no vectors of eight bytes to convert from on every machine. */
    private static IntVector sums(long w, long x) {
        ShortVector q = ShortVector.fromMemorySegment(S, MEMORY, w, LE);
        ShortVector p = ShortVector.fromMemorySegment(S, MEMORY, x, LE);
        IntVector both = low(q).mul(low(p))
                .add(q.lanewise(VectorOperators.ASHR, 8).mul(p.lanewise(VectorOperators.ASHR, 8)))
                .reinterpretAsInts();
        return both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16).add(both.lanewise(VectorOperators.ASHR, 16));
    }

    private static ShortVector low(ShortVector pairs) {
        return pairs.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 8);
    }
}
