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
}
