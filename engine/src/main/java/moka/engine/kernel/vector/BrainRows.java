package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** BF16 weights: the upper halves of floats, two in a 32-bit lane. One operation a weight makes it a float. */
final class BrainRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final int UPPER = 0xffff0000;

    private final ActivationOrder order = ActivationOrder.pairs(L);

    @Override
    public String description() {
        return "float32 FMA in place, bfloat16 widened by shifts";
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
        for (int i = 0; i < columns; i += 2 * L, o += 4L * L) {
            IntVector pair = IntVector.fromMemorySegment(I, w, o, LE);
            FloatVector low = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector high = pair.and(UPPER).reinterpretAsFloats();
            even = low.fma(FloatVector.fromArray(F, x, xAt + i), even);
            odd = high.fma(FloatVector.fromArray(F, x, xAt + i + L), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        decode(weights, offset, columns, target, at);
    }

    private static void decode(MemorySegment w, long offset, int columns, float[] target, int at) {
        long o = offset;
        for (int i = 0; i < columns; i += 2 * L, o += 4L * L) {
            IntVector pair = IntVector.fromMemorySegment(I, w, o, LE);
            pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(target, at + i);
            pair.and(UPPER).reinterpretAsFloats().intoArray(target, at + i + L);
        }
    }
}
