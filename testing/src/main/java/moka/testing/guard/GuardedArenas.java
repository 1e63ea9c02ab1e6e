package moka.testing.guard;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Arenas whose every segment lies between two pages that may not be touched. The methods are those of {@link Arena}. */
public final class GuardedArenas {
    private GuardedArenas() {}

    public static Arena ofConfined() {
        return new GuardedArena(Arena.ofConfined());
    }

    public static Arena ofShared() {
        return new GuardedArena(Arena.ofShared());
    }

    public static Arena ofAuto() {
        return new GuardedArena(Arena.ofAuto());
    }

    public static Arena global() {
        return new GuardedArena(Arena.global());
    }

    /** Lifetime and threads are those of an ordinary arena, which also releases the pages. */
    private record GuardedArena(Arena arena) implements Arena {
        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            if (byteSize <= 0 || Long.bitCount(byteAlignment) != 1 || !arena.scope().isAlive()) {
                return arena.allocate(byteSize, byteAlignment); // empty, or the exception that belongs to it
            }
            GuardedPages pages = GuardedPages.of(byteSize, byteAlignment);
            return MemorySegment.ofAddress(pages.start()).reinterpret(byteSize, arena, it -> pages.release());
        }

        @Override
        public MemorySegment.Scope scope() {
            return arena.scope();
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
