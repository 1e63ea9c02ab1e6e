package moka.engine.kernel.machine;

/**
 * Constants of {@code e^x = 2^n * e^r} with {@code n = round(x / ln 2)}: one table for all processors, whose results are the same to the bit. Source of the
 * polynomial: Cephes, {@code expf}.
 */
public final class ExponentialConstants {
    /** How many coefficients the polynomial for {@code e^r} has. */
    public static final int COEFFICIENTS = 8;

    private ExponentialConstants() {}

    /** The coefficients, of the highest power first; {@code log2 e}; {@code ln 2} in two parts; the least and the greatest {@code x}. */
    public static float[] inOrder() {
        return new float[] {
            1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f, 1f, 1f,
            1.44269504f, 0.693359375f, -2.12194440e-4f, -104f, 89f
        };
    }

    /**
     * {@code 2^x = 2^n * 2^r} for {@code x} up to 0, {@code n = round(x)}: the coefficients of the polynomial for {@code 2^r}, of the highest power first; the
     * least {@code x}. The polynomial is the one of degree 5 with {@code p(0) = 1} whose largest relative error is least, 9e-8; in float32 1.6e-7.
     */
    public static float[] powerOfTwo() {
        return new float[] {1.3264727313e-3f, 9.6715129912e-3f, 5.5507335812e-2f, 2.4022242427e-1f, 6.9314700365e-1f, 1f, -150f};
    }

    /** {@code log2 e}. */
    public static float log2E() {
        return 1.44269504f;
    }
}
