package moka.cli.render;

import java.io.PrintStream;
import java.util.Locale;

/**
 * One line of progress that is drawn over, on a terminal only. It appears after half a second, is redrawn at most ten times a second, and
 * leaves nothing behind.
 */
public final class ProgressLine implements AutoCloseable {
    private static final long FIRST_NANOS = 500_000_000L;
    private static final long EACH_NANOS = 100_000_000L;
    private static final int BAR_COLUMNS = 20;

    private final PrintStream terminal;
    private final boolean enabled;
    private final int terminalColumns;
    private final String what;
    private final String unit;
    private final long start = System.nanoTime();
    private long drawn;
    private int columns;

    /**
     * @param enabled whether {@code terminal} is one
     * @param terminalColumns its width: a line that is longer could not be drawn over
     * @param what the work, such as {@code prompt}
     * @param unit of what is counted, such as {@code tokens}
     */
    public ProgressLine(PrintStream terminal, boolean enabled, int terminalColumns, String what, String unit) {
        this.terminal = terminal;
        this.enabled = enabled;
        this.terminalColumns = terminalColumns;
        this.what = what;
        this.unit = unit;
    }

    /** So many of so many are done. */
    public void at(long done, long total) {
        at(done, total, "");
    }

    public void at(long done, long total, String note) {
        long now = System.nanoTime();
        if (!enabled || now - start < FIRST_NANOS || (now - drawn < EACH_NANOS && done < total)) {
            return;
        }
        drawn = now;
        draw(text(done, total, (now - start) / 1e9, note));
    }

    /** The line: {@code prompt ██████░░░░ 2048/8192 tokens, 812 tokens/s, 8s left}. */
    String text(long done, long total, double seconds, String note) {
        int full = total <= 0 ? 0 : (int) Math.min(BAR_COLUMNS, BAR_COLUMNS * done / total);
        double rate = done / Math.max(seconds, 1e-9);
        String bar = "█".repeat(full) + "░".repeat(BAR_COLUMNS - full) + " ";
        String line = String.format(
                Locale.ROOT, "%s %s%d/%d %s, %s/s", what, terminalColumns < 64 ? "" : bar, done, total, unit, rate(rate));
        String left = done == 0 ? "" : ", " + Quantity.duration((total - done) / rate) + " left";
        return TextWidth.cut(line + left + (note.isEmpty() ? "" : ", " + note), Math.max(8, terminalColumns - 1));
    }

    private static String rate(double rate) {
        return String.format(Locale.ROOT, rate < 10 ? "%.1f" : "%.0f", rate);
    }

    private void draw(String line) {
        terminal.print("\r" + line + " ".repeat(Math.max(0, columns - TextWidth.of(line))));
        terminal.flush();
        columns = TextWidth.of(line);
    }

    /** Takes the line away. */
    public void clear() {
        if (columns > 0) {
            terminal.print("\r" + " ".repeat(columns) + "\r");
            terminal.flush();
            columns = 0;
        }
    }

    @Override
    public void close() {
        clear();
    }
}
