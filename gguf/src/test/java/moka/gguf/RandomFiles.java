package moka.gguf;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random metadata and tensors of every kind. */
final class RandomFiles {
    private static final String[] TEXTS = {"", "a", "Ünïcödé", "line\nbreak", "▁the", "\u0000", "🙂", "x".repeat(1000)};

    private RandomFiles() {}

    static Metadata metadata(SplittableRandom random) {
        MetadataBuilder builder = Metadata.builder("random");
        int count = random.nextInt(12);
        for (int i = 0; i < count; i++) {
            builder.set(
                    "key." + i + "." + text(random).length(), value(random, ValueType.values()[random.nextInt(13)], 1));
        }
        if (random.nextInt(3) == 0) {
            builder.setUint32("general.alignment", 1L << random.nextInt(9));
        }
        return builder.build();
    }

    private static MetadataValue value(SplittableRandom random, ValueType type, int depth) {
        return switch (type) {
            case STRING -> MetadataValue.of(text(random));
            case BOOL -> MetadataValue.of(random.nextBoolean());
            case FLOAT32 -> MetadataValue.float32((float) random.nextDouble(-1e9, 1e9));
            case FLOAT64 -> MetadataValue.float64(random.nextDouble());
            case ARRAY -> array(random, depth);
            default -> MetadataValue.of(type, integer(random, type));
        };
    }

    private static MetadataValue.ArrayValue array(SplittableRandom random, int depth) {
        ValueType type = ValueType.values()[random.nextInt(13)];
        int size = random.nextInt(6);
        return switch (type) {
            case STRING -> {
                List<String> texts = new ArrayList<>();
                for (int i = 0; i < size; i++) {
                    texts.add(text(random));
                }
                yield MetadataValue.strings(texts);
            }
            case FLOAT64 -> new NumberArray("", type, bytes(random, 8 * size));
            case FLOAT32 -> {
                var values = new float[size];
                for (int i = 0; i < size; i++) {
                    values[i] = (float) random.nextGaussian();
                }
                yield MetadataValue.floats(values);
            }
            case ARRAY -> {
                List<MetadataValue.ArrayValue> arrays = new ArrayList<>();
                for (int i = 0; depth < 5 && i < size; i++) {
                    arrays.add(array(random, depth + 1));
                }
                yield MetadataValue.arrays(arrays);
            }
            default -> {
                var values = new long[size];
                for (int i = 0; i < size; i++) {
                    values[i] = type == ValueType.BOOL ? random.nextInt(2) : integer(random, type);
                }
                yield MetadataValue.integers(type, values);
            }
        };
    }

    private static long integer(SplittableRandom random, ValueType type) {
        long bits = random.nextLong();
        return switch (type) {
            case UINT8 -> bits & 0xff;
            case INT8 -> (byte) bits;
            case UINT16 -> bits & 0xffff;
            case INT16 -> (short) bits;
            case UINT32 -> bits & 0xffff_ffffL;
            case INT32 -> (int) bits;
            default -> bits;
        };
    }

    private static String text(SplittableRandom random) {
        return TEXTS[random.nextInt(TEXTS.length)];
    }

    static List<GgufTensorInfo> tensors(SplittableRandom random, boolean bigEndian) {
        List<GgufTensorInfo> tensors = new ArrayList<>();
        int count = random.nextInt(6);
        for (int i = 0; i < count; i++) {
            TensorType type;
            do {
                type = TensorType.values()[random.nextInt(TensorType.values().length)];
            } while (bigEndian && !ByteSwap.supports(type));
            var shape = new long[random.nextInt(5)];
            for (int d = 0; d < shape.length; d++) {
                shape[d] = 1 + random.nextInt(4);
            }
            if (shape.length > 0) {
                shape[0] *= type.blockElements();
            } else if (type.blockElements() > 1) {
                shape = new long[] {type.blockElements()};
            }
            tensors.add(new GgufTensorInfo("blk." + i + ".weight", type, shape));
        }
        return tensors;
    }

    static byte[] bytes(SplittableRandom random, int count) {
        var bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    static byte[] bytes(GgufTensor tensor) {
        return tensor.data().toArray(ValueLayout.JAVA_BYTE);
    }
}
