package moka.gguf;

import java.util.List;

/** A metadata value of a GGUF file: one of the 13 value types of the format. */
public sealed interface MetadataValue {
    /** The id of the value type in the file (0 to 12). */
    int typeId();

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

    /** STRING. */
    record StringValue(String value) implements MetadataValue {
        @Override
        public int typeId() {
            return 8;
        }
    }

    /**
     * ARRAY. Arrays of numbers are kept as primitive arrays, and strings in a compact form, so that a vocabulary of 256,000 tokens
     * opens in milliseconds; {@link #values()} is the general view.
     */
    non-sealed interface ArrayValue extends MetadataValue {
        @Override
        default int typeId() {
            return 9;
        }

        /** Value type of the elements. */
        int elementTypeId();

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
}
