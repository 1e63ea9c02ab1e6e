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
    public void addProducts(
            MemorySegment weights,
            long offset,
            long rowBytes,
            int rows,
            int columns,
            MemorySegment x,
            long xAt,
            float[] lanes) {
        for (int r = 0; r < rows; r++) {
            row(weights, offset + r * rowBytes, columns, x, xAt, lanes, r * L);
        }
    }

    private static void row(MemorySegment w, long offset, int columns, MemorySegment x, long xAt, float[] lanes, int at) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        for (int i = 0; i < columns; i += 4 * L) {
            MemorySegment block = w.asSlice(offset + 4L * i, 16 * L);
            MemorySegment a = x.asSlice(xAt + 4L * i, 16 * L);
            even = FloatVector.fromMemorySegment(F, block, 0, LE)
                    .fma(FloatVector.fromMemorySegment(F, a, 0, LE), even);
            odd = FloatVector.fromMemorySegment(F, block, 4 * L, LE)
                    .fma(FloatVector.fromMemorySegment(F, a, 4 * L, LE), odd);
            even = FloatVector.fromMemorySegment(F, block, 8 * L, LE)
                    .fma(FloatVector.fromMemorySegment(F, a, 8 * L, LE), even);
            odd = FloatVector.fromMemorySegment(F, block, 12 * L, LE)
                    .fma(FloatVector.fromMemorySegment(F, a, 12 * L, LE), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        MemorySegment.copy(weights, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, target, at, columns);
    }
}
