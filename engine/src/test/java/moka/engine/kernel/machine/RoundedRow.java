package moka.engine.kernel.machine;

import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;

/**
 * How machine code rounds a row of activations, in plain Java: the other meaning of "rounded", beside the reference's. What is multiplied with these
 * values in float64 is what the kernels are held to.
 */
public final class RoundedRow {
    private RoundedRow() {}

    /** The row as it is multiplied with weights of a type: of integer codes, of bfloat16, or of other floats, for which it stays as it is. */
    public static float[] of(TensorType type, float[] row) {
        if (TensorFormats.of(type).integerForm() != null) {
            return bytes(row);
        }
        return type == TensorType.BF16 ? bfloat16(row) : row;
    }

    /** Values after rounding to 8 bits, as {@link ActivationRow} describes it. */
    private static float[] bytes(float[] row) {
        float peak = 0;
        for (float x : row) {
            peak = Math.max(peak, Math.abs(x));
        }
        var rounded = new float[row.length];
        if (peak == 0) {
            return rounded;
        }
        for (int unit = 0; unit < row.length; unit += 32) {
            float largest = 0;
            for (int i = unit; i < unit + 32; i++) {
                largest = Math.max(largest, Math.abs(row[i]));
            }
            int power = 0;
            while (power > -40 && largest * (1 / peak) <= Math.scalb(1f, power - 1)) {
                power--;
            }
            for (int i = unit; i < unit + 32; i++) {
                float code = (float) Math.rint(row[i] * (Math.scalb(1f, -power) * (127f * (1 / peak))));
                rounded[i] = (float) ((double) code * Math.scalb(1.0, power) * peak / 127.0);
            }
        }
        return rounded;
    }

    private static float[] bfloat16(float[] row) {
        var rounded = new float[row.length];
        for (int i = 0; i < row.length; i++) {
            int bits = Float.floatToRawIntBits(row[i]);
            rounded[i] = Float.intBitsToFloat(bits + 0x7FFF + (bits >>> 16 & 1) & 0xFFFF0000);
        }
        return rounded;
    }
}
