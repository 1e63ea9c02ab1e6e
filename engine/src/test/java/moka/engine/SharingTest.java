package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import moka.engine.sampling.SamplingOptions;
import moka.template.Message;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One model, many threads: answers are those computed alone, and whoever closes too early is told so. */
@Timeout(120) // a deadlock is a failure
class SharingTest {
    private static final int THREADS = 32;
    private static final GenerationOptions GREEDY =
            GenerationOptions.DEFAULT.withSampling(SamplingOptions.GREEDY).withMaxTokens(16);
    private static final List<String> QUESTIONS = List.of(
            "What is the capital of France?", "What is the capital of Italy?", "Who are you?", "Tell me a story.", "What is 2 plus 3?");

    private static Model open(ModelOptions options) {
        return Pebble.open(options);
    }

    private static GenerationResult ask(Session session, String question, GenerationOptions options, GenerationListener listener) {
        return session.generate(List.of(Message.user(question)), options, listener);
    }

    /** Each thread has a session of its own, asks twice, and in between is cancelled from another thread or by its listener, or is not. */
    @ParameterizedTest
    @ValueSource(strings = {"", "vector"})
    void sessionsOfManyThreadsAnswerAsAlone(String kernels) throws Exception {
        try (Model model = open(kernels.isEmpty() ? ModelOptions.DEFAULT : ModelOptions.DEFAULT.withKernels(kernels))) {
            List<List<Integer>> alone;
            try (Session session = model.newSession()) {
                alone = QUESTIONS.stream().map(it -> ask(session, it, GREEDY, GenerationListener.SILENT).tokens()).toList();
            }
            CountDownLatch start = new CountDownLatch(THREADS);
            try (var threads = Executors.newFixedThreadPool(THREADS);
                    var cancellers = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Callable<Void>> work = IntStream.range(0, THREADS).<Callable<Void>>mapToObj(i -> () -> {
                    var random = new SplittableRandom(i);
                    start.countDown();
                    start.await();
                    try (Session session = model.newSession()) {
                        for (int round = 0; round < 2; round++) {
                            int question = random.nextInt(QUESTIONS.size());
                            assertEquals(alone.get(question), ask(session, QUESTIONS.get(question), GREEDY, GenerationListener.SILENT).tokens(), "thread " + i);
                            cancelled(session, random, cancellers::submit, alone.get(3));
                        }
                    }
                    return null;
                }).toList();
                for (Future<Void> future : threads.invokeAll(work)) {
                    future.get();
                }
            }
        }
    }

    /** What was answered before the cancellation is the beginning of the whole answer. */
    private static void cancelled(Session session, SplittableRandom random, Consumer<Runnable> elsewhere, List<Integer> whole) {
        var cancellation = new Cancellation();
        int after = random.nextInt(8);
        var listener = new GenerationListener() {
            private int heard;

            @Override
            public void onText(String text) {
                if (heard++ == after) {
                    cancellation.cancel();
                }
            }
        };
        if (random.nextBoolean()) {
            elsewhere.accept(cancellation::cancel);
        }
        List<Integer> tokens = ask(session, QUESTIONS.get(3), GREEDY.withCancellation(cancellation), listener).tokens();
        assertEquals(whole.subList(0, tokens.size()), tokens);
    }

    @Test
    void nothingCanBeClosedWhileItIsInUse() throws Exception {
        Model model = open(ModelOptions.DEFAULT);
        Session session = model.newSession();
        List<Integer> alone = ask(session, QUESTIONS.get(0), GREEDY, GenerationListener.SILENT).tokens();
        session.clear();
        var refusals = new ArrayList<String>();
        List<Integer> tokens = ask(session, QUESTIONS.get(0), GREEDY, text -> {
            Thread other = Thread.ofPlatform().start(() -> {
                refusals.add(assertThrows(IllegalStateException.class, model::close).getMessage());
                refusals.add(assertThrows(IllegalStateException.class, session::close).getMessage());
                refusals.add(assertThrows(IllegalStateException.class, () -> session.append(new int[] {1})).getMessage());
                refusals.add(assertThrows(IllegalStateException.class, () -> session.save(Path.of("never"))).getMessage());
            });
            join(other);
        }).tokens();
        assertEquals(alone, tokens);
        assertTrue(refusals.size() >= 4 && refusals.getFirst().contains("open sessions: session 1"), refusals.toString());
        assertTrue(refusals.stream().allMatch(it -> it.lines().count() == 1), refusals.toString());
        session.close();
        session.close();
        for (Runnable use : List.<Runnable>of(
                () -> session.append(new int[] {1}), session::logits, session::clear, () -> session.rewind(0),
                () -> session.save(Path.of("never")), () -> session.restore(Path.of("never")), () -> session.evaluate(new int[] {1}, (at, logits) -> {}),
                () -> ask(session, "x", GREEDY, GenerationListener.SILENT))) {
            assertThrows(IllegalStateException.class, use::run);
        }
        model.close();
        model.close();
        assertThrows(IllegalStateException.class, model::newSession);
    }

    /** Kernels work with addresses: an embedding after, or beside, the closing of its model would read memory that is not there any more. */
    @Test
    void embeddingsEndBeforeTheirModelDoes() throws Exception {
        Path file = goldenFolder().resolve("bert.gguf");
        Assumptions.assumeTrue(Files.exists(file), "skipped: embeddings while a model closes, needs " + file);
        for (int round = 0; round < 10; round++) {
            Model model = Model.open(file);
            CountDownLatch first = new CountDownLatch(1);
            Thread embedding = Thread.ofPlatform().start(() -> assertThrows(IllegalStateException.class, () -> {
                while (true) {
                    model.embed(new int[] {1, 2, 3, 4, 5});
                    first.countDown();
                }
            }));
            first.await();
            model.close();
            join(embedding);
            assertThrows(IllegalStateException.class, () -> model.embed(new int[] {1}));
        }
    }

    private static Path goldenFolder() {
        return Stream.iterate(Path.of("").toAbsolutePath(), Objects::nonNull, Path::getParent)
                .map(it -> it.resolve("test-models/golden/zoo"))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
