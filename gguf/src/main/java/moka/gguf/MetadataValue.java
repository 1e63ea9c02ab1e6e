package moka.gguf;

import java.util.List;

/** A metadata value of a GGUF file: one of the 13 value types of the format. Immutable and safe for use by many threads. */
public sealed interface MetadataValue {
    /** The id of the value type in the file (0 to 12). */
    int typeId();

    /** The value type. */
    default ValueType type() {
        return ValueType.of(typeId());
    }

    /** UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64 or INT64; a UINT64 above 2^63-1 is negative here. */
    record IntegerValue(int typeId, long value) implements MetadataValue {}

    /** FLOAT32 or FLOAT64. */
    record FloatValue(int typeId, double value) implements MetadataValue {}

    /** BOOL. */
    record BoolValue(boolean value) implements MetadataValue {
        @Override
        public int typeId() {
            return 7;
        }
    }

    /** STRING. Bytes that are not UTF-8 read as U+FFFD; {@link Metadata#stringBytes} gives them as they were. */
    record StringValue(String value) implements MetadataValue {
        @Override
        public int typeId() {
            return 8;
        }
    }

    /**
     * ARRAY. Arrays of numbers are kept as packed bytes, and strings in a compact form, so that a vocabulary of 256,000 tokens
     * opens in milliseconds; {@link #values()} is the general view. The elements live on the heap: they outlive the file.
     */
    non-sealed interface ArrayValue extends MetadataValue {
        @Override
        default int typeId() {
            return 9;
        }

        /** Value type of the elements. */
        int elementTypeId();

        /** Value type of the elements. */
        default ValueType elementType() {
            return ValueType.of(elementTypeId());
        }

        /** Number of elements. */
        int size();

        /** The elements as values (made on demand). */
        List<MetadataValue> values();

        /** Elements as text. @throws GgufException if they are not strings */
        String[] strings();

        /** Element as raw UTF-8 bytes, without decoding. @throws GgufException if they are not strings */
        byte[] stringBytes(int index);

        /** Elements as integers. @throws GgufException if they are not integers (or bools, as 0 and 1) */
        long[] longs();

        /** Elements as floats. @throws GgufException if they are not numbers */
        float[] floats();
    }

    /** A STRING. */
    static MetadataValue of(String value) {
        return new StringValue(value);
    }

    /** A BOOL. */
    static MetadataValue of(boolean value) {
        return new BoolValue(value);
    }

    /** An integer of the given type. @throws IllegalArgumentException if the type is no integer type or does not hold the value */
    static MetadataValue of(ValueType type, long value) {
        boolean fits = switch (type) {
            case UINT8 -> value >= 0 && value <= 0xff;
            case INT8 -> value == (byte) value;
            case UINT16 -> value >= 0 && value <= 0xffff;
            case INT16 -> value == (short) value;
            case UINT32 -> value >= 0 && value <= 0xffff_ffffL;
            case INT32 -> value == (int) value;
            case UINT64, INT64 -> true;
            default -> throw new IllegalArgumentException(type + ", expected an integer type");
        };
        if (!fits) {
            throw new IllegalArgumentException("value " + value + " does not fit in " + type);
        }
        return new IntegerValue(type.id(), value);
    }

    /** A UINT32, the type of most numbers in model files. */
    static MetadataValue uint32(long value) {
        return of(ValueType.UINT32, value);
    }

    /** A FLOAT32. */
    static MetadataValue float32(float value) {
        return new FloatValue(ValueType.FLOAT32.id(), value);
    }

    /** A FLOAT64. */
    static MetadataValue float64(double value) {
        return new FloatValue(ValueType.FLOAT64.id(), value);
    }

    /** An array of STRING. */
    static ArrayValue strings(List<String> values) {
        return StringArray.of(values);
    }

    /** An array of integers (or of BOOL, from 0 and 1). @throws IllegalArgumentException if the type does not hold an element */
    static ArrayValue integers(ValueType elementType, long... values) {
        return NumberArray.ofIntegers(elementType, values);
    }

    /** An array of FLOAT32. */
    static ArrayValue floats(float... values) {
        return NumberArray.ofFloats(values);
    }

    /** An array of arrays. */
    static ArrayValue arrays(List<? extends ArrayValue> values) {
        return new NestedArray("", List.copyOf(values));
    }
}
