package moka.engine.kernel.machine;

import java.util.List;
import java.util.OptionalLong;
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
    /** Packed in some 50 µs. */
    private static final long SMALL_BYTES = 1 << 20;

    private final PanelMemory memory;
    private final boolean allowed;
    private long streamedBytes;
    private long packedWhileStreaming;
    private long packedBytes;
    private int refused;

    Repacking(PanelMemory memory, boolean allowed) {
        this.memory = memory;
        this.allowed = allowed;
    }

    /** Called before a region that uses all of a matrix, by the thread that starts it: the region packs what is to be packed. */
    void begin(PanelMatrix matrix, int rowCount) {
        long bytes = matrix.panelBytes() * matrix.panelCount();
        boolean decoding = rowCount <= QuantizedKernels.STREAM_MOST;
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
        OptionalLong available = AvailableMemory.bytes();
        long address = available.isPresent() && available.getAsLong() < bytes + RESERVED_BYTES ? 0 : memory.allocate(bytes);
        if (address == 0) {
            matrix.refuse();
            refused++;
        } else {
            packedBytes += bytes;
            matrix.packInto(address);
        }
    }

    /** What was done so far, for people. */
    List<String> notes() {
        String amount = "%.3f GB of weights are packed for decoding".formatted(packedBytes / 1e9);
        if (!allowed) {
            return List.of("weights are left as they lie in the file");
        }
        return List.of(refused == 0 ? amount + ", others at their first uses" : amount + ", memory is too short for " + refused + " matrices");
    }
}
