package moka.cli.terminal;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * While open, the interrupt key (SIGINT) asks for the work to stop; the second time it ends the process with 130. Where signals cannot be
 * handled, the JVM's own way stays: the process ends.
 */
public final class Interrupt implements AutoCloseable {
    private static final Signal SIGINT = new Signal("INT");

    private final AtomicReference<@Nullable Runnable> onFirst;
    private final SignalHandler before;
    private final Runnable onSecond;
    private volatile boolean happened;

    /** @param onFirst called on a thread of its own */
    public Interrupt(Runnable onFirst) {
        this(onFirst, () -> {});
    }

    /** @param onSecond called before the process ends: to leave the terminal as it was */
    public Interrupt(Runnable onFirst, Runnable onSecond) {
        this.onSecond = onSecond;
        this.onFirst = new AtomicReference<>(onFirst);
        this.before = Signal.handle(SIGINT, signal -> interrupted());
    }

    private void interrupted() {
        happened = true;
        @Nullable Runnable action = onFirst.getAndSet(null);
        if (action == null) {
            onSecond.run();
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
        } else {
            action.run();
        }
    }

    /** Whether the key was pressed. */
    public boolean happened() {
        return happened;
    }

    @Override
    public void close() {
        Signal.handle(SIGINT, before);
    }
}
