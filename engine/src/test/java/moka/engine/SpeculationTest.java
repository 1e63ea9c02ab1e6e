package moka.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import moka.engine.grammar.Grammar;
import moka.engine.sampling.SamplingOptions;
import moka.template.Message;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Guessing ahead changes the passes, never the answer. */
class SpeculationTest {
    private static final GenerationOptions GREEDY =
            GenerationOptions.DEFAULT.withSampling(SamplingOptions.GREEDY).withMaxTokens(60);
    private static final List<String> QUESTIONS = List.of(
            "What is the capital of France?",
            "Repeat: red green blue red green blue red green blue red green",
            "Tell me a story about a fox.",
            "Count: one two three four. Count: one two three four. Count:");

    private static Model model;

    @BeforeAll
    static void openModel() {
        model = Pebble.open(ModelOptions.DEFAULT);
    }

    @AfterAll
    static void closeModel() {
        model.close();
    }

    private static GenerationResult ask(String question, GenerationOptions options) {
        try (Session session = model.newSession()) {
            GenerationResult result = session.generate(List.of(Message.user(question)), options, GenerationListener.SILENT);
            // The cache holds the prompt and what was told: of the last token nothing had to be computed.
            int[] held = session.tokens();
            int[] told = result.tokens().stream().mapToInt(Integer::intValue).toArray();
            int prompt = result.timings().reusedTokens() + result.timings().prefillTokens();
            assertTrue(held.length == prompt + told.length || held.length == prompt + told.length - 1, held.length + " tokens are held");
            assertArrayEquals(Arrays.copyOf(told, held.length - prompt), Arrays.copyOfRange(held, prompt, held.length));
            return result;
        }
    }

    @Test
    void lookupGivesTheSameGreedyAnswers() {
        int accepted = 0;
        for (String question : QUESTIONS) {
            GenerationResult plain = ask(question, GREEDY);
            GenerationResult guessed = ask(question, GREEDY.withSpeculation(Speculation.PromptLookup.DEFAULT));
            assertEquals(plain.tokens(), guessed.tokens(), question);
            assertEquals(plain.text(), guessed.text());
            assertEquals(plain.stopReason(), guessed.stopReason());
            SpeculationCounts counts = guessed.speculation();
            assertEquals(SpeculationCounts.NONE, plain.speculation());
            assertTrue(counts.accepted() <= counts.guessed());
            assertTrue(guessed.tokens().size() <= counts.passes() + counts.accepted() + 1, () -> String.valueOf(counts));
            accepted += counts.accepted();
        }
        assertTrue(accepted > 0, "accepted " + accepted);
    }

    @Test
    void lookupGivesTheSameSampledAnswersForASeed() {
        GenerationOptions sampled = GenerationOptions.DEFAULT.withSeed(7).withMaxTokens(60);
        for (String question : QUESTIONS) {
            assertEquals(
                    ask(question, sampled).tokens(),
                    ask(question, sampled.withSpeculation(new Speculation.PromptLookup(4, 2))).tokens());
        }
    }

    @Test
    void aDraftModelGivesTheSameAnswersInFewerPasses() {
        try (Session draft = model.newSession()) {
            for (String question : QUESTIONS) {
                GenerationResult plain = ask(question, GREEDY);
                GenerationResult guessed = ask(question, GREEDY.withSpeculation(new Speculation.DraftModel(draft, 8)));
                assertEquals(plain.tokens(), guessed.tokens(), question);
                // The draft is the model itself: it is right but for the rounding of several rows, and for what follows the end.
                SpeculationCounts counts = guessed.speculation();
                assertTrue(counts.passes() <= 2 + plain.tokens().size() / 2, () -> counts + " for " + plain.tokens().size());
            }
        }
    }

    @Test
    void guessesLessWhereTheDraftModelIsUnsureOrThereAreTooFew() {
        try (Session draft = model.newSession()) {
            for (String question : QUESTIONS) {
                GenerationResult plain = ask(question, GREEDY);
                GenerationResult all = ask(question, GREEDY.withSpeculation(new Speculation.DraftModel(draft, 8, 0, 0)));
                GenerationResult sure = ask(question, GREEDY.withSpeculation(new Speculation.DraftModel(draft, 8, 0, 0.9f)));
                GenerationResult certain = ask(question, GREEDY.withSpeculation(new Speculation.DraftModel(draft, 8, 0, 1)));
                assertEquals(plain.tokens(), sure.tokens(), question);
                assertTrue(sure.speculation().guessed() <= all.speculation().guessed(), question);
                assertTrue(certain.speculation().guessed() <= sure.speculation().guessed(), question);
                GenerationResult many = ask(question, GREEDY.withSpeculation(new Speculation.PromptLookup(8, 8, 4)));
                assertEquals(plain.tokens(), many.tokens(), question);
                assertEquals(0, many.speculation().guessed() % 8, question);
            }
        }
    }

    @Test
    void oneSequenceOfAGeneratorGuessesAndSeveralRefuseTo() {
        GenerationOptions options = GREEDY.withSpeculation(Speculation.PromptLookup.DEFAULT);
        List<GenerationResult> answers = new ArrayList<>();
        for (int sequences : new int[] {1, 2}) {
            try (ParallelGenerator generator = new ParallelGenerator(model, SessionOptions.DEFAULT, sequences)) {
                int[] prompt = generator.encode(List.of(Message.user(QUESTIONS.get(1))), options);
                Runnable run = () -> generator.run(
                        List.of(new ParallelGenerator.Request(prompt, options, GenerationListener.SILENT)).iterator(), collect(answers));
                if (sequences == 1) {
                    run.run();
                } else {
                    assertThrows(IllegalArgumentException.class, run::run);
                }
            }
        }
        assertEquals(1, answers.size());
        assertEquals(ask(QUESTIONS.get(1), GREEDY).tokens(), answers.getFirst().tokens());
        assertTrue(answers.getFirst().speculation().passes() > 0);
    }

    private static ParallelGenerator.Listener collect(List<GenerationResult> answers) {
        return new ParallelGenerator.Listener() {
            @Override
            public void onAnswer(int index, GenerationResult result) {
                answers.add(result);
            }

            @Override
            public void onFailure(int index, RuntimeException failure) {
                throw failure;
            }
        };
    }

    @Test
    void guessesObeyGrammarsAndStopTexts() {
        Grammar list = Grammar.ofGbnf("root ::= \"[\" [a-z]+ (\", \" [a-z]+){5,8} \"]\"");
        GenerationOptions held = GREEDY.withGrammar(list).withMaxTokens(200);
        assertEquals(ask(QUESTIONS.get(1), held).text(), ask(QUESTIONS.get(1), held.withSpeculation(Speculation.PromptLookup.DEFAULT)).text());
        GenerationOptions stopping = GREEDY.withStopTexts(List.of(" is"));
        GenerationResult stopped = ask(QUESTIONS.get(0), stopping.withSpeculation(Speculation.PromptLookup.DEFAULT));
        assertEquals(ask(QUESTIONS.get(0), stopping).text(), stopped.text());
    }

    @Test
    void endsOrShiftsWhereTheContextIsFull() {
        for (GenerationOptions options : List.of(GREEDY.withMaxTokens(150), GREEDY.withMaxTokens(150).withContextShift(4))) {
            GenerationOptions unending = options.withIgnoreEndOfGeneration(true);
            GenerationResult plain = inSmallContext(unending);
            GenerationResult guessed = inSmallContext(unending.withSpeculation(Speculation.PromptLookup.DEFAULT));
            assertEquals(plain.stopReason(), guessed.stopReason());
            assertEquals(plain.tokens(), guessed.tokens());
        }
    }

    private static GenerationResult inSmallContext(GenerationOptions options) {
        try (Session session = model.newSession(SessionOptions.DEFAULT.withContextLength(64))) {
            return session.complete("one two one two one two one", true, false, options, GenerationListener.SILENT);
        }
    }

    @Test
    void refusesGuessCountsOutOfRange() {
        assertThrows(IllegalArgumentException.class, () -> new Speculation.PromptLookup(0, 3));
        assertThrows(IllegalArgumentException.class, () -> new Speculation.PromptLookup(16, 3));
        assertThrows(IllegalArgumentException.class, () -> new Speculation.PromptLookup(4, 0));
        assertThrows(IllegalArgumentException.class, () -> new Speculation.PromptLookup(4, 5, 3));
    }

    @Test
    void looksUpTheLongestThenLatestMatch() {
        var lookup = new Guesser.Lookup(3);
        assertArrayEquals(new int[] {9, 8}, lookup.guess(new int[] {1, 2, 3, 9, 8, 2, 3, 7, 1, 2, 3}, 2));
        assertArrayEquals(new int[] {7, 5, 3, 7}, lookup.guess(new int[] {3, 9, 8, 3, 7, 5, 3}, 4), "the text is taken to go round");
        assertArrayEquals(new int[] {2, 3, 1, 2, 3}, lookup.guess(new int[] {1, 2, 3, 1, 2, 3, 1}, 5));
        assertArrayEquals(new int[] {7, 7, 7, 7}, lookup.guess(new int[] {5, 7, 7}, 4));
        assertArrayEquals(new int[0], lookup.guess(new int[] {1, 2, 3}, 8));
    }
}
