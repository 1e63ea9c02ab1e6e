package moka.cli.chat;

import java.io.IOException;
import org.jline.reader.impl.history.DefaultHistory;

/** The history of lines, which is kept in a file where that can be done: a full disk or a folder without rights must not disturb the chat. */
final class LineHistory extends DefaultHistory {
    private boolean kept = true;

    @Override
    public void load() throws IOException {
        attempt(super::load);
    }

    @Override
    public void save() throws IOException {
        attempt(super::save);
    }

    /** The line editor would log a stack trace at every line; after the first failure it is left in memory. */
    private void attempt(Work work) {
        if (kept) {
            try {
                work.run();
            } catch (IOException | IllegalArgumentException e) {
                kept = false; // also: a line of the file that is none
            }
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }
}
