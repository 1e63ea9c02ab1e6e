package moka.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import moka.engine.sampling.SamplingOptions.Mirostat;
import moka.engine.sampling.SamplingOptions.Xtc;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What is drawn follows the probabilities in closed form: chi-square tests with fixed seeds. */
class DistributionTest {
    private static final int DRAWS = 40_000;
    private static final float[] LOGITS = {0.5f, -1, 2, 1.25f, 0, -0.5f, 1.75f, -3};
    private static final SamplingOptions PLAIN = SamplingOptions.DEFAULT
            .withSeed(2026)
            .withTopK(0)
            .withTopP(1)
            .withMinP(0)
            .withTemperature(1);

    @AutoClose
    private final Arena arena = Arena.ofConfined();

    @Test
    void drawsFromTheSoftmax() {
        assertFollows(softmax(1, all()), PLAIN);
    }

    @Test
    void temperatureSharpensAndFlattens() {
        assertFollows(softmax(0.5, all()), PLAIN.withTemperature(0.5f));
        assertFollows(softmax(3, all()), PLAIN.withTemperature(3));
    }

    @Test
    void truncatedTokensAreNeverDrawnAndTheRestIsRenormalised() {
        assertFollows(softmax(1, 2, 6, 3), PLAIN.withTopK(3));
        // probabilities in descending order: 0.346 (2), 0.269 (6), 0.163 (3), 0.077 (0), …
        assertFollows(softmax(1, 2, 6, 3), PLAIN.withTopP(0.7f));
        assertFollows(softmax(1, 2, 6, 3, 0), PLAIN.withMinP(0.2f));
    }

    @Test
    void exclusionHappensWithItsProbability() {
        double[] without = softmax(1, all());
        double[] with = softmax(1, 3, 0, 4, 5, 1, 7); // 2, 6 and 3 are above 0.1, 3 is the least likely of them
        double[] mixed = new double[LOGITS.length];
        for (int i = 0; i < mixed.length; i++) {
            mixed[i] = 0.7 * without[i] + 0.3 * with[i];
        }
        assertFollows(mixed, PLAIN.withXtc(new Xtc(0.3f, 0.1f)));
    }

    @Test
    void aConstraintConditionsTheDistribution() {
        TokenConstraint odd = new TokenConstraint() {
            private final long[] mask = {0b10101010};

            @Override
            public boolean allows(int token) {
                return (mask[0] >> token & 1) != 0;
            }

            @Override
            public long[] mask() {
                return mask;
            }
        };
        Sampler sampler = new Sampler(PLAIN, LOGITS.length);
        MemorySegment logits = logits();
        int[] counts = new int[LOGITS.length];
        for (int i = 0; i < DRAWS; i++) {
            counts[sampler.sample(logits, odd)]++;
        }
        assertFits(softmax(1, 1, 3, 5, 7), counts);
    }

    @Test
    void mirostatKeepsTheSurpriseNearItsTarget() {
        float[] zipf = new float[5000];
        for (int i = 0; i < zipf.length; i++) {
            zipf[i] = (float) -Math.log(i + 1);
        }
        MemorySegment logits = arena.allocateFrom(VocabularyLogits.LOGIT, zipf);
        for (int version = 1; version <= 2; version++) {
            Sampler sampler = new Sampler(PLAIN.withMirostat(new Mirostat(version, 4, 0.1f)), zipf.length);
            double bits = 0;
            for (int i = 0; i < 3000; i++) {
                float before = sampler.state().mirostatMu();
                sampler.sample(logits);
                bits += i < 1000 ? 0 : 4 + (before - sampler.state().mirostatMu()) / 0.1;
            }
            assertEquals(4, bits / 2000, 0.05, "mean surprise of version " + version);
        }
    }

    private void assertFollows(double[] expected, SamplingOptions options) {
        Sampler sampler = new Sampler(options, LOGITS.length);
        MemorySegment logits = logits();
        int[] counts = new int[LOGITS.length];
        for (int i = 0; i < DRAWS; i++) {
            counts[sampler.sample(logits)]++;
        }
        assertFits(expected, counts);
    }

    private static void assertFits(double[] expected, int[] counts) {
        double statistic = 0;
        int cells = 0;
        for (int i = 0; i < expected.length; i++) {
            if (expected[i] == 0) {
                assertEquals(0, counts[i], "draws of token " + i);
            } else {
                double difference = counts[i] - DRAWS * expected[i];
                statistic += difference * difference / (DRAWS * expected[i]);
                cells++;
            }
        }
        double[] critical = {0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32}; // of 0.1 %, by degrees of freedom
        double found = statistic;
        assertTrue(statistic < critical[cells - 1], () -> "chi-square " + found);
    }

    /** The closed form: exp(logit / temperature) over their sum, for the tokens kept. */
    private static double[] softmax(double temperature, int... kept) {
        double[] probabilities = new double[LOGITS.length];
        double sum = 0;
        for (int token : kept) {
            probabilities[token] = Math.exp(LOGITS[token] / temperature);
            sum += probabilities[token];
        }
        for (int token : kept) {
            probabilities[token] /= sum;
        }
        return probabilities;
    }

    private static int[] all() {
        return new int[] {0, 1, 2, 3, 4, 5, 6, 7};
    }

    private MemorySegment logits() {
        return arena.allocateFrom(VocabularyLogits.LOGIT, LOGITS);
    }
}
