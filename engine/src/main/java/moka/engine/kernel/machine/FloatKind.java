package moka.engine.kernel.machine;

import moka.gguf.TensorType;

/**
 * How weights without integer codes lie in a panel of 16 rows: {@code [column][row]}, columns filled up with zeros to a whole number of
 * {@link #step()}s.
 */
public enum FloatKind {
    /** Float32: whatever has no kind of its own, decoded. */
    F32(4),
    /** Float16, converted on the way to a register. */
    F16(2),
    /** Bfloat16, converted on the way to a register. */
    BF16(2),
    /** Bfloat16, {@code [column / 2][row][2]}: products by {@code vdpbf16ps} with activations rounded to bfloat16. */
    BF16_PAIRS(2);

    private final int bytes;

    FloatKind(int bytes) {
        this.bytes = bytes;
    }

    /** The type of the elements in the file: others are decoded first. */
    TensorType type() {
        return switch (this) {
            case F32 -> TensorType.F32;
            case F16 -> TensorType.F16;
            case BF16, BF16_PAIRS -> TensorType.BF16;
        };
    }

    /** Bytes of an element. */
    public int bytes() {
        return bytes;
    }

    /** Columns of one turn of the kernels' loop: two steps, each with a sum of its own. */
    int step() {
        return this == BF16_PAIRS ? 4 : 2;
    }

    /** Bytes of a panel's step. */
    public int stepBytes() {
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
            case BF16 -> bfloat16Products ? BF16_PAIRS : BF16;
            default -> F32;
        };
    }
}
