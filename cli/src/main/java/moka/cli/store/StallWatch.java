package moka.cli.store;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Closes a stream that has brought nothing for a while: its reader, who would wait for ever, gets an exception. */
final class StallWatch implements AutoCloseable {
    private final InputStream stream;
    private final long patienceNanos;
    private final Thread watcher;
    private volatile long last = System.nanoTime();
    private volatile boolean stalled;

    StallWatch(InputStream stream, Duration patience) {
        this.stream = stream;
        this.patienceNanos = patience.toNanos();
        this.watcher = Thread.ofVirtual().start(this::watch);
    }

    private void watch() {
        try {
            while (System.nanoTime() - last < patienceNanos) {
                Thread.sleep(Math.max(1, patienceNanos / 8_000_000));
            }
            stalled = true;
            stream.close();
        } catch (InterruptedException e) {
            // the download has ended
        } catch (IOException e) {
            // it is closed as far as it goes
        }
    }

    /** Something came. */
    void progress() {
        last = System.nanoTime();
    }

    /** Whether it was this that closed the stream. */
    boolean stalled() {
        return stalled;
    }

    @Override
    public void close() {
        watcher.interrupt();
    }
}
