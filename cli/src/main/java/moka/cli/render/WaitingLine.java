package moka.cli.render;

import java.io.PrintStream;
import java.util.Locale;

/**
 * One line of a terminal that moves while something is waited for: a spinner, the time, and how far it is. It appears after half a second
 * and leaves nothing behind. A thread of its own draws it, since what is waited for may tell nothing for seconds.
 */
public final class WaitingLine implements AutoCloseable {
    private static final long FIRST_MILLIS = 500;
    private static final long EACH_MILLIS = 100;
    private static final String[] FRAMES = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

    private final PrintStream terminal;
    private final int columns;
    private final String what;
    private final long start = System.nanoTime();
    private final Thread drawer;
    private int done;
    private int total;
    private int drawn;
    private boolean stopped;

    /** @param enabled whether {@code terminal} is one @param columns its width */
    public WaitingLine(PrintStream terminal, boolean enabled, int columns, String what) {
        this.terminal = terminal;
        this.columns = columns;
        this.what = what;
        this.stopped = !enabled;
        this.drawer = Thread.ofPlatform().daemon().name("moka-waiting").unstarted(this::draw);
        if (enabled) {
            drawer.start();
        }
    }

    /** So many of so many tokens are computed. */
    public synchronized void at(int done, int total) {
        this.done = done;
        this.total = total;
    }

    /** Takes the line away, for good. */
    public synchronized void clear() {
        if (stopped) {
            return;
        }
        stopped = true;
        notifyAll();
        if (drawn > 0) {
            terminal.print("\r" + " ".repeat(drawn) + "\r");
            terminal.flush();
        }
    }

    @Override
    public void close() {
        clear();
    }

    private synchronized void draw() {
        try {
            long next = FIRST_MILLIS;
            for (int frame = 0; !stopped; frame++) {
                wait(next);
                if (!stopped) {
                    String line = text(FRAMES[frame % FRAMES.length], (System.nanoTime() - start) / 1e9);
                    terminal.print("\r" + line + " ".repeat(Math.max(0, drawn - TextWidth.of(line))));
                    terminal.flush();
                    drawn = TextWidth.of(line);
                }
                next = EACH_MILLIS;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@code ⠹ reading 1024/3000 tokens, 812 tokens/s, 3s}, cut to the width. */
    private String text(String frame, double seconds) {
        String line = frame + " " + what;
        if (total > 0) {
            line += String.format(Locale.ROOT, " %d/%d tokens, %.0f tokens/s", done, total, done / seconds);
        }
        line += String.format(Locale.ROOT, ", %.0fs", seconds);
        return TextWidth.cut(line, Math.max(8, columns - 1));
    }
}
