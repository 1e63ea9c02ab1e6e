package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import moka.models.DefaultModel;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The model in the packaged program. */
class EmbeddedModelJourney {
    private static final Path JAR = Path.of("target", "moka.jar");

    @Test
    void liesInTheJarAsItIsAtAMultipleOf64Bytes() throws IOException {
        Assumptions.assumeTrue(Files.isRegularFile(JAR), "skipped: the model in cli/target/moka.jar, which is not there (mvn verify makes it)");
        MemorySegment mapped = EmbeddedModel.mapped(JAR).orElseThrow();
        try (var resource = DefaultModel.open()) {
            assertEquals(-1, mapped.mismatch(MemorySegment.ofArray(resource.readAllBytes())));
        }
        assertTrue(mapped.address() % 64 == 0, "address " + mapped.address()); // pages of the map begin at pages of the file
    }
}
