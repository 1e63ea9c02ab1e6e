package moka.engine;

/** Stops a generation from any thread: it acts within one block of prefill or one token. Safe for use by many threads. */
public final class Cancellation {
    private volatile boolean cancelled;

    /** Not cancelled. */
    public Cancellation() {}

    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled;
    }
}
