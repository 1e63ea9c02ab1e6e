package moka.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import moka.models.DefaultModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingPageTest {
    @TempDir
    Path folder;

    @Test
    void sampleOfThePageIsTheOneThatIsCompiled() throws IOException {
        String source = Files.readString(Path.of("src/test/java/moka/docs/EmbeddingSample.java"));
        String sample = source.substring(source.indexOf("// begin\n") + 9, source.indexOf("    // end")).stripTrailing().stripIndent();
        assertTrue(Files.readString(Path.of("embedding.md")).contains("```java\n" + sample + "\n```"), "docs/embedding.md shows another sample");
        assertTrue(sample.lines().count() <= 20, "the sample has more than 20 lines");
    }

    @Test
    void sampleAnswers() throws IOException {
        Path file = folder.resolve(DefaultModel.FILE_NAME);
        try (InputStream model = DefaultModel.open()) {
            Files.copy(model, file);
        }
        assertEquals("The capital of France is Paris.", EmbeddingSample.ask(file, "What is the capital of France?").text());
    }
}
