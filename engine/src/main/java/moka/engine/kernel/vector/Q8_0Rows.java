package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Q8_0: blocks of {@code f16 d, 32 x i8}. At 512 bits sixteen bytes become sixteen floats by one conversion, in file order. Narrower:
 * 32-bit lanes of four bytes, taken apart by shifts, since there are no byte vectors of four or eight lanes to convert from on every
 * machine.
 */
final class Q8_0Rows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
    private static final boolean WIDE = L == 16;

    /**
     * Bytes of an iteration. A field, since a loop whose step the compiler knows is unrolled, and then each load instruction sees every second or
     * fourth line only, which the prefetchers of Zen 5 do not follow: 10 to 15 GB/s instead of 20 from memory.
     */
    private final long step = WIDE ? 68 : 34;

    private final ActivationOrder order =
            WIDE ? ActivationOrder.natural(64, L) : ActivationOrder.bytes(32, L);

    @Override
    public String description() {
        return WIDE ? "float32 FMA in place, bytes converted" : "float32 FMA in place, bytes shifted out of 32-bit lanes";
    }

    @Override
    public ActivationOrder order() {
        return order;
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
        for (long from = w, xFrom = x; from != end; from += step, xFrom += 256) {
            long block = from & ADDRESS;
            long a = xFrom & ADDRESS;
            FloatVector first = ((FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 2, LE)
                            .convertShape(VectorOperators.B2F, F, 0))
                    .mul(FloatVector.fromMemorySegment(F, MEMORY, a, LE));
            first = ((FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 18, LE)
                            .convertShape(VectorOperators.B2F, F, 0))
                    .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 64, LE), first);
            even = first.fma(FloatVector.broadcast(F, Float.float16ToFloat(MEMORY.get(SHORT, block))), even);
            FloatVector second = ((FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 36, LE)
                            .convertShape(VectorOperators.B2F, F, 0))
                    .mul(FloatVector.fromMemorySegment(F, MEMORY, a + 128, LE));
            second = ((FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 52, LE)
                            .convertShape(VectorOperators.B2F, F, 0))
                    .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 192, LE), second);
            odd = second.fma(FloatVector.broadcast(F, Float.float16ToFloat(MEMORY.get(SHORT, block + 34))), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    private static void narrowRow(long w, int columns, long x, float[] lanes, int at, long step) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        long end = w + columns / 32 * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += 128) {
            long block = from & ADDRESS;
            long a = xFrom & ADDRESS;
            FloatVector products = FloatVector.zero(F);
            for (int v = 0; v < 32; v += 4 * L) {
                IntVector q = IntVector.fromMemorySegment(I, MEMORY, block + 2 + v, LE);
                products = code(q, 24).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 4 * v, LE), products);
                products = code(q, 16).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 4 * (v + L), LE), products);
                products = code(q, 8).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 4 * (v + 2 * L), LE), products);
                products = code(q, 0).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 4 * (v + 3 * L), LE), products);
            }
            sum = products.fma(FloatVector.broadcast(F, Float.float16ToFloat(MEMORY.get(SHORT, block))), sum);
        }
        sum.intoArray(lanes, at);
    }

    /** The signed byte that {@code up} moves to the top of each lane. */
    private static FloatVector code(IntVector q, int up) {
        return (FloatVector) q.lanewise(VectorOperators.LSHL, up)
                .lanewise(VectorOperators.ASHR, 24)
                .convert(VectorOperators.I2F, 0);
    }

    @Override
    public void unpack(long weights, int columns, float[] target, int at) {
        if (WIDE) {
            wideDecode(weights, columns, target, at);
        } else {
            narrowDecode(weights, columns, target, at);
        }
    }

    private static void wideDecode(long w, int columns, float[] target, int at) {
        int blocks = columns / 32;
        for (int b = 0; b < blocks; b++) {
            long block = w + b * 34L & ADDRESS;
            float d = Float.float16ToFloat(MEMORY.get(SHORT, block));
            ((FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 2, LE).convertShape(VectorOperators.B2F, F, 0))
                    .mul(d)
                    .intoArray(target, at + b * 32);
            ((FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 18, LE).convertShape(VectorOperators.B2F, F, 0))
                    .mul(d)
                    .intoArray(target, at + b * 32 + 16);
        }
    }

    private static void narrowDecode(long w, int columns, float[] target, int at) {
        int blocks = columns / 32;
        for (int b = 0; b < blocks; b++) {
            long block = w + b * 34L & ADDRESS;
            float d = Float.float16ToFloat(MEMORY.get(SHORT, block));
            for (int v = 0; v < 32; v += 4 * L) {
                IntVector q = IntVector.fromMemorySegment(I, MEMORY, block + 2 + v, LE);
                int to = at + b * 32 + v;
                code(q, 24).mul(d).intoArray(target, to);
                code(q, 16).mul(d).intoArray(target, to + L);
                code(q, 8).mul(d).intoArray(target, to + 2 * L);
                code(q, 0).mul(d).intoArray(target, to + 3 * L);
            }
        }
    }
}
