package moka.gguf;

import java.util.Optional;

/** A value type of GGUF metadata: its id in the file and the bytes that a value takes. */
public enum ValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final ValueType[] BY_ID = values();

    private final int bytes;

    ValueType(int bytes) {
        this.bytes = bytes;
    }

    /** The number that stands for the type in a file. */
    public int id() {
        return ordinal(); // declared in the order of the ids 0 to 12
    }

    /** Bytes of a value; 0 for strings and arrays, whose length varies. */
    public int bytes() {
        return bytes;
    }

    /** Whether values are integers of any width. */
    public boolean isInteger() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
            default -> false;
        };
    }

    /** Whether values are FLOAT32 or FLOAT64. */
    public boolean isFloat() {
        return this == FLOAT32 || this == FLOAT64;
    }

    /** The type with this id, or empty where there is none. */
    public static Optional<ValueType> byId(long id) {
        return id >= 0 && id < BY_ID.length ? Optional.of(BY_ID[(int) id]) : Optional.empty();
    }

    /** The type with this id of a value that is already in memory. */
    static ValueType of(int id) {
        return byId(id).orElseThrow(() -> new IllegalArgumentException("value type " + id + ", expected 0 to 12"));
    }
}
