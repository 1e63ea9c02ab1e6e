package moka.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import moka.gguf.MetadataValue.ArrayValue;
import moka.gguf.MetadataValue.BoolValue;
import moka.gguf.MetadataValue.FloatValue;
import moka.gguf.MetadataValue.IntegerValue;
import moka.gguf.MetadataValue.StringValue;

/** Makes the bytes before the tensor data: header, keys and values, tensor entries. Used once. */
final class Encoder {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final int version;
    private final ByteOrder order;

    Encoder(GgufWriter.Options options) {
        version = options.version();
        order = options.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    /** @param offsets where the data of each tensor begins, counted from the begin of all data */
    byte[] encode(Metadata metadata, List<GgufTensorInfo> tensors, List<Long> offsets) {
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        number(version, 4);
        number(tensors.size(), 8);
        number(metadata.values().size(), 8);
        metadata.values().forEach((key, value) -> {
            int keyBytes = key.getBytes(StandardCharsets.UTF_8).length;
            if (keyBytes < 1 || keyBytes > Limits.KEY_BYTES) {
                throw new IllegalArgumentException(
                        Wording.key(key) + " of " + keyBytes + " bytes, expected 1 to " + Limits.KEY_BYTES);
            }
            string(key.getBytes(StandardCharsets.UTF_8));
            number(value.typeId(), 4);
            if (value instanceof StringValue) {
                string(metadata.stringBytes(key).orElseThrow());
            } else {
                value(value);
            }
        });
        for (int i = 0; i < tensors.size(); i++) {
            GgufTensorInfo tensor = tensors.get(i);
            string(tensor.name().getBytes(StandardCharsets.UTF_8));
            number(tensor.shape().length, 4);
            for (long length : tensor.shape()) {
                number(length, 8);
            }
            number(tensor.type().id(), 4);
            number(offsets.get(i), 8);
        }
        return out.toByteArray();
    }

    private void value(MetadataValue value) {
        switch (value) {
            case IntegerValue integer -> number(integer.value(), integer.type().bytes());
            case FloatValue(int type, double number)
            when type == ValueType.FLOAT32.id() -> number(Float.floatToRawIntBits((float) number), 4);
            case FloatValue number -> number(Double.doubleToRawLongBits(number.value()), 8);
            case BoolValue bool -> number(bool.value() ? 1 : 0, 1);
            case StringValue string -> string(string.value().getBytes(StandardCharsets.UTF_8));
            case ArrayValue array -> array(array);
        }
    }

    private void array(ArrayValue array) {
        number(array.elementTypeId(), 4);
        number(array.size(), 8);
        switch (array) {
            case StringArray strings when order == ByteOrder.LITTLE_ENDIAN -> out.writeBytes(strings.packed());
            case StringArray strings -> {
                for (int i = 0; i < strings.size(); i++) {
                    string(strings.stringBytes(i));
                }
            }
            case NumberArray numbers -> {
                byte[] packed = numbers.packed();
                if (order == ByteOrder.BIG_ENDIAN) {
                    packed = packed.clone();
                    ByteSwap.words(packed, numbers.elementType().bytes());
                }
                out.writeBytes(packed);
            }
            default -> array.values().forEach(this::value);
        }
    }

    private void string(byte[] utf8) {
        number(utf8.length, 8);
        out.writeBytes(utf8);
    }

    private void number(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            int shift = order == ByteOrder.LITTLE_ENDIAN ? i : bytes - 1 - i;
            out.write((int) (value >>> 8 * shift));
        }
    }
}
