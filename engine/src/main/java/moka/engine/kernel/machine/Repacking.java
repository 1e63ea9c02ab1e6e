package moka.engine.kernel.machine;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import moka.engine.runtime.AvailableMemory;

/**
 * Decides when a matrix is copied into panels: while it is used, so that nobody waits for it. Chunks of work pack their panels and multiply with
 * them at once; whoever prefills a prompt packs all that it touches, which it would have to do for itself anyway. Decoding packs one matrix for
 * every {@link #STREAMED_FOR_PACKED} that it reads, so that no token is late and all are packed after some twenty; except small ones, and where Java splits
 * the rows, which is too slow to do twice. Where memory is short, matrices stay as they are.
 */
final class Repacking {
    /** Memory that stays free. */
    private static final long RESERVED_BYTES = 512L << 20;

    private static final int STREAMED_FOR_PACKED = 16;
    /** Rows that may be those of sequences decoded together, or guesses; more are a prompt. */
    private static final int DECODED_MOST = 12;
    /** Packed in some 50 µs. */
    private static final long SMALL_BYTES = 1 << 20;

    private final PanelMemory memory;
    private final boolean allowed;
    private long streamedBytes;
    private long packedWhileStreaming;
    /** What may be used before the system is asked again how much there is. */
    private long spareBytes;
    private long packedBytes;
    private int refused;
    private final LongAdder packingNanos = new LongAdder();
    private long productNanos;

    Repacking(PanelMemory memory, boolean allowed) {
        this.memory = memory;
        this.allowed = allowed;
    }

    /** Called before a region that uses all of a matrix, by the thread that starts it: the region packs what is to be packed. */
    void begin(PanelMatrix matrix, int rowCount) {
        long bytes = matrix.panelBytes() * matrix.panelCount();
        boolean decoding = rowCount <= DECODED_MOST;
        if (decoding) {
            streamedBytes += bytes;
        }
        if (!allowed || matrix.isPacked() || matrix.refused()) {
            return;
        }
        if (decoding && bytes > SMALL_BYTES && matrix.kernels().packsQuickly()) {
            if (packedWhileStreaming * STREAMED_FOR_PACKED > streamedBytes) {
                return;
            }
            packedWhileStreaming += bytes;
        }
        long address = fits(bytes) ? memory.allocate(bytes) : 0;
        if (address == 0) {
            matrix.refuse();
            refused++;
        } else {
            packedBytes += bytes;
            matrix.packInto(address);
        }
    }

    /** Decoding has read panels that are packed. */
    void streamed(long bytes) {
        streamedBytes += bytes;
    }

    /** Asks the system now and then only: a small model's matrices are more work to ask for than to pack. */
    private boolean fits(long bytes) {
        if (bytes > spareBytes) {
            OptionalLong available = AvailableMemory.bytes();
            long spare = available.isEmpty() ? Long.MAX_VALUE : available.getAsLong() - RESERVED_BYTES;
            if (spare < bytes) {
                return false;
            }
            spareBytes = Math.max(bytes, spare / 8);
        }
        spareBytes -= bytes;
        return true;
    }

    /** A thread has packed some panels. */
    void packed(long nanos) {
        packingNanos.add(nanos);
    }

    /** The team has multiplied, and packed what was to be packed on the way. @param nanos of all threads */
    void multiplied(long nanos) {
        productNanos += nanos;
    }

    /** What was done so far and what it cost, for people. */
    List<String> notes() {
        if (!allowed) {
            return List.of("weights are left as they lie in the file");
        }
        if (packedBytes == 0 && refused == 0) {
            return List.of("weights are packed for decoding at their first uses");
        }
        long nanos = packingNanos.sum();
        String amount = String.format(
                Locale.ROOT,
                "%.3f GB of weights are packed for decoding (%.2f s of processor time, %.0f %% of that of all products)",
                packedBytes / 1e9,
                nanos / 1e9,
                100.0 * nanos / Math.max(1, productNanos));
        return List.of(refused == 0 ? amount + ", others at their first uses" : amount + ", memory is too short for " + refused + " matrices");
    }
}
