package moka.cli.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Lists of values; every combination of them is measured, in the order of llama-bench.
 *
 * @param prompts sizes of prompts alone; 0 is left out
 * @param generations lengths of generations alone; 0 is left out
 * @param both prompts followed by generations
 * @param depths tokens in the cache before
 * @param repetitions timed runs of each
 * @param warmup whether an untimed run goes before
 */
public record BenchPlan(
        List<Integer> prompts,
        List<Integer> generations,
        List<PromptAndGeneration> both,
        List<Integer> depths,
        List<Integer> threads,
        List<Integer> batches,
        List<Integer> microBatches,
        List<String> cacheTypesKeys,
        List<String> cacheTypesValues,
        int repetitions,
        boolean warmup) {

    /** A value of {@code -pg}. */
    public record PromptAndGeneration(int prompt, int generation) {}

    /** All combinations of settings; threads change slowest, since a model is opened for each. */
    public List<BenchSettings> settings() {
        List<BenchSettings> settings = new ArrayList<>();
        for (int thread : threads) {
            for (int batch : batches) {
                for (int microBatch : microBatches) {
                    for (String keys : cacheTypesKeys) {
                        for (String values : cacheTypesValues) {
                            settings.add(new BenchSettings(thread, batch, microBatch, keys, values));
                        }
                    }
                }
            }
        }
        return settings;
    }

    /** What is timed under each of them. */
    public List<BenchTest> tests() {
        List<BenchTest> tests = new ArrayList<>();
        for (int depth : depths) {
            for (int prompt : prompts) {
                if (prompt > 0) {
                    tests.add(new BenchTest(prompt, 0, depth));
                }
            }
            for (int generation : generations) {
                if (generation > 0) {
                    tests.add(new BenchTest(0, generation, depth));
                }
            }
            for (PromptAndGeneration pair : both) {
                tests.add(new BenchTest(pair.prompt, pair.generation, depth));
            }
        }
        return tests;
    }

    /** The largest context that a test needs. */
    public int contextLength() {
        return tests().stream().mapToInt(BenchTest::contextLength).max().orElse(1);
    }
}
