package moka.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.OperationTime;
import moka.engine.Session;
import moka.models.DefaultModel;
import org.junit.jupiter.api.Test;

class ProfileTableTest {
    private static final int TOKENS = 5;

    @Test
    void everyWeightOfTheModelIsReadOnceForEachToken() throws IOException {
        try (Model model = open(ModelOptions.DEFAULT.withThreads(1).withTimed(true));
                Session session = model.newSession()) {
            session.append(new int[] {1, 2, 3});
            model.forgetOperationTimes();
            long start = System.nanoTime();
            for (int i = 0; i < TOKENS; i++) {
                session.append(new int[] {4 + i});
            }
            long all = System.nanoTime() - start;
            List<OperationTime> times = model.operationTimes();
            long bytes = times.stream().mapToLong(OperationTime::weightBytes).sum();
            assertEquals(TOKENS * BenchModel.of(model).bytesPerToken(), bytes, 0.01 * bytes);
            long inside = times.stream().mapToLong(OperationTime::nanoseconds).sum();
            assertTrue(inside > 0 && inside <= all, inside + " of " + all + " ns");
            assertTrue(times.stream().anyMatch(it -> it.operation().equals("gate → ffn_down → add") && it.calls() % TOKENS == 0), times::toString);
        }
    }

    @Test
    void modelsThatAreNotTimedHaveNoTimes() throws IOException {
        try (Model model = open(ModelOptions.DEFAULT.withThreads(1));
                Session session = model.newSession()) {
            session.append(new int[] {1, 2, 3});
            assertEquals(List.of(), model.operationTimes());
        }
    }

    @Test
    void showsMicrosecondsOfAPassAndWhatIsBetween() {
        List<OperationTime> times = List.of(
                new OperationTime("norm → a, b", 20, 6_000_000, 120_000_000, 60_000_000), new OperationTime("attend", 20, 1_000_000, 0, 0));
        assertEquals(
                List.of(
                        "tg10, for each token:",
                        "  operation            calls         us    share    GB/s  G products/s",
                        "  norm → a, b              2        600   60.0 %    20.0            10",
                        "  attend                   2        100   10.0 %",
                        "  between operations                300   30.0 %"),
                ProfileTable.of(new BenchTest(0, 10, 0), times, 10_000_000, 10));
    }

    private static Model open(ModelOptions options) throws IOException {
        try (InputStream resource = DefaultModel.open()) {
            return Model.open(DefaultModel.FILE_NAME, MemorySegment.ofArray(resource.readAllBytes()), options);
        }
    }
}
