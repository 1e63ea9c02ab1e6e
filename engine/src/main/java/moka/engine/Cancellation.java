package moka.engine;

/** Stops a generation from any thread: it acts within one block of prefill or one token. Safe for use by many threads. */
public final class Cancellation {
    /** What options have that name none: shared by all of them, and so without effect on any. */
    static final Cancellation NONE = new Cancellation(false);

    private final boolean possible;
    private volatile boolean cancelled;

    /** Not cancelled. */
    public Cancellation() {
        this(true);
    }

    private Cancellation(boolean possible) {
        this.possible = possible;
    }

    /**
     * Stops every generation whose options have this.
     *
     * @throws IllegalStateException if it is that of options which name none ({@link GenerationOptions#withCancellation})
     */
    public void cancel() {
        if (!possible) {
            throw new IllegalStateException("these options have no cancellation of their own: give them one by withCancellation");
        }
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled;
    }
}
