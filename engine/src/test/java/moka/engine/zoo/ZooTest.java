package moka.engine.zoo;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import moka.engine.EngineException;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.SharedData;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every model of shared/own/zoo against its reference, on the float32 path. Writes the table {@code target/zoo.md}. */
class ZooTest {
    private static final List<String> ROWS = Collections.synchronizedList(new ArrayList<>());

    @TestFactory
    Stream<DynamicTest> logitsAreWithinTheToleranceOfTheReference() {
        return ZooModel.all(SharedData.require("own/zoo")).map(it -> DynamicTest.dynamicTest(it.name(), () -> check(it)));
    }

    private static void check(ZooModel it) {
        try (Model model = Model.open(it.file(), ModelOptions.DEFAULT.withFloat32(true).withThreads(1))) {
            double difference = it.difference(model);
            boolean greedyEqual = it.greedyEqual(model);
            ROWS.add(ZooModel.row(List.of(
                    it.name(),
                    it.architecture(),
                    "%.1e".formatted(difference),
                    "%.0e".formatted(it.tolerance()),
                    it.embedding() ? "-" : greedyEqual ? "yes" : "no")));
            assertTrue(difference <= it.tolerance(), it.name() + ": largest difference " + difference + ", tolerance " + it.tolerance());
            assertTrue(greedyEqual, it.name() + ": other greedy ids");
        } catch (EngineException e) {
            ROWS.add(ZooModel.row(List.of(it.name(), it.architecture(), "-", "%.0e".formatted(it.tolerance()), "-")));
            org.junit.jupiter.api.Assumptions.assumeFalse(
                    String.valueOf(e.getMessage()).contains("unknown architecture"), "skipped: " + e.getMessage());
            throw e;
        }
    }

    @AfterAll
    static void writeTable() throws IOException {
        if (!ROWS.isEmpty()) {
            Path table = Path.of("target", "zoo.md");
            Files.createDirectories(table.getParent());
            Files.writeString(
                    table,
                    ZooModel.row(List.of("model", "architecture", "largest difference", "tolerance", "greedy equal"))
                            + ZooModel.row(List.of("---", "---", "---", "---", "---"))
                            + String.join("", ROWS));
        }
    }
}
