package moka.engine.kernel.machine;

import moka.gguf.TensorType;

/**
 * How weights without integer codes lie in a panel of 16 rows: {@code [column][row]}, columns filled up with zeros to a whole number of
 * {@link #step()}s.
 */
enum FloatKind {
    /** Float32: whatever has no kind of its own, decoded. */
    F32(4),
    /** Float16, converted on the way to a register. */
    F16(2),
    /** Bfloat16, {@code [column / 2][row][2]}: products by {@code vdpbf16ps} with activations rounded to bfloat16. */
    BF16(2);

    private final int bytes;

    FloatKind(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of an element. */
    int bytes() {
        return bytes;
    }

    /** Columns of one turn of the kernels' loop: two steps, each with a sum of its own. */
    int step() {
        return this == BF16 ? 4 : 2;
    }

    /** Bytes of a panel's step. */
    int stepBytes() {
        return PanelFormat.ROWS * step() * bytes;
    }

    int paddedColumns(int columns) {
        return (columns + step() - 1) / step() * step();
    }

    long panelBytes(int columns) {
        return (long) PanelFormat.ROWS * bytes * paddedColumns(columns);
    }

    /** The kind for a type. */
    static FloatKind of(TensorType type, boolean bfloat16Products) {
        return switch (type) {
            case F16 -> F16;
            case BF16 -> bfloat16Products ? BF16 : F32;
            default -> F32;
        };
    }
}
