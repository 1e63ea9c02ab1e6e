package moka.template;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes what passed of what to {@code target/template-conformance.md}: a table for every set of cases, whichever ran last. */
public final class ConformanceReport {
    private static final Path PARTS = Path.of("target", "template-conformance");

    private ConformanceReport() {}

    /** @param counts by row: cases passed and cases in all @param notes lines below the table */
    public static void write(String title, String firstColumn, Map<String, int[]> counts, List<String> notes) throws IOException {
        var text = new StringBuilder("## " + title + "\n\n");
        int passed = 0;
        int total = 0;
        for (int[] row : counts.values()) {
            passed += row[0];
            total += row[1];
        }
        text.append("| ").append(firstColumn).append(" | passed | cases |\n|---|---:|---:|\n");
        text.append("| **all** | **").append(passed).append("** | **").append(total).append("** |\n");
        counts.forEach((name, row) ->
                text.append("| ").append(name).append(" | ").append(row[0]).append(" | ").append(row[1]).append(" |\n"));
        text.append('\n');
        notes.forEach(note -> text.append(note).append('\n'));
        Files.createDirectories(PARTS);
        Files.writeString(PARTS.resolve(title.replaceAll("[^a-z]+", "-") + ".md"), text);
        join();
        System.out.println(title + ": " + passed + "/" + total + ", by " + firstColumn + " in target/template-conformance.md");
    }

    private static void join() throws IOException {
        var all = new StringBuilder("# Chat templates: cases passed\n");
        try (var parts = Files.list(PARTS)) {
            for (Path part : parts.sorted().toList()) {
                all.append('\n').append(Files.readString(part));
            }
        }
        Files.writeString(Path.of("target", "template-conformance.md"), all);
    }
}
