package moka.engine.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Off-heap memory that begins at a cache line and grows with use, for what vectors are loaded from again and again. The loads of a
 * float array all cross cache lines (its data begins 16 bytes behind an 8-byte boundary), which halves the speed of kernels on Zen 5.
 */
final class AlignedFloats {
    private final Arena arena;
    private MemorySegment segment = MemorySegment.NULL;

    AlignedFloats(Arena arena) {
        this.arena = arena;
    }

    static AlignedFloats[] several(Arena arena, int count) {
        var several = new AlignedFloats[count];
        for (int i = 0; i < count; i++) {
            several[i] = new AlignedFloats(arena);
        }
        return several;
    }

    /** Room for so many floats, content undefined. What is outgrown is freed with the arena, so growth is by half at least. */
    MemorySegment atLeast(long floats) {
        if (segment.byteSize() < 4 * floats) {
            segment = arena.allocate(Math.max(4 * floats, segment.byteSize() / 2 * 3), 64);
        }
        return segment;
    }

    /** What {@link #atLeast} gave last. */
    MemorySegment segment() {
        return segment;
    }

    long bytes() {
        return segment.byteSize();
    }
}
