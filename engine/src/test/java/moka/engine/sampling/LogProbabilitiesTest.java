package moka.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class LogProbabilitiesTest {
    @Test
    void areTheLogarithmsOfTheSoftmaxBeforeAnyStep() {
        try (Arena arena = Arena.ofConfined()) {
            var logits = arena.allocateFrom(VocabularyLogits.LOGIT, 1, 3, Float.NEGATIVE_INFINITY, 3, 0);
            double logMass = Math.log(Math.exp(1) + 2 * Math.exp(3) + 1);
            LogProbabilities found = LogProbabilities.of(logits, 5, 4, 3);
            assertEquals(4, found.token());
            assertEquals(-logMass, found.logProbability(), 1e-6);
            assertArrayEquals(new int[] {1, 3, 0}, found.topTokens());
            float likeliest = (float) (3 - logMass);
            assertArrayEquals(new float[] {likeliest, likeliest, (float) (1 - logMass)}, found.topLogProbabilities(), 1e-6f);
            assertEquals(Float.NEGATIVE_INFINITY, LogProbabilities.of(logits, 5, 2, 0).logProbability());
            assertEquals(4, LogProbabilities.of(logits, 5, 1, 99).topTokens().length);
        }
    }
}
