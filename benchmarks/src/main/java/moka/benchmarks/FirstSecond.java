package moka.benchmarks;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;

/**
 * How fast the first second of decoding is beside the rate from the third second on, in a JVM that has just started: {@code FirstSecond MODEL [THREADS [TOKENS]]}.
 * The clock starts with the first token. Beside it the time that the JVM's compilers worked, which includes waiting where processors are few.
 */
public final class FirstSecond {
    private static final String PROMPT = "The history of the ocean begins with ".repeat(6);
    private static final long SECOND = 1_000_000_000L;

    private FirstSecond() {}

    public static void main(String[] arguments) {
        Path file = Path.of(arguments[0]);
        int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
        int tokens = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 256;
        CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
        List<Long> times = new ArrayList<>();
        List<Long> compiled = new ArrayList<>();
        var listener = new GenerationListener() {
            @Override
            public void onText(String text) {}

            @Override
            public void onToken(int id) {
                times.add(System.nanoTime());
                compiled.add(compilers.getTotalCompilationTime());
            }
        };
        var options = GenerationOptions.DEFAULT.withMaxTokens(tokens).withTemperature(0).withIgnoreEndOfGeneration(true);
        try (Model model = Model.open(file, ModelOptions.DEFAULT.withThreads(threads));
                Session session = model.newSession()) {
            session.complete(PROMPT, true, false, options, listener);
        }
        int first = before(times, SECOND);
        int third = before(times, 2 * SECOND);
        if (third + 1 >= times.size()) {
            System.out.println(times.size() + " tokens took less than two seconds: ask for more");
            return;
        }
        double rate = (times.size() - 1 - third) * (double) SECOND / (times.getLast() - times.get(third));
        System.out.printf(
                Locale.ROOT, "%s: %d tokens in the first second, then %.1f a second: %.2f; compilers %d ms before, %d ms in it%n",
                file.getFileName(), first, rate, first / rate, compiled.getFirst(), compiled.get(first - 1) - compiled.getFirst());
    }

    /** Tokens up to a time after the first. */
    private static int before(List<Long> times, long nanos) {
        int count = 0;
        while (count < times.size() && times.get(count) - times.getFirst() < nanos) {
            count++;
        }
        return count;
    }
}
