package moka.engine.kernel.scalar;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import moka.engine.tensor.ActivationType;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Rows of activations rounded to an {@link ActivationType}, as the reference rounds them: the definition that faster
 * roundings are compared with. For the types of 8 bits these are codes and a scale for each 32 values
 * ({@code [row][column]}, {@code [row][column / 32]}; a row's length must be a whole number of blocks), for the
 * others plain values.
 *
 * <p>Not safe for use by several threads, but that {@link #round} may run for different rows at the same time.
 */
public final class RoundedActivations {
    /** Values that share a scale. */
    public static final int GROUP = 32;

    private ActivationType type = ActivationType.F32;
    private int columns;
    private float[] values = {};
    private byte[] codes = {};
    private float[] scales = {};

    /** Makes room for rows; what was rounded before is lost. Memory grows and is used again. */
    public void resize(ActivationType type, int rows, int columns) {
        TensorFormat format = format(type);
        if (columns % format.type().blockElements() != 0) {
            throw new IllegalArgumentException(
                    "rows of " + columns + " values are no whole number of " + type + " blocks");
        }
        this.type = type;
        this.columns = columns;
        int size = Math.multiplyExact(rows, columns);
        if (format.integerForm() == null) {
            values = values.length < size ? new float[size] : values;
        } else {
            codes = codes.length < size ? new byte[size] : codes;
            scales = scales.length < size / GROUP ? new float[size / GROUP] : scales;
        }
    }

    /** Rounds one row from {@code source}. */
    public void round(int row, float[] source, int offset) {
        int first = row * columns;
        if (type == ActivationType.F32) {
            System.arraycopy(source, offset, values, first, columns);
            return;
        }
        TensorFormat format = format(type);
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(format.type().rowBytes(columns))]);
        format.quantize(source, offset, columns, bytes, 0);
        TensorFormat.@Nullable IntegerForm form = format.integerForm();
        if (form == null) {
            format.decode(bytes, 0, columns, values, first);
        } else {
            form.split(bytes, 0, columns, codes, first, scales, scales, first / GROUP);
            markNaN(source, offset, first / GROUP);
        }
    }

    /** A value that is no number has no code: its group's scale becomes NaN, so that damage in the weights is not rounded away. */
    private void markNaN(float[] source, int offset, int firstGroup) {
        for (int i = 0; i < columns; i++) {
            if (Float.isNaN(source[offset + i])) {
                scales[firstGroup + i / GROUP] = Float.NaN;
            }
        }
    }

    /** The tensor type whose blocks hold the rounded values: Q8_1 has the codes and scales of Q8_0. */
    private static TensorFormat format(ActivationType type) {
        return TensorFormats.of(
                switch (type) {
                    case F32 -> TensorType.F32;
                    case F16 -> TensorType.F16;
                    case BF16 -> TensorType.BF16;
                    case Q8_0, Q8_1 -> TensorType.Q8_0;
                    case Q8_K -> TensorType.Q8_K;
                });
    }

    public ActivationType type() {
        return type;
    }

    /** Values of a row. */
    public int columns() {
        return columns;
    }

    /** Whether there are codes and scales, rather than values. */
    public boolean hasCodes() {
        return type.compareTo(ActivationType.Q8_0) >= 0;
    }

    /** Codes of a row, a copy. */
    public byte[] codes(int row) {
        return Arrays.copyOfRange(codes, row * columns, (row + 1) * columns);
    }

    /** Scales of a row, one for each 32 values, a copy. */
    public float[] scales(int row) {
        return Arrays.copyOfRange(scales, row * columns / GROUP, (row + 1) * columns / GROUP);
    }

    /** A rounded value. */
    public float value(int row, int column) {
        int index = row * columns + column;
        return hasCodes() ? scales[index / GROUP] * codes[index] : values[index];
    }

    /** Bytes held. */
    public long bytes() {
        return 4L * values.length + codes.length + 4L * scales.length;
    }

    // For the products of this package, which read many rows and copy none.

    float[] allValues() {
        return values;
    }

    byte[] allCodes() {
        return codes;
    }

    float[] allScales() {
        return scales;
    }
}
