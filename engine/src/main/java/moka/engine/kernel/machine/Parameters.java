package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes parameters of routines, four words at a time.
 *
 * <p>The JVM's first compiler unfolds each access of a segment to some twelve kilobytes of code wherever it stands (a method that wrote seven
 * values took 89 KB, as long to compile as a prompt takes to compute), and does not take a method of this length into its callers.
 */
final class Parameters {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private Parameters() {}

    /** Writes 32 bytes. */
    static void write(MemorySegment at, long offset, long first, long second, long third, long fourth) {
        at.set(LONG, offset, first);
        at.set(LONG, offset + 8, second);
        at.set(LONG, offset + 16, third);
        at.set(LONG, offset + 24, fourth);
    }

    /** Two values of 32 bits as a word, the first at the lower address: all processors with kernels are little-endian. */
    static long pair(int first, int second) {
        return first & 0xFFFFFFFFL | (long) second << 32;
    }

    /** Likewise. */
    static long pair(float first, float second) {
        return pair(Float.floatToRawIntBits(first), Float.floatToRawIntBits(second));
    }
}
