package moka.engine.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import moka.engine.EngineException;
import moka.engine.architecture.Architectures;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Holds {@code docs/architectures.md} to the registry. */
class ArchitecturesDocumentTest {
    @Test
    void everyArchitectureIsInTheDocument() throws IOException {
        String document = Files.readString(document());
        List<String> missing =
                Architectures.names().stream().filter(it -> !document.contains("`" + it + "`")).toList();
        assertEquals(List.of(), missing);
    }

    @Test
    void anUnknownArchitectureIsToldInOneLineWithTheKnownOnes() {
        EngineException e = Assertions.assertThrows(EngineException.class, () -> Architectures.of("model.gguf", "rwkv7"));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.startsWith("model.gguf: unknown architecture 'rwkv7'"), message);
        assertTrue(message.contains("llama") && message.contains("qwen3moe") && !message.contains("\n"), message);
    }

    private static Path document() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("docs/architectures.md"))) {
                return at.resolve("docs/architectures.md");
            }
        }
        throw new IllegalStateException("no docs/architectures.md above the working directory");
    }
}
