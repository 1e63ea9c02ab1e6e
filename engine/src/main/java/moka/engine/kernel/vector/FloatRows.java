package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** F32 weights: as they are. Two sums a lane, so that the latency of the FMA is hidden. */
final class FloatRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private final ActivationOrder order = ActivationOrder.natural(2 * L, L);

    @Override
    public String description() {
        return "float32 FMA in place";
    }

    @Override
    public ActivationOrder order() {
        return order;
    }

    @Override
    public void addProducts(
            MemorySegment weights, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        row(weights, offset, columns, x, xAt, lanes, at);
    }

    private static void row(MemorySegment w, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        long o = offset;
        for (int i = 0; i < columns; i += 2 * L, o += 8L * L) {
            even = FloatVector.fromMemorySegment(F, w, o, LE).fma(FloatVector.fromArray(F, x, xAt + i), even);
            odd = FloatVector.fromMemorySegment(F, w, o + 4L * L, LE)
                    .fma(FloatVector.fromArray(F, x, xAt + i + L), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        MemorySegment.copy(weights, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, target, at, columns);
    }
}
