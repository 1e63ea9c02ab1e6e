package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;

/**
 * Writes parameters of routines, four words at a time, by address: nothing is checked, as with the routines themselves.
 *
 * <p>The JVM's first compiler unfolds each access of a segment to some twelve kilobytes of code wherever it stands (a method that wrote seven
 * values took 89 KB, as long to compile as a prompt takes to compute), and does not take a method of this length into its callers.
 */
final class Parameters {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private Parameters() {}

    /**
     * Writes parameters by a routine, where that is done often: a call is a tenth of the bytecode that four accesses of memory are, for the interpreter and for
     * compilers that take it into all callers. It takes about 5 ns.
     *
     * @param routine {@link KernelCode#write}
     */
    record Writer(Routine routine) {
        /** Writes 32 bytes. */
        void write(long address, long first, long second, long third, long fourth) {
            routine.call(address, first, second, third, fourth, 0);
        }
    }

    /** {@code f(address, first, second, third, fourth, -)}. */
    static Assembler write(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        General[] words = {General.RSI, General.RDX, General.RCX, General.R8};
        for (int i = 0; i < words.length; i++) {
            a.store(General.RDI.at(8 * i), words[i]);
        }
        frame.leave(a);
        return a;
    }

    /** Writes 32 bytes, aligned to 8. */
    static void write(long address, long first, long second, long third, long fourth) {
        MEMORY.set(LONG, address, first);
        MEMORY.set(LONG, address + 8, second);
        MEMORY.set(LONG, address + 16, third);
        MEMORY.set(LONG, address + 24, fourth);
    }

    /** Reads a float32. */
    static float read(long address) {
        return MEMORY.get(ValueLayout.JAVA_FLOAT, address);
    }

    static void copy(long from, long to, long bytes) {
        MemorySegment.copy(MEMORY, from, MEMORY, to, bytes);
    }

    static void clear(long address, long bytes) {
        MEMORY.asSlice(address, bytes).fill((byte) 0);
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
