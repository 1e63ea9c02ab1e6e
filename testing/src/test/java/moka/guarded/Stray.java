package moka.guarded;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Takes memory, and touches one byte at an offset that may lie outside of it: {@code ACCESS SIZE OFFSET ALIGNMENT}. Exit code: the byte that was
 * read.
 */
public final class Stray {
    private Stray() {}

    public static void main(String[] arguments) {
        int read = 0;
        try (Arena arena = Arena.ofConfined();
                Arena other = Arena.ofShared()) {
            other.allocate(ValueLayout.JAVA_LONG);
            MemorySegment segment = arena.allocate(Long.parseLong(arguments[1]), Long.parseLong(arguments[3]));
            MemorySegment touched = MemorySegment.ofAddress(segment.address() + Long.parseLong(arguments[2])).reinterpret(1);
            if (arguments[0].equals("write")) {
                touched.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            } else {
                read = touched.get(ValueLayout.JAVA_BYTE, 0) & 0xff;
            }
        }
        System.exit(read);
    }
}
