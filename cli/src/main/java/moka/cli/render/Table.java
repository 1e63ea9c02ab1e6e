package moka.cli.render;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A table of text: columns aligned by the width that they take on a terminal. Not thread-safe. */
public final class Table {
    /** Where the text of a column stands. */
    public enum Align {
        LEFT,
        RIGHT
    }

    private final List<String> titles;
    private final List<Align> alignments;
    private final List<List<String>> rows = new ArrayList<>();

    public Table(List<String> titles, List<Align> alignments) {
        if (titles.size() != alignments.size()) {
            throw new IllegalArgumentException(titles.size() + " titles for " + alignments.size() + " columns");
        }
        this.titles = List.copyOf(titles);
        this.alignments = List.copyOf(alignments);
    }

    public Table row(String... cells) {
        if (cells.length != titles.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + titles.size() + " columns");
        }
        rows.add(List.of(cells));
        return this;
    }

    /** Lines with two spaces between columns, indented by two. */
    public String plain() {
        int[] widths = widths();
        StringBuilder text = new StringBuilder();
        plainRow(text, titles, widths);
        rows.forEach(row -> plainRow(text, row, widths));
        return text.toString();
    }

    /** A Markdown table, aligned also as plain text. */
    public String markdown() {
        int[] widths = Arrays.stream(widths()).map(width -> Math.max(width, 3)).toArray();
        StringBuilder text = new StringBuilder();
        markdownRow(text, titles, widths);
        text.append('|');
        for (int column = 0; column < widths.length; column++) {
            boolean right = alignments.get(column) == Align.RIGHT;
            text.append(' ').append("-".repeat(widths[column] - 1)).append(right ? ':' : '-').append(" |");
        }
        text.append('\n');
        rows.forEach(row -> markdownRow(text, row, widths));
        return text.toString();
    }

    /** The same as several tables below each other where it is wider than {@code columns}: the first column stands in each. */
    public String markdown(int columns) {
        int[] widths = Arrays.stream(widths()).map(width -> Math.max(width, 3)).toArray();
        List<String> parts = new ArrayList<>();
        int next = 1;
        do {
            List<Integer> shown = new ArrayList<>(List.of(0));
            int width = widths[0] + 4;
            while (next < widths.length && (shown.size() == 1 || width + widths[next] + 3 <= columns)) {
                width += widths[next] + 3;
                shown.add(next++);
            }
            parts.add(only(shown).markdown());
        } while (next < widths.length);
        return String.join("\n", parts);
    }

    private Table only(List<Integer> shown) {
        Table part = new Table(shown.stream().map(titles::get).toList(), shown.stream().map(alignments::get).toList());
        rows.forEach(row -> part.row(shown.stream().map(row::get).toArray(String[]::new)));
        return part;
    }

    private void plainRow(StringBuilder text, List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            line.append("  ").append(padded(cells.get(column), widths[column], alignments.get(column)));
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }

    private void markdownRow(StringBuilder text, List<String> cells, int[] widths) {
        text.append('|');
        for (int column = 0; column < widths.length; column++) {
            text.append(' ').append(padded(cells.get(column), widths[column], alignments.get(column))).append(" |");
        }
        text.append('\n');
    }

    private static String padded(String cell, int width, Align align) {
        String space = " ".repeat(Math.max(0, width - TextWidth.of(cell)));
        return align == Align.LEFT ? cell + space : space + cell;
    }

    private int[] widths() {
        int[] widths = new int[titles.size()];
        for (int column = 0; column < widths.length; column++) {
            widths[column] = TextWidth.of(titles.get(column));
            for (List<String> row : rows) {
                widths[column] = Math.max(widths[column], TextWidth.of(row.get(column)));
            }
        }
        return widths;
    }
}
