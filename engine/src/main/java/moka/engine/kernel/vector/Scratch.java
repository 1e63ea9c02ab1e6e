package moka.engine.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of one thread of the team. Arrays grow to what the largest call needs and stay. */
final class Scratch {
    private static final int TAIL_BYTES = 2048;

    private final MemorySegment tail;
    private final float[][] arrays = new float[Use.values().length][0];

    /** What an array is for: calls that run inside each other use different ones. */
    enum Use {
        ROWS,
        WEIGHTS,
        SUMS,
        KEYS_OR_VALUES,
        OTHER
    }

    Scratch(Arena arena) {
        tail = arena.allocate(TAIL_BYTES, 64);
    }

    /**
     * The {@code bytes} at {@code offset} followed by zeros, so that a kernel may read a whole period where the row ends; off-heap as
     * the weights are. Blocks of zeros are zeros in all types.
     */
    MemorySegment padded(MemorySegment weights, long offset, long bytes) {
        MemorySegment.copy(weights, offset, tail, 0, bytes);
        tail.asSlice(bytes).fill((byte) 0);
        return tail;
    }

    /** At least {@code floats} values, content undefined. */
    float[] floats(Use use, int floats) {
        float[] array = arrays[use.ordinal()];
        if (array.length < floats) {
            array = new float[floats];
            arrays[use.ordinal()] = array;
        }
        return array;
    }

    long bytes() {
        long bytes = TAIL_BYTES;
        for (float[] array : arrays) {
            bytes += 4L * array.length;
        }
        return bytes;
    }
}
