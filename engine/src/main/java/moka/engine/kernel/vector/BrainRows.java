package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/** BF16 weights: the upper halves of floats, two in a 32-bit lane. One operation a weight makes it a float. */
final class BrainRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final int UPPER = 0xffff0000;

    /**
     * Bytes of an iteration. A field, since a loop whose step the compiler knows is unrolled, and then each load instruction sees every second or
     * fourth line only, which the prefetchers of Zen 5 do not follow: 10 to 15 GB/s instead of 20 from memory.
     */
    private final long step = 8 * L;

    private final ActivationOrder order = ActivationOrder.pairs(4 * L, L);

    @Override
    public String description() {
        return "float32 FMA in place, bfloat16 widened by shifts";
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
            IntVector pair0 = IntVector.fromMemorySegment(I, MEMORY, block, LE);
            FloatVector low0 = pair0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector high0 = pair0.and(UPPER).reinterpretAsFloats();
            even = low0.fma(FloatVector.fromMemorySegment(F, MEMORY, a, LE), even);
            odd = high0.fma(FloatVector.fromMemorySegment(F, MEMORY, a + 4 * L, LE), odd);
            IntVector pair1 = IntVector.fromMemorySegment(I, MEMORY, block + 4 * L, LE);
            FloatVector low1 = pair1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector high1 = pair1.and(UPPER).reinterpretAsFloats();
            even = low1.fma(FloatVector.fromMemorySegment(F, MEMORY, a + 8 * L, LE), even);
            odd = high1.fma(FloatVector.fromMemorySegment(F, MEMORY, a + 12 * L, LE), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(long weights, int columns, float[] target, int at) {
        decode(weights, columns, target, at);
    }

    private static void decode(long w, int columns, float[] target, int at) {
        for (int i = 0; i < columns; i += 2 * L) {
            long block = w + 2L * i & ADDRESS;
            IntVector pair = IntVector.fromMemorySegment(I, MEMORY, block, LE);
            FloatVector low = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector high = pair.and(UPPER).reinterpretAsFloats();
            low.intoArray(target, at + i);
            high.intoArray(target, at + i + L);
        }
    }
}
