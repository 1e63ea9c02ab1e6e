package moka.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import moka.quantize.QuantizeException;
import moka.quantize.quality.BaseLogits;
import moka.quantize.quality.ChoiceFormats;
import moka.quantize.quality.ChoiceTask;

/** What a model is measured by: files of tasks in three formats, and a base model's log-probabilities. The first byte chooses. */
class TasksFuzz {
    private static final int ROWS = 20;

    /** A token for each character but spaces, as if the vocabulary had no token for the begin. */
    private static final Function<String, int[]> TOKENIZER = text -> text.chars().filter(it -> it != ' ').toArray();

    @FuzzTest
    void tasks(byte[] bytes) throws IOException {
        if (bytes.length == 0) {
            return;
        }
        byte[] content = Arrays.copyOfRange(bytes, 1, bytes.length);
        String text = new String(content, StandardCharsets.UTF_8);
        ChoiceFormats formats = new ChoiceFormats("fuzz", TOKENIZER);
        try {
            switch (bytes[0] & 3) {
                case 0 -> check(formats.hellaSwag(text, 10));
                case 1 -> check(formats.winogrande(text, 10));
                case 2 -> check(formats.multipleChoice(content, 10));
                default -> readLogits(content);
            }
        } catch (QuantizeException refusal) {
            Refusal.check(refusal);
        }
    }

    private static void check(List<ChoiceTask> tasks) {
        for (ChoiceTask task : tasks) {
            for (ChoiceTask.Candidate candidate : task.candidates()) {
                assertTrue(candidate.first() >= 1 && candidate.first() < candidate.end() && candidate.end() <= candidate.tokens().length, "something to score");
            }
        }
    }

    private static void readLogits(byte[] content) throws IOException {
        Path file = Files.createTempFile("moka-fuzz", ".logits");
        try {
            Files.write(file, content);
            try (var reader = new BaseLogits.Reader(file)) {
                float[] row = new float[reader.vocabulary()];
                for (int i = 0; i < Math.min(ROWS, reader.windows().count() * reader.windows().scored()); i++) {
                    reader.next(row);
                }
            }
        } finally {
            Files.delete(file);
        }
    }
}
