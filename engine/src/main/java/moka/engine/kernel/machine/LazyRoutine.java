package moka.engine.kernel.machine;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A routine that is written at its first call. There are some hundred for all numbers of tokens and types, an answer needs a tenth of them, and the JVM
 * writes code slowly at its start, while it still interprets. Thread-safe.
 */
final class LazyRoutine {
    private final CodeStore store;
    private final Supplier<byte[]> writer;
    // A record's fields are final: whoever sees it sees it whole.
    private @Nullable Routine routine;

    LazyRoutine(CodeStore store, Supplier<byte[]> writer) {
        this.store = store;
        this.writer = writer;
    }

    /** {@link Routine#call}. */
    long call(long a, long b, long c, long d, long e, long f) {
        Routine written = routine;
        return (written == null ? write() : written).call(a, b, c, d, e, f);
    }

    /** The routine, written now if it was not. */
    Routine written() {
        Routine written = routine;
        return written == null ? write() : written;
    }

    private synchronized Routine write() {
        Routine written = routine;
        if (written == null) {
            try {
                written = store.write(writer.get());
            } catch (CodeMemory.RefusedException refused) {
                throw new IllegalStateException(refused.getMessage(), refused);
            }
            routine = written;
        }
        return written;
    }
}
