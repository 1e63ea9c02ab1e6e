package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory for panels and scratch, in huge pages where the system gives them (15 to 25 % more bandwidth than 4 KiB pages): handed out from slabs,
 * given back all at once. Not thread-safe.
 */
final class PanelMemory implements AutoCloseable {
    private static final long SLAB_BYTES = 64L << 20;
    private static final long ALIGNMENT = 64;

    private record Slab(long address, long bytes) {}

    private final SystemMemory system;
    private final List<Slab> slabs = new ArrayList<>();
    private long next;
    private long end;
    private long used;

    PanelMemory(SystemMemory system) {
        this.system = system;
    }

    /** Zeroed memory, aligned to 64 bytes; address 0 if there is none. */
    long allocate(long bytes) {
        long size = (bytes + ALIGNMENT - 1) & -ALIGNMENT;
        if (next + size > end) {
            long slab = Math.max(SLAB_BYTES, (size + SystemMemory.HUGE_PAGE - 1) & -SystemMemory.HUGE_PAGE);
            // One huge page more, so that an aligned part is inside.
            long whole = slab + SystemMemory.HUGE_PAGE;
            long address = system.reserve(whole);
            if (address == 0) {
                return 0;
            }
            slabs.add(new Slab(address, whole));
            next = (address + SystemMemory.HUGE_PAGE - 1) & -SystemMemory.HUGE_PAGE;
            end = next + slab;
            system.wantHugePages(next, slab);
        }
        long address = next;
        next += size;
        used += size;
        return address;
    }

    /** Likewise, as a segment. */
    MemorySegment segment(long bytes) {
        long address = allocate(bytes);
        if (address == 0) {
            throw new OutOfMemoryError("no " + bytes + " bytes for scratch memory");
        }
        return SystemMemory.view(address, bytes);
    }

    /** Bytes handed out. */
    long used() {
        return used;
    }

    @Override
    public void close() {
        for (Slab slab : slabs) {
            system.release(slab.address(), slab.bytes());
        }
        slabs.clear();
        next = 0;
        end = 0;
    }
}
