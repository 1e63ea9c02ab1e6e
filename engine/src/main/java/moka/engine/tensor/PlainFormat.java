package moka.engine.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * The formats whose elements are plain numbers, and their conversions to and from float32, to nearest even.
 *
 * @param decoder converts numbers to float32
 * @param encoder converts float32 to numbers, or null: integers are not weights
 */
record PlainFormat(TensorType type, ActivationType activation, Decoder decoder, @Nullable Encoder encoder)
        implements TensorFormat {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

    static final TensorFormat F32 = new PlainFormat(
            TensorType.F32,
            ActivationType.F32,
            (source, offset, count, target, first) -> MemorySegment.copy(source, FLOAT, offset, target, first, count),
            (source, first, count, target, offset) -> MemorySegment.copy(source, first, target, FLOAT, offset, count));

    static final TensorFormat F16 = new PlainFormat(
            TensorType.F16,
            ActivationType.F16,
            (source, offset, count, target, first) -> {
                for (int i = 0; i < count; i++) {
                    target[first + i] = Float.float16ToFloat(source.get(SHORT, offset + 2L * i));
                }
            },
            (source, first, count, target, offset) -> {
                for (int i = 0; i < count; i++) {
                    target.set(SHORT, offset + 2L * i, Float.floatToFloat16(source[first + i]));
                }
            });

    static final TensorFormat BF16 = new PlainFormat(
            TensorType.BF16,
            ActivationType.BF16,
            (source, offset, count, target, first) -> {
                for (int i = 0; i < count; i++) {
                    target[first + i] = bfloat16ToFloat(source.get(SHORT, offset + 2L * i));
                }
            },
            (source, first, count, target, offset) -> {
                for (int i = 0; i < count; i++) {
                    target.set(SHORT, offset + 2L * i, floatToBfloat16(source[first + i]));
                }
            });

    static final TensorFormat F64 = new PlainFormat(
            TensorType.F64,
            ActivationType.F32,
            (source, offset, count, target, first) -> {
                for (int i = 0; i < count; i++) {
                    target[first + i] = (float) source.get(DOUBLE, offset + 8L * i);
                }
            },
            (source, first, count, target, offset) -> {
                for (int i = 0; i < count; i++) {
                    target.set(DOUBLE, offset + 8L * i, source[first + i]);
                }
            });

    static final TensorFormat I8 = new PlainFormat(
            TensorType.I8,
            ActivationType.F32,
            (source, offset, count, target, first) -> {
                for (int i = 0; i < count; i++) {
                    target[first + i] = source.get(ValueLayout.JAVA_BYTE, offset + i);
                }
            },
            null);

    static final TensorFormat I16 = new PlainFormat(
            TensorType.I16,
            ActivationType.F32,
            (source, offset, count, target, first) -> {
                for (int i = 0; i < count; i++) {
                    target[first + i] = source.get(SHORT, offset + 2L * i);
                }
            },
            null);

    static final TensorFormat I32 = new PlainFormat(
            TensorType.I32,
            ActivationType.F32,
            (source, offset, count, target, first) -> {
                for (int i = 0; i < count; i++) {
                    target[first + i] = source.get(INT, offset + 4L * i);
                }
            },
            null);

    static final TensorFormat I64 = new PlainFormat(
            TensorType.I64,
            ActivationType.F32,
            (source, offset, count, target, first) -> {
                for (int i = 0; i < count; i++) {
                    target[first + i] = source.get(LONG, offset + 8L * i);
                }
            },
            null);

    @FunctionalInterface
    interface Decoder {
        void decode(MemorySegment source, long offset, int elements, float[] target, int targetOffset);
    }

    @FunctionalInterface
    interface Encoder {
        void encode(float[] source, int sourceOffset, int elements, MemorySegment target, long offset);
    }

    /** The value of the upper half of a float32. */
    static float bfloat16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The upper half of a float32, rounded to nearest even; NaN stays NaN. */
    static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) (Float.isNaN(value) ? bits >> 16 | 0x40 : bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }

    @Override
    public void decode(MemorySegment source, long offset, int elements, float[] target, int targetOffset) {
        decoder.decode(source, offset, elements, target, targetOffset);
    }

    @Override
    public boolean quantizes() {
        return encoder != null;
    }

    @Override
    public void quantize(float[] source, int sourceOffset, int elements, MemorySegment target, long offset) {
        if (encoder == null) {
            throw new UnsupportedOperationException(type + " has no round-to-nearest quantizer");
        }
        encoder.encode(source, sourceOffset, elements, target, offset);
    }
}
