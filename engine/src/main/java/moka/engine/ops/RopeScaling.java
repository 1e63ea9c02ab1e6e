package moka.engine.ops;

/**
 * How frequencies are changed for contexts longer than those of the training.
 *
 * @param type which rule
 * @param factor by how much the context is stretched
 * @param originalContextLength the context length of the training
 * @param extrapolation how far YaRN's rule replaces the plain stretch: 1 where it holds, 0 where it does not
 * @param attentionFactor further factor of the length of queries and keys
 * @param betaFast rotations over the original context above which YaRN leaves a frequency as it is
 * @param betaSlow rotations below which YaRN stretches it fully
 * @param logMultiplier {@code mscale_all_dim} of DeepSeek's YaRN; 0: none
 */
public record RopeScaling(
        Type type,
        double factor,
        int originalContextLength,
        double extrapolation,
        double attentionFactor,
        double betaFast,
        double betaSlow,
        double logMultiplier) {
    /** The rules; Llama 3's rule and LongRoPE come as factors for each frequency. */
    public enum Type {
        NONE,
        LINEAR,
        YARN,
        LONGROPE
    }

    public static final RopeScaling NONE = new RopeScaling(Type.NONE, 1, 0, 0, 1, 32, 1, 0);

    /**
     * Angles of the pairs at position 1.
     *
     * @param base the rotary base
     * @param divisors a divisor for each frequency, or an empty array
     */
    public double[] frequencies(int rotatedLength, double base, float[] divisors) {
        double[] result = new double[rotatedLength / 2];
        double low = 0;
        double high = 0;
        if (extrapolation != 0) {
            low = Math.max(0, Math.floor(correction(rotatedLength, base, betaFast)));
            high = Math.min(rotatedLength - 1, Math.ceil(correction(rotatedLength, base, betaSlow)));
        }
        for (int i = 0; i < result.length; i++) {
            double plain = Math.pow(base, -2.0 * i / rotatedLength);
            if (divisors.length > 0) {
                plain /= divisors[i];
            }
            double kept = extrapolation * (1 - Math.clamp((i - low) / Math.max(0.001, high - low), 0.0, 1.0));
            result[i] = plain * kept + plain / factor * (1 - kept);
        }
        return result;
    }

    /** Index of the pair that turns {@code rotations} times over the original context. */
    private double correction(int rotatedLength, double base, double rotations) {
        return rotatedLength * Math.log(originalContextLength / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
    }

    /** Factor of cosines and sines. */
    public double magnitude() {
        if (extrapolation == 0) {
            return attentionFactor;
        }
        double magnitude = logMultiplier == 0
                ? stretch(1)
                : stretch(1) / stretch(logMultiplier);
        return magnitude * attentionFactor;
    }

    private double stretch(double multiplier) {
        return factor <= 1 ? 1 : 0.1 * multiplier * Math.log(factor) + 1;
    }
}
