package moka.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Output;
import org.junit.jupiter.api.Test;

class BenchResultTest {
    private static final BenchModel MODEL = new BenchModel("tiny.gguf", "llama 1.00 M Q8_0", 1 << 20, 1_000_000, 1 << 20);

    static BenchResult result(BenchTest test, int threads, long... nanos) {
        return new BenchResult(
                MODEL, "scalar", new BenchSettings(threads, 2048, 512, "f16", "f16"), test, "2026-01-01T00:00:00Z", nanos);
    }

    private static String printed(String form, Optional<Comparison> comparison, BenchResult... results) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Output out = new Output(bytes);
        BenchPlan plan = new BenchPlan(
                List.of(512), List.of(), List.of(), List.of(0), List.of(1), List.of(2048), List.of(512), List.of("f16"), List.of("f16"), 2, true);
        ResultPrinter printer = ResultPrinter.of(form, out, plan, comparison, "1.0");
        printer.begin();
        for (BenchResult result : results) {
            printer.result(result);
        }
        printer.end();
        out.flush();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void givesMeanAndSampleDeviationOfTheRates() {
        BenchResult result = result(new BenchTest(100, 0, 0), 1, 1_000_000_000L, 500_000_000L);
        assertEquals("150.00 ± 70.71", result.rateText());
        assertEquals("100.00 ± 0.00", result(new BenchTest(100, 0, 0), 1, 1_000_000_000L).rateText());
    }

    @Test
    void printsATableWithOneRowEach() {
        String table = printed("md", Optional.empty(), result(new BenchTest(512, 0, 0), 2, 1_000_000_000L, 1_000_000_000L));
        List<String> lines = table.lines().toList();
        assertEquals(3, lines.size());
        assertTrue(lines.get(0).matches("\\| model +\\| +size \\| +params \\| backend +\\| threads \\| +test \\| +t/s \\|"), lines.get(0));
        assertTrue(
                lines.get(2).matches("\\| llama 1.00 M Q8_0 +\\| +1.00 MiB \\| +1.00 M \\| scalar +\\| +2 \\| +pp512 \\| +512.00 ± 0.00 \\|"),
                lines.get(2));
        assertEquals(1, lines.stream().map(String::length).distinct().count());
    }

    @Test
    void comparesWithItsOwnJson() {
        BenchResult slow = result(new BenchTest(512, 0, 0), 2, 2_000_000_000L);
        BenchResult fast = result(new BenchTest(512, 0, 0), 2, 1_000_000_000L);
        BenchResult unknown = result(new BenchTest(256, 0, 0), 2, 1_000_000_000L);
        Comparison earlier = Comparison.parse("earlier.json", printed("json", Optional.empty(), slow));
        assertEquals(2.0, earlier.ratio(fast).orElseThrow(), 1e-9);
        assertTrue(earlier.rate(unknown).isEmpty());
        assertEquals(2.0, Comparison.parse("lines", printed("jsonl", Optional.empty(), slow)).ratio(fast).orElseThrow(), 1e-9);
        assertTrue(printed("md", Optional.of(earlier), fast).contains("| 2.000 |".replace("| 2.000", "2.000")));
    }

    @Test
    void prefersTheSameThreadsAndRefusesFilesWithoutResults() {
        String other = "[{\"model_filename\":\"dir/x.gguf\",\"n_prompt\":512,\"n_gen\":0,\"n_depth\":0,\"n_threads\":1,\"avg_ts\":10.0},"
                + "{\"model_filename\":\"dir/x.gguf\",\"n_prompt\":512,\"n_gen\":0,\"n_depth\":0,\"n_threads\":2,\"avg_ts\":20.0}]";
        BenchResult result = result(new BenchTest(512, 0, 0), 2, 1_000_000_000L);
        assertEquals(20.0, Comparison.parse("x", other).rate(result).orElseThrow());
        assertThrows(CommandFailure.class, () -> Comparison.parse("x", "[]"));
        assertThrows(CommandFailure.class, () -> Comparison.parse("x", "{"));
    }

    @Test
    void writesCsvAndSqlWithAsManyValuesAsNames() {
        BenchResult result = result(new BenchTest(512, 0, 0), 2, 1_000_000_000L);
        List<String> csv = printed("csv", Optional.empty(), result).lines().toList();
        assertEquals(csv.get(0).split(",").length, csv.get(1).split("\",\"").length);
        assertTrue(printed("sql", Optional.empty(), result).contains("INSERT INTO moka_bench (build_commit, "));
        assertThrows(CommandFailure.class, () -> printed("xml", Optional.empty()));
    }

    @Test
    void plotsSpeedByDepthAndNothingForOneDepth() {
        BenchResult near = result(new BenchTest(0, 10, 0), 1, 1_000_000_000L);
        BenchResult far = result(new BenchTest(0, 10, 1024), 1, 2_000_000_000L);
        assertEquals("", DepthPlot.of(List.of(near), 80));
        List<String> lines = DepthPlot.of(List.of(near, far), 80).lines().toList();
        assertEquals("       0 " + "█".repeat(60) + " 10.00", lines.get(2));
        assertEquals("    1024 " + "█".repeat(30) + " 5.00", lines.get(3));
        assertEquals("█▌", DepthPlot.bar(1.5));
    }

    @Test
    void readsMemoryAtSomeRate() {
        assertTrue(MemoryBandwidth.measure(2, 1 << 20, 2) > 0);
    }
}
