package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import moka.engine.sampling.SamplingOptions;
import moka.template.Message;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Long runs in small: resident memory, open files and threads do not grow. {@code -Dmoka.long.turns=10000 -Dmoka.long.sessions=1000} runs them
 * whole; the curve is written to {@code target/long-run-*.csv}.
 */
class LongRunTest {
    private static final int TURNS = Integer.getInteger("moka.long.turns", 80);
    private static final int SESSIONS = Integer.getInteger("moka.long.sessions", 40);
    private static final int CONTEXT = 512;
    private static final int MOST_GROWTH_MEGABYTES = 96; // compiled code and the heap's slack; a leak of one cache a turn is far more
    private static final List<String> QUESTIONS = List.of("What is the capital of France?", "Who are you?", "What is 2 plus 3?", "Is a whale a fish?");

    /** What the process holds. */
    private record Holding(int at, long residentBytes, long files, int threads) {
        static Holding now(int at) {
            try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
                long resident = Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(it -> it.startsWith("VmRSS:"))
                        .mapToLong(it -> Long.parseLong(it.replaceAll("\\D", "")) << 10)
                        .sum();
                return new Holding(at, resident, open.count(), Thread.getAllStackTraces().size());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static Model open() {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "skipped: long runs, for there is no /proc");
        return Pebble.open(ModelOptions.DEFAULT.withThreads(1));
    }

    /** A conversation that is begun anew when the context is full, as by /clear; every third one runs on by dropping its oldest tokens. */
    @Test
    void manyTurnsHoldNoMore() throws IOException {
        try (Model model = open();
                Session session = model.newSession(SessionOptions.DEFAULT.withContextLength(CONTEXT))) {
            var messages = new ArrayList<Message>();
            int[] conversations = {0};
            GenerationOptions greedy = GenerationOptions.DEFAULT.withSampling(SamplingOptions.GREEDY).withMaxTokens(8);
            measure("turns", TURNS, turn -> {
                if (messages.size() >= 16) {
                    messages.clear();
                    session.clear();
                    conversations[0]++;
                }
                messages.add(Message.user(QUESTIONS.get(turn % QUESTIONS.size())));
                GenerationOptions options = conversations[0] % 3 == 2 && messages.size() == 15
                        ? greedy.withIgnoreEndOfGeneration(true).withMaxTokens(CONTEXT).withContextShift(4)
                        : greedy;
                messages.add(Message.assistant(session.generate(messages, options, GenerationListener.SILENT).text()));
            });
        }
    }

    @Test
    void manySessionsHoldNoMore() throws IOException {
        try (Model model = open()) {
            GenerationOptions greedy = GenerationOptions.DEFAULT.withSampling(SamplingOptions.GREEDY).withMaxTokens(4);
            measure("sessions", SESSIONS, i -> {
                try (Session session = model.newSession()) {
                    session.generate(List.of(Message.user(QUESTIONS.get(i % QUESTIONS.size()))), greedy, GenerationListener.SILENT);
                }
            });
        }
    }

    @Test
    void manyModelsHoldNoMore() throws IOException {
        measure("models", Math.max(8, SESSIONS / 5), i -> {
            try (Model model = open();
                    Session session = model.newSession()) {
                session.append(new int[] {1, 2, 3});
            }
        });
    }

    @FunctionalInterface
    private interface Step {
        void run(int index);
    }

    private static void measure(String name, int count, Step step) throws IOException {
        var curve = new ArrayList<Holding>();
        int warm = Math.max(1, count / 10);
        for (int i = 0; i < count; i++) {
            step.run(i);
            if (i + 1 >= warm && (i + 1) % warm == 0) {
                System.gc();
                curve.add(Holding.now(i + 1));
            }
        }
        var lines = new ArrayList<>(List.of(name + ",resident MB,files,threads"));
        curve.forEach(it -> lines.add(String.format(Locale.ROOT, "%d,%.1f,%d,%d", it.at, it.residentBytes / 1e6, it.files, it.threads)));
        Files.createDirectories(Path.of("target"));
        Files.write(Path.of("target", "long-run-" + name + ".csv"), lines);
        Holding first = curve.getFirst();
        Holding last = curve.getLast();
        assertEquals(first.files, last.files, () -> "open files: " + lines);
        assertTrue(last.threads <= first.threads, () -> "threads: " + lines);
        assertTrue(last.residentBytes - first.residentBytes < MOST_GROWTH_MEGABYTES << 20, () -> "resident memory: " + lines);
    }
}
