package moka.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** An array of numbers or bools, packed as in a little-endian file. */
final class NumberArray implements MetadataValue.ArrayValue {
    private final String source; // for messages: file and key
    private final ValueType type;
    private final byte[] packed; // [size * type.bytes()], little-endian
    private final ByteBuffer view; // not a segment: its handles would be made at start, for 10 ms

    NumberArray(String source, ValueType type, byte[] packed) {
        this.source = source;
        this.type = type;
        this.packed = packed;
        this.view = view(packed);
    }

    static NumberArray ofIntegers(ValueType type, long... values) {
        var packed = new byte[Math.multiplyExact(values.length, type.bytes())];
        ByteBuffer bytes = view(packed);
        for (int i = 0; i < values.length; i++) {
            if (type == ValueType.BOOL && values[i] != 0 && values[i] != 1) {
                throw new IllegalArgumentException("bool " + values[i] + ", expected 0 or 1");
            } else if (type != ValueType.BOOL) {
                MetadataValue.of(type, values[i]); // refuses what does not fit
            }
            switch (type.bytes()) {
                case 1 -> packed[i] = (byte) values[i];
                case 2 -> bytes.putShort(2 * i, (short) values[i]);
                case 4 -> bytes.putInt(4 * i, (int) values[i]);
                default -> bytes.putLong(8 * i, values[i]);
            }
        }
        return new NumberArray("", type, packed);
    }

    static NumberArray ofFloats(float... values) {
        var packed = new byte[Math.multiplyExact(values.length, 4)];
        ByteBuffer bytes = view(packed);
        for (int i = 0; i < values.length; i++) {
            bytes.putFloat(4 * i, values[i]);
        }
        return new NumberArray("", ValueType.FLOAT32, packed);
    }

    private static ByteBuffer view(byte[] packed) {
        return ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int elementTypeId() {
        return type.id();
    }

    @Override
    public int size() {
        return packed.length / type.bytes();
    }

    /** The packed elements, little-endian: for the writer, not to be changed. */
    byte[] packed() {
        return packed;
    }

    @Override
    public List<MetadataValue> values() {
        return new AbstractList<>() {
            @Override
            public MetadataValue get(int index) {
                Objects.checkIndex(index, size());
                if (type == ValueType.BOOL) {
                    return new MetadataValue.BoolValue(packed[index] != 0);
                }
                return type.isFloat()
                        ? new MetadataValue.FloatValue(type.id(), floating(index))
                        : new MetadataValue.IntegerValue(type.id(), integer(index));
            }

            @Override
            public int size() {
                return NumberArray.this.size();
            }
        };
    }

    private long integer(int index) {
        return switch (type) {
            case UINT8, BOOL -> packed[index] & 0xff;
            case INT8 -> packed[index];
            case UINT16 -> view.getShort(2 * index) & 0xffff;
            case INT16 -> view.getShort(2 * index);
            case UINT32 -> view.getInt(4 * index) & 0xffff_ffffL;
            case INT32 -> view.getInt(4 * index);
            default -> view.getLong(8 * index);
        };
    }

    private double floating(int index) {
        return type == ValueType.FLOAT32 ? view.getFloat(4 * index) : view.getDouble(8 * index);
    }

    @Override
    public String[] strings() {
        throw ParsedMetadata.wrongElements(source, type, "STRING");
    }

    @Override
    public byte[] stringBytes(int index) {
        throw ParsedMetadata.wrongElements(source, type, "STRING");
    }

    @Override
    public long[] longs() {
        if (type.isFloat()) {
            throw ParsedMetadata.wrongElements(source, type, "an integer type");
        }
        var values = new long[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = integer(i);
        }
        return values;
    }

    @Override
    public float[] floats() {
        if (type == ValueType.BOOL) {
            throw ParsedMetadata.wrongElements(source, type, "numbers");
        }
        var values = new float[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.isFloat() ? (float) floating(i) : (float) integer(i);
        }
        return values;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NumberArray array && type == array.type && Arrays.equals(packed, array.packed);
    }

    @Override
    public int hashCode() {
        return 31 * type.hashCode() + Arrays.hashCode(packed);
    }

    @Override
    public String toString() {
        return type + "[" + size() + "]";
    }
}
