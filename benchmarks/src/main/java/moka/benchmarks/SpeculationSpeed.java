package moka.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.Speculation;
import moka.engine.sampling.SamplingOptions;
import moka.template.Message;

/**
 * Greedy decoding with and without guesses of the same text: tokens per second (the median of rounds in which all ways take turns), passes and
 * acceptance, CPU time of the process for a token (its prompt's share included; with one thread this tells on a busy machine too), and whether
 * the answers are the same. The prompt is a message where the model has a chat template, else the beginning of a text.
 *
 * <p>{@code SpeculationSpeed MODEL.gguf TOKENS PROMPT [DRAFT.gguf]}, with {@code -Drounds=5 -Dthreads=1}
 */
public final class SpeculationSpeed {
    private static final int ROUNDS = Integer.getInteger("rounds", 5);
    private static final ModelOptions OPTIONS = ModelOptions.DEFAULT.withThreads(Integer.getInteger("threads", 0));
    private static final OperatingSystemMXBean PROCESS = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** An answer and what it took. */
    private record Timed(GenerationResult result, long cpuNanos) {}

    private final Model model;
    private final String prompt;
    private final Map<String, GenerationOptions> ways = new LinkedHashMap<>();
    private final Map<String, List<Timed>> results = new LinkedHashMap<>();

    private SpeculationSpeed(Model model, String prompt) {
        this.model = model;
        this.prompt = prompt;
    }

    public static void main(String[] arguments) {
        GenerationOptions plain = GenerationOptions.DEFAULT
                .withSampling(SamplingOptions.GREEDY)
                .withIgnoreEndOfGeneration(true)
                .withMaxTokens(Integer.parseInt(arguments[1]));
        try (Model model = Model.open(Path.of(arguments[0]), OPTIONS)) {
            System.out.printf(Locale.ROOT, "%s, %d threads, %s%n", model.name(), model.threads(), model.kernels());
            SpeculationSpeed speed = new SpeculationSpeed(model, arguments[2]);
            speed.ways.put("plain", plain);
            for (int guesses : new int[] {2, 4, 8, 15}) {
                speed.ways.put("lookup, up to " + guesses, plain.withSpeculation(new Speculation.PromptLookup(guesses, 4)));
            }
            if (arguments.length == 3) {
                speed.run();
                return;
            }
            try (Model small = Model.open(Path.of(arguments[3]), OPTIONS);
                    Session session = small.newSession()) {
                for (int guesses : new int[] {2, 4, 8}) {
                    speed.ways.put("draft model, up to " + guesses, plain.withSpeculation(new Speculation.DraftModel(session, guesses)));
                }
                speed.run();
            }
        }
    }

    private void run() {
        for (int round = 0; round <= ROUNDS; round++) {
            boolean warmUp = round == 0;
            ways.forEach((name, options) -> {
                long start = PROCESS.getProcessCpuTime();
                GenerationResult result = answer(options);
                if (!warmUp) {
                    results.computeIfAbsent(name, _ -> new ArrayList<>()).add(new Timed(result, PROCESS.getProcessCpuTime() - start));
                }
            });
        }
        results.forEach(this::print);
        System.out.println("the answer: " + results.get("plain").getFirst().result.text().replace("\n", "\\n"));
    }

    private GenerationResult answer(GenerationOptions options) {
        try (Session session = model.newSession()) {
            return model.chatTemplate().isPresent()
                    ? session.generate(List.of(Message.user(prompt)), options, GenerationListener.SILENT)
                    : session.complete(prompt, true, false, options, GenerationListener.SILENT);
        }
    }

    private void print(String name, List<Timed> all) {
        double[] rates = all.stream().mapToDouble(it -> it.result.timings().decodeTokensPerSecond()).sorted().toArray();
        GenerationResult result = all.getFirst().result;
        double[] cpu = all.stream().mapToDouble(it -> it.cpuNanos / 1e6 / result.tokens().size()).sorted().toArray();
        var counts = result.speculation();
        List<Integer> expected = results.get("plain").getFirst().result.tokens();
        System.out.printf(Locale.ROOT, "%-24s %8.1f tokens/s (%.1f to %.1f), CPU %7.3f ms a token, %4d tokens, %4d passes, %4d guessed, %4d accepted (%3.0f %%)%s%n",
                name, rates[rates.length / 2], rates[0], rates[rates.length - 1], cpu[cpu.length / 2], result.tokens().size(), counts.passes(), counts.guessed(),
                counts.accepted(), 100 * counts.acceptance(), all.stream().allMatch(it -> it.result.tokens().equals(expected)) ? "" : ", OTHER ANSWER");
    }
}
