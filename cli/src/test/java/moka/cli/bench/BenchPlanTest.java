package moka.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class BenchPlanTest {
    private static final BenchPlan PLAN = new BenchPlan(
            List.of(512, 0), List.of(0, 128), List.of(new BenchPlan.PromptAndGeneration(64, 16)), List.of(0, 4096), List.of(1, 2),
            List.of(2048), List.of(256, 512), List.of("f16"), List.of("f16"), 5, true);

    @Test
    void namesTestsAsLlamaBenchAndLeavesOutZeros() {
        assertEquals(
                List.of("pp512", "tg128", "pp64+tg16", "pp512 @ d4096", "tg128 @ d4096", "pp64+tg16 @ d4096"),
                PLAN.tests().stream().map(BenchTest::name).toList());
    }

    @Test
    void combinesAllSettingsWithThreadsSlowest() {
        assertEquals(
                List.of("1 256", "1 512", "2 256", "2 512"),
                PLAN.settings().stream().map(it -> it.threads() + " " + it.microBatch()).toList());
    }

    @Test
    void needsTheContextOfItsLargestTest() {
        assertEquals(4096 + 512, PLAN.contextLength());
    }
}
