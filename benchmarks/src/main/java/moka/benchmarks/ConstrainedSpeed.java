package moka.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.grammar.Grammar;
import moka.engine.sampling.SamplingOptions;

/**
 * Whole answers with and without a JSON schema, in turns: tokens per second and CPU time of the process for a token, the medians of the rounds.
 * With weights that mean nothing the likeliest tokens are rarely allowed, so that nearly every token needs the whole mask.
 *
 * <p>{@code ConstrainedSpeed MODEL.gguf TOKENS}, with {@code -Drounds=5 -Dthreads=1}
 */
public final class ConstrainedSpeed {
    private static final int ROUNDS = Integer.getInteger("rounds", 5);
    private static final OperatingSystemMXBean PROCESS = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private ConstrainedSpeed() {}

    /** An answer and what it took. */
    private record Timed(GenerationResult result, long cpuNanos) {}

    public static void main(String[] arguments) {
        GenerationOptions plain = GenerationOptions.DEFAULT
                .withSampling(SamplingOptions.DEFAULT.withSeed(1))
                .withIgnoreEndOfGeneration(true)
                .withMaxTokens(Integer.parseInt(arguments[1]));
        Map<String, GenerationOptions> ways = new LinkedHashMap<>();
        ways.put("plain", plain);
        ways.put("a string", plain.withGrammar(Grammar.ofJsonSchema("{\"type\":\"string\"}")));
        ways.put("any JSON object", plain.withGrammar(Grammar.ofJsonSchema("{\"type\":\"object\"}")));
        ways.put("200 optional properties", plain.withGrammar(Grammar.ofJsonSchema(properties(false))));
        ways.put("200 required properties", plain.withGrammar(Grammar.ofJsonSchema(properties(true))));
        Map<String, List<Timed>> results = new LinkedHashMap<>();
        try (Model model = Model.open(Path.of(arguments[0]), ModelOptions.DEFAULT.withThreads(Integer.getInteger("threads", 0)))) {
            System.out.printf(Locale.ROOT, "%s, %d threads, %s%n", model.name(), model.threads(), model.kernels());
            for (int round = 0; round <= ROUNDS; round++) {
                boolean warmUp = round == 0;
                ways.forEach((name, options) -> {
                    long start = PROCESS.getProcessCpuTime();
                    GenerationResult result = answer(model, options);
                    if (!warmUp) {
                        results.computeIfAbsent(name, _ -> new ArrayList<>()).add(new Timed(result, PROCESS.getProcessCpuTime() - start));
                    }
                });
            }
        }
        results.forEach(ConstrainedSpeed::print);
    }

    private static GenerationResult answer(Model model, GenerationOptions options) {
        try (Session session = model.newSession()) {
            return session.complete("Hello", true, false, options, GenerationListener.SILENT);
        }
    }

    private static void print(String name, List<Timed> all) {
        double[] rates = all.stream().mapToDouble(it -> it.result.timings().decodeTokensPerSecond()).sorted().toArray();
        double[] cpu = all.stream().mapToDouble(it -> it.cpuNanos / 1e6 / it.result.tokens().size()).sorted().toArray();
        System.out.printf(Locale.ROOT, "%-24s %7.1f tokens/s (%.1f to %.1f), CPU %6.2f ms a token (%.2f to %.2f), %d tokens%n",
                name, rates[rates.length / 2], rates[0], rates[rates.length - 1], cpu[cpu.length / 2], cpu[0], cpu[cpu.length - 1],
                all.getFirst().result.tokens().size());
    }

    private static String properties(boolean required) {
        List<String> names = IntStream.range(0, 200).mapToObj(i -> "\"property_" + i + "\"").toList();
        String members = String.join(",", IntStream.range(0, 200).mapToObj(i -> names.get(i) + ":" + switch (i % 4) {
            case 0 -> "{\"type\":\"string\"}";
            case 1 -> "{\"type\":\"integer\"}";
            case 2 -> "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}";
            default -> "{\"enum\":[\"low\",\"middle\",\"high\"]}";
        }).toList());
        return "{\"type\":\"object\",\"properties\":{" + members + "}"
                + (required ? ",\"required\":[" + String.join(",", names) + "]" : "") + ",\"additionalProperties\":false}";
    }
}
