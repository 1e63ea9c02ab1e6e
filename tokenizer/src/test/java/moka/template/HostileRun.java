package moka.template;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;

/** Renders every template of a folder, one line each; a program of its own so that a test can give it a small heap. */
final class HostileRun {
    private HostileRun() {}

    /** A line a template: name, milliseconds, {@code error KIND message} or {@code output LENGTH}. @param arguments the folder */
    public static void main(String[] arguments) throws IOException {
        var options = TemplateOptions.DEFAULT.withNow(() -> LocalDateTime.of(2026, 1, 15, 12, 34, 56));
        List<Path> files;
        try (var listed = Files.list(Path.of(arguments[0]))) {
            files = listed.sorted().toList();
        }
        for (Path file : files) {
            String source = Files.readString(file, StandardCharsets.UTF_8);
            long start = System.nanoTime();
            String outcome;
            try {
                String output = ChatTemplate.parse("hostile", source, options).renderContext(context());
                outcome = "output " + output.length();
            } catch (TemplateException ended) {
                outcome = "error " + ended.kind() + " " + ended.getMessage();
            } catch (StackOverflowError | OutOfMemoryError failure) {
                outcome = "crash " + failure;
            }
            long millis = (System.nanoTime() - start) / 1_000_000;
            System.out.println(file.getFileName() + "\t" + millis + "\t" + outcome.replace('\n', ' '));
        }
    }

    /** A small conversation, so that templates may also abuse what they are given. */
    private static Map<String, Object> context() {
        return Map.of(
                "messages",
                List.of(Map.of("role", "user", "content", "Hello"), Map.of("role", "assistant", "content", "Hi")),
                "add_generation_prompt",
                true);
    }
}
