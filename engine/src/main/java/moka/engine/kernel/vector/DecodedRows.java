package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;
import moka.engine.tensor.TensorFormat;

/**
 * Plain numbers that are no float32: converted a piece of a row at a time, then multiplied by FMA. The loops that convert are those of the format: C2 vectorizes them
 * (512 bits, in cache: F64 32 GB/s, I64 54, I32 35, I16 20; Zen 5, 2026-11-21).
 */
final class DecodedRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final int PIECE = 256;

    private final ActivationOrder order = ActivationOrder.natural(PIECE, L);
    private final TensorFormat format;
    private final ThreadLocal<float[]> values = ThreadLocal.withInitial(() -> new float[PIECE]);

    DecodedRows(TensorFormat format) {
        this.format = format;
    }

    @Override
    public String description() {
        return "float32 FMA, numbers converted by loops";
    }

    @Override
    public ActivationOrder order() {
        return order;
    }

    @Override
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        float[] decoded = values.get();
        long pieceBytes = format.type().rowBytes(PIECE);
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < columns; i += PIECE) {
                format.decode(MEMORY, weights + r * rowBytes + i / PIECE * pieceBytes, PIECE, decoded, 0);
                products(decoded, x + 4L * i, lanes, r * L);
            }
        }
    }

    private static void products(float[] w, long x, float[] lanes, int at) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        for (int i = 0; i < PIECE; i += 2 * L) {
            even = FloatVector.fromArray(F, w, i).fma(FloatVector.fromMemorySegment(F, MEMORY, x + 4L * i, LE), even);
            odd = FloatVector.fromArray(F, w, i + L).fma(FloatVector.fromMemorySegment(F, MEMORY, x + 4L * i + 4 * L, LE), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(long weights, int columns, float[] target, int at) {
        format.decode(MEMORY, weights, columns, target, at);
    }
}
