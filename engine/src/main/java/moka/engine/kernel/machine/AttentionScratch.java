package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.KvStore;

/**
 * Memory of one worker of attention, by addresses; what its size depends on the plan grows with the largest. Each access of a segment is much code for the JVM's
 * compilers, and attention's were a large part of what they did in the first second of an answer.
 */
final class AttentionScratch {
    // Bytes in the parameters, a line for each kind of routine.
    static final int SCORE_PARAMETERS = 0;
    static final int MIX_PARAMETERS = 64;
    static final int SOFTMAX_PARAMETERS = 128;
    static final int NORM_PARAMETERS = 192;
    static final int ROUNDED_SCORE_PARAMETERS = 256;

    /** Bytes from a query's scores to the next one's: a line more than they take, so that rows do not lie in the same sets of the cache. */
    static final int SCORE_STRIDE = 4 * KvStore.BLOCK + 64;

    private final Parameters.Writer writer;
    private final long parameters;
    private final long scores;
    private final Room heads;
    private final Room roundedHeads;
    private final Room valueScales;
    private final Room results;
    private final Room weights;
    private float[] head = new float[0];

    AttentionScratch(PanelMemory memory, Parameters.Writer writer) {
        this.writer = writer;
        parameters = memory.segment(ROUNDED_SCORE_PARAMETERS + TileTail.PARAMETER_BYTES).address();
        scores = memory.segment((long) RowAddresses.MOST * SCORE_STRIDE).address();
        heads = new Room(memory);
        roundedHeads = new Room(memory);
        valueScales = new Room(memory);
        results = new Room(memory);
        weights = new Room(memory);
    }

    /** Address of the parameters. */
    long parameters() {
        return parameters;
    }

    /** Writes 32 bytes of parameters. */
    void write(long address, long first, long second, long third, long fourth) {
        writer.write(address, first, second, third, fourth);
    }

    /** {@code [query][key of a block]} float32. */
    long scores() {
        return scores;
    }

    /** Heads of queries or keys, float32: room for so many bytes. */
    long heads(long bytes) {
        return heads.of(bytes);
    }

    /** The same, rounded: an {@link ActivationRow} each. */
    long roundedHeads(long bytes) {
        return roundedHeads.of(bytes);
    }

    /** Scales of a block's values, float32. */
    long valueScales(long bytes) {
        return valueScales.of(bytes);
    }

    /** For {@link Segments}. */
    long results(long bytes) {
        return results.of(bytes);
    }

    /** What segments are multiplied with, float32, and 32 bytes more: parameters are written four words at a time. */
    long weights(long bytes) {
        return weights.of(bytes + 32);
    }

    /** A head that Java stores, of the row at an address. */
    float[] head(long row, int number, int length) {
        head = head.length < length ? new float[length] : head;
        MemorySegment source = SystemMemory.view(row + 4L * number * length, 4L * length);
        MemorySegment.copy(source, ValueLayout.JAVA_FLOAT, 0, head, 0, length);
        return head;
    }

    /** Memory that grows; what was in it is then lost. */
    static final class Room {
        private final PanelMemory memory;
        private long address;
        private long bytes;

        Room(PanelMemory memory) {
            this.memory = memory;
        }

        /** Address of so many bytes at least. */
        long of(long wanted) {
            if (wanted > bytes) {
                synchronized (memory) {
                    bytes = wanted + wanted / 4;
                    address = memory.segment(bytes).address();
                }
            }
            return address;
        }
    }
}
