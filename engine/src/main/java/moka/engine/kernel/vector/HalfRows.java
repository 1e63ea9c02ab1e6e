package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * F16 weights. A 32-bit lane holds two; the upper one, shifted right by 3 with its sign, has the fields of a float whose exponent is
 * 112 too small, subnormal numbers included, so one multiplication by 2^112 makes it exact. Infinity and NaN (never in a model that
 * works) become 65536 and more.
 */
final class HalfRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final int FIELDS = 0x8fffe000;
    private static final float REBIAS = 0x1p112f;

    private final ActivationOrder order = ActivationOrder.pairs(4 * L, L);

    @Override
    public String description() {
        return "float32 FMA in place, halves widened by shifts";
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
            MemorySegment block = w.asSlice(offset + 2L * i, 8 * L);
            MemorySegment a = x.asSlice(xAt + 4L * i, 16 * L);
            IntVector pair0 = IntVector.fromMemorySegment(I, block, 0, LE);
            FloatVector low0 = pair0.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 3)
                    .and(FIELDS)
                    .reinterpretAsFloats()
                    .mul(REBIAS);
            FloatVector high0 =
                    pair0.lanewise(VectorOperators.ASHR, 3).and(FIELDS).reinterpretAsFloats().mul(REBIAS);
            even = low0.fma(FloatVector.fromMemorySegment(F, a, 0, LE), even);
            odd = high0.fma(FloatVector.fromMemorySegment(F, a, 4 * L, LE), odd);
            IntVector pair1 = IntVector.fromMemorySegment(I, block, 4 * L, LE);
            FloatVector low1 = pair1.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 3)
                    .and(FIELDS)
                    .reinterpretAsFloats()
                    .mul(REBIAS);
            FloatVector high1 =
                    pair1.lanewise(VectorOperators.ASHR, 3).and(FIELDS).reinterpretAsFloats().mul(REBIAS);
            even = low1.fma(FloatVector.fromMemorySegment(F, a, 8 * L, LE), even);
            odd = high1.fma(FloatVector.fromMemorySegment(F, a, 12 * L, LE), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        decode(weights, offset, columns, target, at);
    }

    private static void decode(MemorySegment w, long offset, int columns, float[] target, int at) {
        for (int i = 0; i < columns; i += 2 * L) {
            MemorySegment block = w.asSlice(offset + 2L * i, 4 * L);
            IntVector pair = IntVector.fromMemorySegment(I, block, 0, LE);
            FloatVector low = pair.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 3)
                    .and(FIELDS)
                    .reinterpretAsFloats()
                    .mul(REBIAS);
            FloatVector high =
                    pair.lanewise(VectorOperators.ASHR, 3).and(FIELDS).reinterpretAsFloats().mul(REBIAS);
            low.intoArray(target, at + i);
            high.intoArray(target, at + i + L);
        }
    }
}
