package moka.gguf;

import java.util.Optional;

/** An element type of the safetensors format, as its headers name it, and the bits of an element. All are little-endian. */
public enum SafetensorsType {
    /** One byte, 0 or 1. */
    BOOL(8),
    /** Two elements a byte. */
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    /** An exponent alone: a scale. */
    F8_E8M0(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    /** Complex, two F32. */
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private final int bits;

    SafetensorsType(int bits) {
        this.bits = bits;
    }

    /** Bits of an element. */
    public int bits() {
        return bits;
    }

    /** The type of this name in a header. */
    public static Optional<SafetensorsType> byName(String name) {
        for (SafetensorsType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
