package moka.engine.sampling;

/** Divides the logits by a temperature, fixed or following the entropy. */
final class Temperature {
    private Temperature() {}

    static void apply(Candidates candidates, float temperature, SamplingOptions.DynamicTemperature dynamic) {
        if (dynamic.range() <= 0) {
            divide(candidates, temperature);
            return;
        }
        if (!candidates.hasAtLeast(2)) {
            return;
        }
        float least = Math.max(0, temperature - dynamic.range());
        float most = temperature + dynamic.range();
        double max = candidates.maxLogit();
        double entropy = Truncation.entropy(candidates, candidates.massAndWeightedSum(max));
        double openness = entropy / Math.log(candidates.width()); // 0: one token has all the mass, 1: all are alike
        divide(candidates, (float) (least + (most - least) * Math.pow(openness, dynamic.exponent())));
    }

    private static void divide(Candidates candidates, float temperature) {
        if (temperature <= 0) {
            candidates.keepBest(1);
        } else if (temperature != 1) {
            candidates.divide(temperature);
        }
    }
}
