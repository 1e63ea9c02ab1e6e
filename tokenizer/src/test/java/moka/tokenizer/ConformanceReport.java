package moka.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tables of how many cases agree with the reference, written to {@code target/tokenizer-conformance.md}. */
final class ConformanceReport {
    private final Map<String, List<String>> tables = new LinkedHashMap<>();

    /**
     * How many cases of a kind agree.
     *
     * @param same as llama.cpp gives them
     * @param asOriginal as the tokenizer gives them that the model was trained with, where llama.cpp differs
     * @param otherOriginal of {@code same}, those where that tokenizer gives something else
     */
    record Count(int same, int asOriginal, int otherOriginal, int total) {
        static final Count ZERO = new Count(0, 0, 0, 0);

        Count plus(Count more) {
            return new Count(
                    same + more.same, asOriginal + more.asOriginal, otherOriginal + more.otherOriginal, total + more.total);
        }

        /** Passed of total, or a dash where there are no cases. */
        @Override
        public String toString() {
            return total == 0 ? "-" : same + asOriginal + "/" + total;
        }
    }

    /** Adds a row; the first of a table tells its columns. */
    void row(String table, List<String> columns, List<?> cells) {
        List<String> lines = tables.computeIfAbsent(table, key -> new ArrayList<>());
        if (lines.isEmpty()) {
            lines.add(line(columns));
            lines.add(line(columns.stream().map(column -> "---").toList()));
        }
        lines.add(line(cells));
    }

    private static String line(List<?> cells) {
        return "| " + String.join(" | ", cells.stream().map(String::valueOf).toList()) + " |";
    }

    /** Writes all tables and prints them. */
    void write() throws IOException {
        var text = new StringBuilder("# Tokenizer conformance\n\nPassed of total; \"as the original\" counts cases where llama.cpp differs "
                + "from the tokenizer that the model was trained with and ours is the latter, \"not as the original\" those where ours is "
                + "llama.cpp's (docs/tokenizers.md says why).\n");
        tables.forEach((table, lines) -> text.append("\n## ").append(table).append("\n\n").append(String.join("\n", lines)).append('\n'));
        Files.writeString(Path.of("target", "tokenizer-conformance.md"), text);
        System.out.println(text);
    }
}
