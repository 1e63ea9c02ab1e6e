package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/** F32 weights: as they are. Two sums a lane, so that the latency of the FMA is hidden. */
final class FloatRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;

    /**
     * Bytes of an iteration. A field, since a loop whose step the compiler knows is unrolled, and then each load instruction sees every second or
     * fourth line only, which the prefetchers of Zen 5 do not follow: 10 to 15 GB/s instead of 20 from memory.
     */
    private final long step = 16 * L;

    private final ActivationOrder order = ActivationOrder.natural(4 * L, L);

    @Override
    public String description() {
        return "float32 FMA in place";
    }

    @Override
    public ActivationOrder order() {
        return order;
    }

    @Override
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        for (int r = 0; r < rows; r++) {
            row(weights + r * rowBytes, columns, x, lanes, r * L, step);
        }
    }

    private static void row(long w, int columns, long x, float[] lanes, int at, long step) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        long end = w + columns / (4 * L) * step;
        for (long from = w, xFrom = x; from != end; from += step, xFrom += 16 * L) {
            long block = from & ADDRESS;
            long a = xFrom & ADDRESS;
            even = FloatVector.fromMemorySegment(F, MEMORY, block, LE)
                    .fma(FloatVector.fromMemorySegment(F, MEMORY, a, LE), even);
            odd = FloatVector.fromMemorySegment(F, MEMORY, block + 4 * L, LE)
                    .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 4 * L, LE), odd);
            even = FloatVector.fromMemorySegment(F, MEMORY, block + 8 * L, LE)
                    .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 8 * L, LE), even);
            odd = FloatVector.fromMemorySegment(F, MEMORY, block + 12 * L, LE)
                    .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 12 * L, LE), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(long weights, int columns, float[] target, int at) {
        MemorySegment.copy(MEMORY, ValueLayout.JAVA_FLOAT_UNALIGNED, weights, target, at, columns);
    }
}
