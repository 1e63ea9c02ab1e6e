package moka.engine.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of one thread of the team. Arrays grow to what the largest call needs and stay. */
final class Scratch {
    private final AlignedFloats tails;
    private final AlignedFloats keysOrValues;
    private final float[][] arrays = new float[Use.values().length][0];

    /** What an array is for: calls that run inside each other use different ones. */
    enum Use {
        ROWS,
        WEIGHTS,
        SUMS,
        OTHER
    }

    Scratch(Arena arena) {
        tails = new AlignedFloats(arena);
        keysOrValues = new AlignedFloats(arena);
    }

    /**
     * Zeroed bytes, for the last blocks of rows that are no whole number of periods: a kernel may read whole periods of them. Off-heap as the
     * weights are. Blocks of zeros are zeros in all types.
     */
    MemorySegment tails(long bytes) {
        MemorySegment segment = tails.atLeast((bytes + 3) / 4);
        segment.asSlice(0, bytes).fill((byte) 0);
        return segment;
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

    /** At least {@code floats} values at the begin of a cache line, content undefined: keys or values of attention. */
    MemorySegment aligned(int floats) {
        return keysOrValues.atLeast(floats);
    }

    long bytes() {
        long bytes = tails.bytes() + keysOrValues.bytes();
        for (float[] array : arrays) {
            bytes += 4L * array.length;
        }
        return bytes;
    }
}
