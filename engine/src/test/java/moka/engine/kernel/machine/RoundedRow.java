package moka.engine.kernel.machine;

/** What {@link QuantizeKernel} and the conversion to bfloat16 do to a row, in plain Java. */
final class RoundedRow {
    private RoundedRow() {}

    /** Values after rounding to 8 bits, as {@link ActivationRow} describes it. */
    static float[] bytes(float[] row) {
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

    static float[] bfloat16(float[] row) {
        var rounded = new float[row.length];
        for (int i = 0; i < row.length; i++) {
            int bits = Float.floatToRawIntBits(row[i]);
            rounded[i] = Float.intBitsToFloat(bits + 0x7FFF + (bits >>> 16 & 1) & 0xFFFF0000);
        }
        return rounded;
    }
}
