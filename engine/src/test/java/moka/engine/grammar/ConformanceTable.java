package moka.engine.grammar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** What passed of each file of reference cases: printed, and kept in {@code target/grammar-conformance.md}. */
final class ConformanceTable {
    private static final Map<String, String> ROWS = new ConcurrentSkipListMap<>(); // of all tests of this run
    private static final Map<String, String> EXPLANATIONS = new ConcurrentSkipListMap<>();

    private ConformanceTable() {}

    /** @param explained cases that differ and why, one line each */
    static void add(String file, String what, int passed, int total, Collection<String> explained) {
        ROWS.put(file, "| " + file + " | " + what + " | " + passed + " | " + total + " |");
        System.out.println("grammar conformance: " + file + ": " + passed + " of " + total + " " + what);
        var text = new StringBuilder("| file | cases | passed | total |\n|---|---|---|---|\n");
        ROWS.values().forEach(row -> text.append(row).append('\n'));
        explained.forEach(line -> EXPLANATIONS.put(line, file));
        EXPLANATIONS.forEach((line, of) -> text.append("\n- ").append(of).append(": ").append(line));
        try {
            Path target = Files.createDirectories(Path.of("target"));
            Files.writeString(target.resolve("grammar-conformance.md"), text.append('\n'));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
