package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import moka.engine.grammar.Grammar;
import moka.engine.sampling.SamplingOptions;
import moka.engine.sampling.SamplingOptions.Dry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sampling and grammars through a session, on the default model. */
class SampledGenerationTest {
    private static final String PROMPT = "One two three. One two three. One two three. One two";

    private static Model model;

    @BeforeAll
    static void openModel() {
        model = Pebble.open(ModelOptions.DEFAULT);
    }

    @AfterAll
    static void closeModel() {
        model.close();
    }

    private static GenerationResult complete(GenerationOptions options) {
        try (Session session = model.newSession()) {
            return session.complete(PROMPT, true, false, options.withMaxTokens(40), GenerationListener.SILENT);
        }
    }

    @Test
    void sameSeedSameAnswerOtherSeedOtherAnswer() {
        GenerationOptions hot = GenerationOptions.DEFAULT.withTemperature(1.5f);
        GenerationResult first = complete(hot.withSeed(3));
        assertEquals(first.tokens(), complete(hot.withSeed(3)).tokens());
        assertEquals(3, first.seed());
        assertNotEquals(first.tokens(), complete(hot.withSeed(4)).tokens());
        GenerationResult random = complete(hot);
        assertEquals(random.tokens(), complete(hot.withSeed(random.seed())).tokens());
    }

    @Test
    void forbiddenTokensAreNeverDrawn() {
        GenerationOptions greedy = GenerationOptions.DEFAULT.withSampling(SamplingOptions.GREEDY);
        int first = complete(greedy).tokens().getFirst();
        GenerationResult without =
                complete(greedy.withSampling(SamplingOptions.GREEDY.withLogitBias(Map.of(first, Float.NEGATIVE_INFINITY))));
        assertFalse(without.tokens().contains(first));
    }

    @Test
    void sequenceBreakersStopDry() {
        GenerationOptions greedy = GenerationOptions.DEFAULT.withIgnoreEndOfGeneration(true);
        Dry unbroken = new Dry(5, 1.75f, 2, -1, List.of());
        SamplingOptions sampling = SamplingOptions.GREEDY;
        List<Integer> free = complete(greedy.withSampling(sampling)).tokens();
        List<Integer> dry = complete(greedy.withSampling(sampling.withDry(unbroken))).tokens();
        assertNotEquals(free, dry);
        // With every letter a breaker nothing is ever taken for a repeat.
        List<String> letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,\n!?'".chars().mapToObj(Character::toString).toList();
        assertEquals(free, complete(greedy.withSampling(sampling.withDry(new Dry(5, 1.75f, 2, -1, letters)))).tokens());
    }

    @Test
    void hotAnswersStillMatchTheirGrammar() {
        Grammar grammar = Grammar.ofJsonSchema("{\"type\":\"object\",\"properties\":{\"age\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":99},"
                + "\"kind\":{\"enum\":[\"cat\",\"dog\"]}},\"required\":[\"age\",\"kind\"],\"additionalProperties\":false}");
        int ended = 0;
        for (int seed = 0; seed < 20; seed++) {
            GenerationResult answer = complete(GenerationOptions.DEFAULT.withTemperature(5).withSeed(seed).withGrammar(grammar));
            if (answer.stopReason() == StopReason.END_OF_GENERATION) {
                ended++;
                assertTrue(grammar.accepts(answer.text()), answer.text());
            }
        }
        assertTrue(ended > 0, "ended " + ended);
    }
}
