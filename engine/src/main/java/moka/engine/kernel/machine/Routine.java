package moka.engine.kernel.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Machine code that can be called: {@code long f(long, long, long, long, long, long)}. One shape serves all, so that the linker makes one
 * stub; calls are plain ones (about 5 ns), because a critical call would hold up every safepoint while a kernel runs.
 *
 * @param entry the first instruction
 */
public record Routine(MemorySegment entry) {
    private static final MethodHandle CALL = Linker.nativeLinker()
            .downcallHandle(FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG));

    /** Runs the code. Nothing is checked: whoever calls has made sure that all addresses are good. */
    public long call(long a, long b, long c, long d, long e, long f) {
        try {
            return (long) CALL.invokeExact(entry, a, b, c, d, e, f);
        } catch (Throwable thrown) {
            throw new AssertionError(thrown);
        }
    }
}
