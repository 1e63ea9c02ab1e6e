package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.KvStore;

/** Memory of one worker of attention; what its size depends on the plan grows with the largest. */
final class AttentionScratch {
    // Bytes in the parameters, a line for each kind of routine.
    static final int SCORE_PARAMETERS = 0;
    static final int MIX_PARAMETERS = 64;
    static final int SOFTMAX_PARAMETERS = 128;
    static final int NORM_PARAMETERS = 192;
    static final int ROUNDED_SCORE_PARAMETERS = 256;

    /** Bytes from a query's scores to the next one's: a line more than they take, so that rows do not lie in the same sets of the cache. */
    static final int SCORE_STRIDE = 4 * KvStore.BLOCK + 64;

    private final PanelMemory memory;
    private final MemorySegment parameters;
    private final MemorySegment scores;
    private MemorySegment heads = MemorySegment.NULL;
    private MemorySegment roundedHeads = MemorySegment.NULL;
    private MemorySegment valueScales = MemorySegment.NULL;
    private MemorySegment results = MemorySegment.NULL;
    private MemorySegment weights = MemorySegment.NULL;
    private float[] head = new float[0];

    AttentionScratch(PanelMemory memory) {
        this.memory = memory;
        parameters = memory.segment(ROUNDED_SCORE_PARAMETERS + TileTail.PARAMETER_BYTES);
        scores = memory.segment((long) RowAddresses.MOST * SCORE_STRIDE);
    }

    MemorySegment parameters() {
        return parameters;
    }

    /** {@code [query][key of a block]} float32. */
    MemorySegment scores() {
        return scores;
    }

    /** Heads of queries or keys, float32: room for so many bytes. */
    MemorySegment heads(long bytes) {
        heads = grown(heads, bytes);
        return heads;
    }

    MemorySegment heads() {
        return heads;
    }

    /** The same, rounded: an {@link ActivationRow} each. */
    MemorySegment roundedHeads(long bytes) {
        roundedHeads = grown(roundedHeads, bytes);
        return roundedHeads;
    }

    MemorySegment roundedHeads() {
        return roundedHeads;
    }

    /** Scales of a block's values, float32. */
    MemorySegment valueScales(long bytes) {
        valueScales = grown(valueScales, bytes);
        return valueScales;
    }

    MemorySegment valueScales() {
        return valueScales;
    }

    /** For {@link Segments}. */
    MemorySegment results(long bytes) {
        results = grown(results, bytes);
        return results;
    }

    /** What segments are multiplied with, float32. */
    MemorySegment weights(long bytes) {
        weights = grown(weights, bytes);
        return weights;
    }

    /** A head that Java stores. */
    float[] head(int length) {
        head = head.length < length ? new float[length] : head;
        return head;
    }

    private MemorySegment grown(MemorySegment segment, long bytes) {
        if (segment.byteSize() >= bytes) {
            return segment;
        }
        synchronized (memory) {
            return memory.segment(bytes + bytes / 4);
        }
    }
}
