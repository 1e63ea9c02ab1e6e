package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;

/** Memory of one worker: parameters of kernels, rows or panels on their way. */
final class WorkerScratch {
    private final PanelMemory memory;
    private final MemorySegment parameters;
    private MemorySegment rows = MemorySegment.NULL;
    private MemorySegment panels = MemorySegment.NULL;
    private MemorySegment unpacked = MemorySegment.NULL;

    WorkerScratch(PanelMemory memory) {
        this.memory = memory;
        // Lines of their own, so that workers do not take them from each other.
        parameters = memory.segment(4096);
    }

    MemorySegment parameters() {
        return parameters;
    }

    /** For rows of the file. */
    MemorySegment rows(long bytes) {
        rows = grown(rows, bytes);
        return rows;
    }

    /** For panels that are made for one call. */
    MemorySegment panels(long bytes) {
        panels = grown(panels, bytes);
        return panels;
    }

    /** For unpacked panels. */
    MemorySegment unpacked(long bytes) {
        unpacked = grown(unpacked, bytes);
        return unpacked;
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
