package moka.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import moka.cli.bench.BenchPlan.PromptAndGeneration;
import moka.cli.bench.BenchPlan;
import moka.cli.bench.NumberList;
import moka.cli.terminal.CommandFailure;
import moka.engine.runtime.Processors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code moka bench} measures: the flags of llama-bench, of which most take lists. */
final class BenchOptions {
    @Option(names = {"-p", "--n-prompt"}, paramLabel = "N", description = "Prompt sizes; 0 for none (default: 512).")
    List<String> prompts = new ArrayList<>();

    @Option(names = {"-n", "--n-gen"}, paramLabel = "N", description = "Tokens to generate; 0 for none (default: 128).")
    List<String> generations = new ArrayList<>();

    @Option(names = "-pg", paramLabel = "PP,TG", description = "A prompt and a generation timed together.")
    List<String> both = new ArrayList<>();

    @Option(names = {"-d", "--n-depth"}, paramLabel = "N", description = "Tokens in the context before (default: 0).")
    List<String> depths = new ArrayList<>();

    @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads (default: physical cores).")
    List<String> threads = new ArrayList<>();

    @Option(names = {"-b", "--batch-size"}, paramLabel = "N", description = "Prompt tokens handed over together (default: 2048).")
    List<String> batches = new ArrayList<>();

    @Option(names = {"-ub", "--ubatch-size"}, paramLabel = "N", description = "Prompt tokens computed together (default: 512).")
    List<String> microBatches = new ArrayList<>();

    @Option(names = {"-ctk", "--cache-type-k"}, paramLabel = "TYPE", description = "Types of cached keys (default: f16).")
    List<String> cacheTypesKeys = new ArrayList<>();

    @Option(names = {"-ctv", "--cache-type-v"}, paramLabel = "TYPE", description = "Types of cached values (default: f16).")
    List<String> cacheTypesValues = new ArrayList<>();

    @Option(names = {"-r", "--repetitions"}, paramLabel = "N", description = "Timed runs of each test (default: 5).")
    int repetitions = 5;

    @Option(names = "--no-warmup", description = "No untimed run before.")
    boolean noWarmup;

    @Option(names = "--delay", paramLabel = "SECONDS", hidden = true, description = "Wait before each test, so that the machine cools (default: 0).")
    int delay;

    /** Waits as long as --delay says. */
    void pause() {
        try {
            Thread.sleep(Duration.ofSeconds(Math.max(0, delay)));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    BenchPlan plan() {
        if (repetitions < 1) {
            throw CommandFailure.usage("-r " + repetitions + ", expected 1 or more");
        }
        BenchPlan plan = new BenchPlan(
                numbers("-p", prompts, both.isEmpty() ? "512" : "0"),
                numbers("-n", generations, both.isEmpty() ? "128" : "0"),
                both.stream().map(BenchOptions::pair).toList(),
                numbers("-d", depths, "0"),
                positive("-t", threads, Integer.toString(Processors.defaultThreads())),
                positive("-b", batches, "2048"),
                positive("-ub", microBatches, "512"),
                names(cacheTypesKeys, List.of("f16")),
                names(cacheTypesValues, List.of("f16")),
                repetitions,
                !noWarmup);
        if (plan.tests().isEmpty()) {
            throw CommandFailure.usage("nothing to measure: -p 0 and -n 0 without -pg");
        }
        return plan;
    }

    private static List<Integer> numbers(String flag, List<String> given, @Nullable String otherwise) {
        List<Integer> numbers = new ArrayList<>();
        for (String text : given.isEmpty() && otherwise != null ? List.of(otherwise) : given) {
            numbers.addAll(NumberList.parse(flag, text));
        }
        return numbers;
    }

    private static List<Integer> positive(String flag, List<String> given, String otherwise) {
        List<Integer> numbers = numbers(flag, given, otherwise);
        if (numbers.contains(0)) {
            throw CommandFailure.usage(flag + " 0, expected 1 or more");
        }
        return numbers;
    }

    private static List<String> names(List<String> given, List<String> otherwise) {
        List<String> names = given.stream().flatMap(text -> Arrays.stream(text.split(","))).map(String::strip).toList();
        return names.isEmpty() ? otherwise : names;
    }

    private static PromptAndGeneration pair(String text) {
        String[] numbers = text.split(",");
        if (numbers.length != 2 || !numbers[0].matches("[1-9]\\d{0,8}") || !numbers[1].matches("[1-9]\\d{0,8}")) {
            throw CommandFailure.usage("-pg '" + text + "', expected two numbers such as 512,128");
        }
        return new PromptAndGeneration(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
    }
}
