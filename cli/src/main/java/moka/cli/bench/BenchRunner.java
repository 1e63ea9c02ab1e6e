package moka.cli.bench;

import java.util.Arrays;
import java.util.SplittableRandom;
import moka.engine.Model;
import moka.engine.Session;
import moka.tokenizer.Tokenizer;

/**
 * Times one test: random tokens, first as a prompt, then one by one; neither sampling nor tokenization is timed. Before, the same
 * untimed: once as llama-bench does, but for a second at least, since the JVM compiles what it runs.
 */
public final class BenchRunner {
    private static final int WARMUP_TOKENS = 24;
    private static final long WARMUP_NANOS = 1_000_000_000L;

    /** Told after each run, the untimed included. */
    @FunctionalInterface
    public interface Listener {
        void onRun(int done, int total);
    }

    private final Session session;
    private final BenchSettings settings;
    private final SplittableRandom random = new SplittableRandom(42);

    public BenchRunner(Session session, BenchSettings settings) {
        this.session = session;
        this.settings = settings;
    }

    /** What is measured. */
    public Model model() {
        return session.model();
    }

    /** Nanoseconds of each timed run. */
    public long[] run(BenchTest test, int repetitions, boolean warmup, Listener listener) {
        int total = repetitions + 1;
        session.clear();
        long begin = System.nanoTime();
        while (warmup) {
            prompt(test.promptTokens());
            generate(Math.min(WARMUP_TOKENS, test.generatedTokens()));
            session.clear();
            warmup = System.nanoTime() - begin < WARMUP_NANOS;
        }
        prompt(test.depth());
        listener.onRun(1, total);
        long[] nanos = new long[repetitions];
        for (int i = 0; i < repetitions; i++) {
            session.rewind(test.depth());
            long start = System.nanoTime();
            prompt(test.promptTokens());
            generate(test.generatedTokens());
            nanos[i] = System.nanoTime() - start;
            listener.onRun(i + 2, total);
        }
        return nanos;
    }

    private void prompt(int count) {
        int[] ids = tokens(count);
        for (int at = 0; at < count; at += settings.batch()) {
            session.append(Arrays.copyOfRange(ids, at, Math.min(count, at + settings.batch())));
        }
    }

    private void generate(int count) {
        int[] ids = tokens(count);
        for (int id : ids) {
            session.append(new int[] {id});
        }
    }

    private int[] tokens(int count) {
        Tokenizer tokenizer = session.model().tokenizer();
        int[] ids = random.ints(count, 0, tokenizer.vocabularySize()).toArray();
        if (count > 0 && session.position() == 0 && tokenizer.addBos()) {
            ids[0] = tokenizer.bos();
        }
        return ids;
    }
}
