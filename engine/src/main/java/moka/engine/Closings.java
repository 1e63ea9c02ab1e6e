package moka.engine;

import java.util.ArrayDeque;
import java.util.Deque;

/** What has to be closed of what was opened, the last first. */
final class Closings {
    private final Deque<Runnable> open = new ArrayDeque<>();

    void add(Runnable closing) {
        open.push(closing);
    }

    /** Closes all; once. */
    void run() {
        while (!open.isEmpty()) {
            open.pop().run();
        }
    }
}
