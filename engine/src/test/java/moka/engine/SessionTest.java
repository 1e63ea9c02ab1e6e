package moka.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.sampling.SamplingOptions;
import moka.gguf.GgufFile;
import moka.gguf.GgufWriter;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;
import moka.models.DefaultModel;
import moka.template.Message;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session keeps, reuses, drops, saves and refuses, on the default model. */
class SessionTest {
    private static final GenerationOptions GREEDY =
            GenerationOptions.DEFAULT.withSampling(SamplingOptions.GREEDY).withMaxTokens(24);
    private static final String QUESTION = "What is the capital of France?";

    private static Model model;

    @BeforeAll
    static void openModel() {
        model = Pebble.open(ModelOptions.DEFAULT);
    }

    @AfterAll
    static void closeModel() {
        model.close();
    }

    private static GenerationResult ask(Session session, String question) {
        return session.generate(List.of(Message.user(question)), GREEDY, GenerationListener.SILENT);
    }

    @Test
    void neverGeneratesWhatTheFileSuppresses(@TempDir Path folder) {
        Path path = folder.resolve("suppressing.gguf");
        int first;
        try (Session session = model.newSession()) {
            first = ask(session, QUESTION).tokens().getFirst();
        }
        try (GgufFile file = GgufFile.of(DefaultModel.FILE_NAME, Pebble.bytes())) {
            var suppressed = MetadataValue.integers(ValueType.INT32, first);
            var metadata = file.metadata().toBuilder().set("tokenizer.ggml.suppress_tokens", suppressed).build();
            GgufWriter.copy(file, path, metadata, GgufWriter.Options.DEFAULT);
        }
        try (Model suppressing = Model.open(path);
                Session session = suppressing.newSession()) {
            GenerationResult answer = ask(session, QUESTION);
            assertFalse(answer.tokens().isEmpty());
            assertFalse(answer.tokens().contains(first));
        }
    }

    @Test
    void computesOnlyWhatIsNewInATurn() {
        try (Session session = model.newSession()) {
            var messages = new ArrayList<>(List.of(Message.user(QUESTION)));
            GenerationResult first = session.generate(messages, GREEDY, GenerationListener.SILENT);
            assertEquals(0, first.timings().reusedTokens());
            int held = session.position();
            messages.add(Message.assistant(first.text()));
            messages.add(Message.user("And of Italy?"));
            GenerationResult second = session.generate(messages, GREEDY, GenerationListener.SILENT);
            assertTrue(second.timings().reusedTokens() >= held - 1, "reused " + second.timings());
            int prompt = second.timings().reusedTokens() + second.timings().prefillTokens();
            try (Session fresh = model.newSession()) {
                GenerationResult again = fresh.generate(messages, GREEDY, GenerationListener.SILENT);
                assertEquals(prompt, again.timings().prefillTokens());
                assertEquals(again.text(), second.text());
            }
        }
    }

    @Test
    void goesOnFromAnEarlierTokenAsIfNothingHadFollowed() {
        int[] ids = model.tokenizer().encode("The quick brown fox jumps over the lazy dog.", true, false);
        try (Session session = model.newSession();
                Session fresh = model.newSession()) {
            session.append(ids);
            session.append(new int[] {5, 6, 7, 8});
            session.rewind(3);
            assertThrows(IllegalStateException.class, session::logits);
            session.append(Arrays.copyOfRange(ids, 3, 8));
            fresh.append(Arrays.copyOf(ids, 3));
            fresh.append(Arrays.copyOfRange(ids, 3, 8));
            assertArrayEquals(floats(fresh), floats(session));
            assertArrayEquals(Arrays.copyOf(ids, 8), session.tokens());
        }
    }

    private static float[] floats(Session session) {
        return session.logits().toArray(ValueLayout.JAVA_FLOAT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"f16", "f32", "bf16", "q8_0", "q4_0"})
    void answersWithEveryTypeOfCache(String type) {
        try (Session session = model.newSession(SessionOptions.DEFAULT.withCacheType(type))) {
            assertTrue(ask(session, QUESTION).text().contains("Paris"), type);
        }
    }

    @Test
    void quantizedCachesAreSmaller() {
        long[] bytes = Stream.of("f32", "f16", "q8_0", "q4_0")
                .mapToLong(type -> model.memoryEstimate(SessionOptions.DEFAULT.withCacheType(type)).cacheBytes())
                .toArray();
        assertEquals(bytes[0], 2 * bytes[1]);
        assertEquals(bytes[0] / 4 * 34 / 32, bytes[2]);
        assertEquals(bytes[0] / 4 * 18 / 32, bytes[3]);
        assertThrows(
                EngineException.class, () -> model.newSession(SessionOptions.DEFAULT.withKeyCacheType("q9_0")));
    }

    @Test
    void savedSessionsGoOnWithoutComputing(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a session");
        int[] ids = model.tokenizer().encode("Once upon a time there was a " + "very ".repeat(300), true, false);
        float[] expected;
        try (Session session = model.newSession()) {
            session.append(ids);
            session.save(file);
            session.append(new int[] {42});
            expected = floats(session);
        }
        try (Session session = model.newSession()) {
            session.append(new int[] {1, 2, 3});
            session.restore(file);
            assertArrayEquals(ids, session.tokens());
            session.append(new int[] {42});
            assertArrayEquals(expected, floats(session));
            session.save(file);
            try (Stream<Path> left = Files.list(folder)) {
                assertEquals(List.of(file), left.toList());
            }
        }
    }

    @Test
    void refusesDamagedAndForeignFiles(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("session");
        try (Session session = model.newSession()) {
            session.append(new int[] {10, 11, 12});
            session.save(file);
            byte[] good = Files.readAllBytes(file);
            var random = new SplittableRandom(7);
            for (int i = 0; i < 200; i++) {
                byte[] bad = random.nextBoolean() ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
                if (bad.length == good.length) {
                    bad[random.nextInt(i < 100 ? 60 : bad.length)] ^= (byte) (1 << random.nextInt(8));
                }
                Files.write(file, bad);
                assertThrows(EngineException.class, () -> session.restore(file), "variant " + i);
                assertEquals(0, session.position());
            }
            Files.write(file, good);
            session.restore(file);
            assertEquals(3, session.position());
            try (Session other = model.newSession(SessionOptions.DEFAULT.withCacheType("q8_0"))) {
                assertTrue(assertThrows(EngineException.class, () -> other.restore(file))
                        .getMessage()
                        .contains("another type of cache"));
            }
            assertThrows(EngineException.class, () -> session.restore(folder.resolve("none")));
            assertThrows(EngineException.class, () -> session.save(folder.resolve("none/session")));
            Path letter = Files.writeString(folder.resolve("letter"), "Dear reader");
            assertThrows(EngineException.class, () -> session.save(letter));
            assertEquals("Dear reader", Files.readString(letter), "what is no session is not written over");
        }
    }

    @Test
    void saysWhenTheContextIsFull() {
        try (Session session = model.newSession(SessionOptions.DEFAULT.withContextLength(40))) {
            GenerationResult result = session.complete(
                    "Tell me a story.", true, false, GREEDY.withMaxTokens(-1).withIgnoreEndOfGeneration(true),
                    GenerationListener.SILENT);
            assertEquals(StopReason.CONTEXT_FULL, result.stopReason());
            assertEquals(40, session.position());
            assertThrows(EngineException.class, () -> session.append(new int[] {1}));
            assertTrue(assertThrows(EngineException.class, () -> session.complete(
                                    "word ".repeat(60), true, false, GREEDY, GenerationListener.SILENT))
                    .getMessage()
                    .contains("the context holds 40"));
        }
    }

    @Test
    void dropsTheOldestWhenAskedTo() {
        var dropped = new ArrayList<Integer>();
        var listener = new GenerationListener() {
            @Override
            public void onText(String text) {}

            @Override
            public void onContextShift(int droppedTokens) {
                dropped.add(droppedTokens);
            }
        };
        try (Session session = model.newSession(SessionOptions.DEFAULT.withContextLength(40))) {
            int[] prompt = model.tokenizer().encode("Tell me a story.", true, false);
            GenerationResult result = session.generate(
                    prompt,
                    GREEDY.withMaxTokens(100).withIgnoreEndOfGeneration(true).withContextShift(3),
                    listener);
            assertEquals(StopReason.MAX_TOKENS, result.stopReason());
            assertEquals(100, result.tokens().size());
            assertFalse(dropped.isEmpty());
            assertEquals(18, dropped.getFirst());
            int[] held = session.tokens();
            assertArrayEquals(Arrays.copyOf(prompt, 3), Arrays.copyOf(held, 3));
            List<Integer> last = result.tokens().subList(99 - (held.length - 3), 99);
            assertArrayEquals(
                    last.stream().mapToInt(Integer::intValue).toArray(), Arrays.copyOfRange(held, 3, held.length));
        }
    }

    @Test
    void optionsWithoutACancellationOfTheirOwnCannotBeCancelled() {
        assertThrows(IllegalStateException.class, GenerationOptions.DEFAULT.withMaxTokens(3).cancellation()::cancel);
        assertFalse(GREEDY.cancellation().isCancelled());
    }

    @Test
    void cancelledAnswersKeepTheirText() {
        var cancellation = new Cancellation();
        try (Session session = model.newSession()) {
            GenerationResult result = session.generate(
                    List.of(Message.user("Tell me a story.")),
                    GREEDY.withMaxTokens(-1).withCancellation(cancellation),
                    text -> cancellation.cancel());
            assertEquals(StopReason.CANCELLED, result.stopReason());
            assertFalse(result.text().isEmpty());
            assertTrue(ask(session, QUESTION).text().contains("Paris"));
        }
    }

    @Test
    void sequencesDecodedTogetherAnswerAsAlone() {
        List<String> questions = List.of(
                QUESTION, "What is the capital of Italy?", "What is the chemical symbol of gold?", "Who are you?",
                "What is 2 plus 3?", "Is a whale a fish?", "Tell me a story.", "Hello");
        var alone = new ArrayList<String>();
        var prompts = new ArrayList<int[]>();
        try (Session session = model.newSession()) {
            for (String question : questions) {
                prompts.add(model.tokenizer().encode(session.render(List.of(Message.user(question)), GREEDY), true));
                alone.add(ask(session, question).text());
            }
        }
        for (int sequences : new int[] {1, 3, 5}) {
            var together = new String[questions.size()];
            var failures = new ArrayList<Integer>();
            var requests = new ArrayList<>(prompts.stream()
                    .map(it -> new ParallelGenerator.Request(it, GREEDY, GenerationListener.SILENT))
                    .toList());
            requests.add(new ParallelGenerator.Request(new int[9000], GREEDY, GenerationListener.SILENT));
            try (var generator = new ParallelGenerator(model, SessionOptions.DEFAULT, sequences)) {
                generator.run(requests.iterator(), new ParallelGenerator.Listener() {
                    @Override
                    public void onAnswer(int index, GenerationResult result) {
                        together[index] = result.text();
                    }

                    @Override
                    public void onFailure(int index, RuntimeException failure) {
                        failures.add(index);
                    }
                });
            }
            assertEquals(alone, Arrays.asList(together), sequences + " sequences");
            assertEquals(List.of(questions.size()), failures);
        }
    }

    @Test
    void closedAndBusyThingsSaySo() {
        Model own = Pebble.open(ModelOptions.DEFAULT);
        Session session = own.newSession();
        assertThrows(IllegalStateException.class, own::close);
        session.generate(new int[] {1, 2, 3}, GREEDY, text -> {
            assertThrows(IllegalStateException.class, session::clear);
            assertThrows(IllegalStateException.class, session::close);
        });
        session.close();
        session.close();
        assertThrows(IllegalStateException.class, () -> session.append(new int[] {1}));
        assertThrows(IllegalStateException.class, session::logits);
        own.close();
        own.close();
        assertThrows(IllegalStateException.class, own::newSession);
    }

    @Test
    void refusesIdsOutsideTheVocabulary() {
        try (Session session = model.newSession()) {
            for (int id : new int[] {-1, model.vocabularySize(), Integer.MAX_VALUE}) {
                assertThrows(EngineException.class, () -> session.append(new int[] {0, id}));
                assertEquals(0, session.position());
            }
        }
    }
}
