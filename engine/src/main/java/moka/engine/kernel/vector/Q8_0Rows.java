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
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final boolean WIDE = L == 16;

    private final ActivationOrder order =
            WIDE ? ActivationOrder.natural(32, L) : ActivationOrder.bytes(32, L);

    @Override
    public String description() {
        return WIDE ? "float32 FMA in place, bytes converted" : "float32 FMA in place, bytes shifted out of 32-bit lanes";
    }

    @Override
    public ActivationOrder order() {
        return order;
    }

    @Override
    public void addProducts(
            MemorySegment weights, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        if (WIDE) {
            wideRow(weights, offset, columns, x, xAt, lanes, at);
        } else {
            narrowRow(weights, offset, columns, x, xAt, lanes, at);
        }
    }

    private static void wideRow(MemorySegment w, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        long o = offset;
        for (int i = 0; i < columns; i += 32, o += 34) {
            float d = Float.float16ToFloat(w.get(SHORT, o));
            FloatVector first = bytes(w, o + 2);
            FloatVector second = bytes(w, o + 18);
            FloatVector block = first.mul(FloatVector.fromArray(F, x, xAt + i));
            block = second.fma(FloatVector.fromArray(F, x, xAt + i + 16), block);
            sum = block.fma(FloatVector.broadcast(F, d), sum);
        }
        sum.intoArray(lanes, at);
    }

    private static FloatVector bytes(MemorySegment w, long o) {
        return (FloatVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o, LE).convertShape(VectorOperators.B2F, F, 0);
    }

    private static void narrowRow(
            MemorySegment w, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        long o = offset;
        for (int i = 0; i < columns; i += 32, o += 34) {
            FloatVector block = FloatVector.zero(F);
            for (int v = 0; v < 32; v += 4 * L) {
                IntVector q = IntVector.fromMemorySegment(I, w, o + 2 + v, LE);
                int from = xAt + i + v;
                block = code(q, 24).fma(FloatVector.fromArray(F, x, from), block);
                block = code(q, 16).fma(FloatVector.fromArray(F, x, from + L), block);
                block = code(q, 8).fma(FloatVector.fromArray(F, x, from + 2 * L), block);
                block = code(q, 0).fma(FloatVector.fromArray(F, x, from + 3 * L), block);
            }
            float d = Float.float16ToFloat(w.get(SHORT, o));
            sum = block.fma(FloatVector.broadcast(F, d), sum);
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
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        if (WIDE) {
            wideDecode(weights, offset, columns, target, at);
        } else {
            narrowDecode(weights, offset, columns, target, at);
        }
    }

    private static void wideDecode(MemorySegment w, long offset, int columns, float[] target, int at) {
        long o = offset;
        for (int i = 0; i < columns; i += 32, o += 34) {
            float d = Float.float16ToFloat(w.get(SHORT, o));
            bytes(w, o + 2).mul(d).intoArray(target, at + i);
            bytes(w, o + 18).mul(d).intoArray(target, at + i + 16);
        }
    }

    private static void narrowDecode(MemorySegment w, long offset, int columns, float[] target, int at) {
        long o = offset;
        for (int i = 0; i < columns; i += 32, o += 34) {
            float d = Float.float16ToFloat(w.get(SHORT, o));
            for (int v = 0; v < 32; v += 4 * L) {
                IntVector q = IntVector.fromMemorySegment(I, w, o + 2 + v, LE);
                int to = at + i + v;
                code(q, 24).mul(d).intoArray(target, to);
                code(q, 16).mul(d).intoArray(target, to + L);
                code(q, 8).mul(d).intoArray(target, to + 2 * L);
                code(q, 0).mul(d).intoArray(target, to + 3 * L);
            }
        }
    }
}
