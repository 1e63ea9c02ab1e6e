package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Types without a kernel that holds everything in registers: a piece of a row is split into bytes and factors of 16 elements
 * ({@link CodeSplitter}), at home in the first-level cache, and these are converted and multiplied in file order.
 */
final class SplitRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final VectorSpecies<Byte> B = L == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

    /** Units split at a time: their stores are in the cache before they are loaded again. */
    private static final int UNITS = 8;

    private final ActivationOrder order = ActivationOrder.natural(CodeSplitter.UNIT, L);
    private final Type type;
    private final ThreadLocal<Piece> pieces = ThreadLocal.withInitial(() -> new Piece(L == 4));

    /**
     * @param splitter takes it apart
     * @param unitBytes bytes of 256 elements
     * @param factors what codes are multiplied with
     * @param description how, for people
     */
    record Type(CodeSplitter splitter, int unitBytes, Factors factors, String description) {}

    /** Scales of 16 or of 32 elements, or of 16 with offsets. */
    enum Factors {
        SCALES_OF_16,
        SCALES_OF_32,
        OFFSETS
    }

    /** A split piece. An offset of -0 leaves every product as it is, the sign of zero included. It does not know the kernel's width. */
    static final class Piece {
        final byte[] codes = new byte[UNITS * CodeSplitter.UNIT];
        final float[] scales = new float[codes.length / CodeSplitter.GROUP];
        final float[] offsets = new float[scales.length];
        final float[] values;

        Piece(boolean narrow) {
            values = new float[narrow ? codes.length : 0];
            Arrays.fill(offsets, -0f);
        }
    }

    SplitRows(Type type) {
        this.type = type;
    }

    @Override
    public String description() {
        return "float32 FMA, " + type.description();
    }

    @Override
    public ActivationOrder order() {
        return order;
    }

    @Override
    public void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes) {
        Piece piece = pieces.get();
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < columns; i += UNITS * CodeSplitter.UNIT) {
                int units = split(weights + r * rowBytes, i, columns, piece);
                if (L == 4) {
                    values(piece.codes, units, piece.values);
                    narrowProducts(piece.values, piece.scales, piece.offsets, units, x + 4L * i, lanes, r * L);
                    continue;
                }
                switch (type.factors()) {
                    case SCALES_OF_16 -> products16(piece.codes, piece.scales, units, x + 4L * i, lanes, r * L);
                    case SCALES_OF_32 -> products32(piece.codes, piece.scales, units, x + 4L * i, lanes, r * L);
                    case OFFSETS -> products(piece.codes, piece.scales, piece.offsets, units, x + 4L * i, lanes, r * L);
                }
            }
        }
    }

    /** Splits the columns from {@code i} on, as many as there is room for; how many units these are. */
    private int split(long row, int i, int columns, Piece piece) {
        int units = Math.min(UNITS, (columns - i) / CodeSplitter.UNIT);
        long at = row + (long) (i / CodeSplitter.UNIT) * type.unitBytes();
        type.splitter().split(at, units, piece.codes, piece.scales, piece.offsets);
        return units;
    }

    private static void products16(byte[] codes, float[] scales, int units, long x, float[] lanes, int at) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        for (int g = 0; g < units * 16; g += 2) {
            long a = x + 64L * g & ADDRESS;
            FloatVector first = values(codes, 16 * g).mul(FloatVector.fromMemorySegment(F, MEMORY, a, LE));
            FloatVector second = values(codes, 16 * g + 16).mul(FloatVector.fromMemorySegment(F, MEMORY, a + 64, LE));
            if (L == 8) {
                first = values(codes, 16 * g + 8).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 32, LE), first);
                second = values(codes, 16 * g + 24).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 96, LE), second);
            }
            even = first.fma(FloatVector.broadcast(F, scales[g]), even);
            odd = second.fma(FloatVector.broadcast(F, scales[g + 1]), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    private static void products32(byte[] codes, float[] scales, int units, long x, float[] lanes, int at) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        for (int g = 0; g < units * 16; g += 4) {
            long a = x + 64L * g & ADDRESS;
            even = group32(codes, 16 * g, a).fma(FloatVector.broadcast(F, scales[g]), even);
            odd = group32(codes, 16 * g + 32, a + 128).fma(FloatVector.broadcast(F, scales[g + 2]), odd);
        }
        even.add(odd).intoArray(lanes, at);
    }

    private static FloatVector group32(byte[] codes, int at, long a) {
        FloatVector sum = values(codes, at).mul(FloatVector.fromMemorySegment(F, MEMORY, a, LE));
        if (L == 8) {
            sum = values(codes, at + 8).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 32, LE), sum);
            sum = values(codes, at + 24).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 96, LE), sum);
        }
        return values(codes, at + 16).fma(FloatVector.fromMemorySegment(F, MEMORY, a + 64, LE), sum);
    }

    /** One vector of codes. */
    private static FloatVector values(byte[] codes, int at) {
        return (FloatVector) ByteVector.fromArray(B, codes, at).convertShape(VectorOperators.B2F, F, 0);
    }

    private static void products(
            byte[] codes, float[] scales, float[] offsets, int units, long x, float[] lanes, int at) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        for (int g = 0; g < units * 16; g += 2) {
            long a = x + 64L * g & ADDRESS;
            FloatVector scale = FloatVector.broadcast(F, scales[g]);
            FloatVector offset = FloatVector.broadcast(F, offsets[g]);
            FloatVector nextScale = FloatVector.broadcast(F, scales[g + 1]);
            FloatVector nextOffset = FloatVector.broadcast(F, offsets[g + 1]);
            even = ((FloatVector) ByteVector.fromArray(B, codes, 16 * g).convertShape(VectorOperators.B2F, F, 0))
                    .fma(scale, offset)
                    .fma(FloatVector.fromMemorySegment(F, MEMORY, a, LE), even);
            odd = ((FloatVector) ByteVector.fromArray(B, codes, 16 * g + 16).convertShape(VectorOperators.B2F, F, 0))
                    .fma(nextScale, nextOffset)
                    .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 64, LE), odd);
            if (L == 8) {
                even = ((FloatVector) ByteVector.fromArray(B, codes, 16 * g + 8).convertShape(VectorOperators.B2F, F, 0))
                        .fma(scale, offset)
                        .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 32, LE), even);
                odd = ((FloatVector) ByteVector.fromArray(B, codes, 16 * g + 24).convertShape(VectorOperators.B2F, F, 0))
                        .fma(nextScale, nextOffset)
                        .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 96, LE), odd);
            }
        }
        even.add(odd).intoArray(lanes, at);
    }

    /** Vectors of four floats have no vector of bytes to come from: the loop is left to the compiler. */
    private static void values(byte[] codes, int units, float[] values) {
        for (int i = 0; i < units * CodeSplitter.UNIT; i++) {
            values[i] = codes[i];
        }
    }

    private static void narrowProducts(
            float[] values, float[] scales, float[] offsets, int units, long x, float[] lanes, int at) {
        FloatVector even = FloatVector.fromArray(F, lanes, at);
        FloatVector odd = FloatVector.zero(F);
        for (int g = 0; g < units * 16; g++) {
            FloatVector scale = FloatVector.broadcast(F, scales[g]);
            FloatVector offset = FloatVector.broadcast(F, offsets[g]);
            for (int i = 16 * g; i < 16 * g + 16; i += 2 * L) {
                long a = x + 4L * i & ADDRESS;
                even = FloatVector.fromArray(F, values, i)
                        .fma(scale, offset)
                        .fma(FloatVector.fromMemorySegment(F, MEMORY, a, LE), even);
                odd = FloatVector.fromArray(F, values, i + L)
                        .fma(scale, offset)
                        .fma(FloatVector.fromMemorySegment(F, MEMORY, a + 4 * L, LE), odd);
            }
        }
        even.add(odd).intoArray(lanes, at);
    }

    @Override
    public void unpack(long weights, int columns, float[] target, int at) {
        Piece piece = pieces.get();
        for (int i = 0; i < columns; i += UNITS * CodeSplitter.UNIT) {
            int units = split(weights, i, columns, piece);
            if (L == 4) {
                values(piece.codes, units, piece.values);
                narrowDecode(piece.values, piece.scales, piece.offsets, units, target, at + i);
            } else {
                decode(piece.codes, piece.scales, piece.offsets, units, target, at + i);
            }
        }
    }

    private static void decode(byte[] codes, float[] scales, float[] offsets, int units, float[] target, int at) {
        for (int g = 0; g < units * 16; g++) {
            FloatVector scale = FloatVector.broadcast(F, scales[g]);
            FloatVector offset = FloatVector.broadcast(F, offsets[g]);
            ((FloatVector) ByteVector.fromArray(B, codes, 16 * g).convertShape(VectorOperators.B2F, F, 0))
                    .fma(scale, offset)
                    .intoArray(target, at + 16 * g);
            if (L == 8) {
                ((FloatVector) ByteVector.fromArray(B, codes, 16 * g + 8).convertShape(VectorOperators.B2F, F, 0))
                        .fma(scale, offset)
                        .intoArray(target, at + 16 * g + 8);
            }
        }
    }

    private static void narrowDecode(
            float[] values, float[] scales, float[] offsets, int units, float[] target, int at) {
        for (int g = 0; g < units * 16; g++) {
            FloatVector scale = FloatVector.broadcast(F, scales[g]);
            FloatVector offset = FloatVector.broadcast(F, offsets[g]);
            for (int i = 16 * g; i < 16 * g + 16; i += L) {
                FloatVector.fromArray(F, values, i).fma(scale, offset).intoArray(target, at + i);
            }
        }
    }
}
