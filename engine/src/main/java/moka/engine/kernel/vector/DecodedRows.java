package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.tensor.TensorFormat;

/** Any type: decoded by its scalar format, a piece of a row at a time, then multiplied by FMA. */
final class DecodedRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final int L = F.length();
    private static final int PIECE = 256;

    private final ActivationOrder order = ActivationOrder.natural(PIECE, L);
    private final TensorFormat format;
    private final ThreadLocal<float[]> values = ThreadLocal.withInitial(() -> new float[PIECE]);

    DecodedRows(TensorFormat format) {
        this.format = format;
    }

    @Override
    public String description() {
        return "float32 FMA, decoded by scalar code";
    }

    @Override
    public ActivationOrder order() {
        return order;
    }

    @Override
    public void addProducts(
            MemorySegment weights, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        float[] decoded = values.get();
        long pieceBytes = format.type().rowBytes(PIECE);
        for (int i = 0; i < columns; i += PIECE) {
            format.decode(weights, offset + i / PIECE * pieceBytes, PIECE, decoded, 0);
            products(decoded, x, xAt + i, lanes, at);
        }
    }

    private static void products(float[] w, float[] x, int xAt, float[] lanes, int at) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        for (int i = 0; i < PIECE; i += 2 * L) {
            even = FloatVector.fromArray(F, w, i).fma(FloatVector.fromArray(F, x, xAt + i), even);
            odd = FloatVector.fromArray(F, w, i + L).fma(FloatVector.fromArray(F, x, xAt + i + L), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        format.decode(weights, offset, columns, target, at);
    }
}
