package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import moka.engine.kernel.machine.x86.Assembler;

/** Executable pages with some routines in them. Closing takes the pages back: no routine may run then. */
final class CodeMemory implements AutoCloseable {
    private static final long PAGE = 4096;
    private static final int ALIGNMENT = 64;

    private final SystemMemory system;
    private final long bytes;
    private long address;

    private CodeMemory(SystemMemory system, long address, long bytes) {
        this.system = system;
        this.address = address;
        this.bytes = bytes;
    }

    /** What can go wrong: the message is one sentence. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    /** Collects routines, then makes them executable together. */
    static final class Builder {
        private final List<byte[]> codes = new ArrayList<>();
        private int size;

        /** Takes over finished code; returns its offset. */
        int add(Assembler code) {
            return add(code.toBytes());
        }

        /** Takes over finished code; returns its offset. */
        int add(byte[] bytes) {
            int offset = size;
            codes.add(bytes);
            size = (size + bytes.length + ALIGNMENT - 1) & -ALIGNMENT;
            return offset;
        }

        CodeMemory build(SystemMemory system) throws RefusedException {
            long bytes = (size + PAGE - 1) & -PAGE;
            long address = system.reserve(bytes);
            if (address == 0) {
                throw new RefusedException("the system gave no memory for machine code");
            }
            MemorySegment target = SystemMemory.view(address, bytes);
            int offset = 0;
            for (byte[] code : codes) {
                MemorySegment.copy(MemorySegment.ofArray(code), 0, target, offset, code.length);
                offset = (offset + code.length + ALIGNMENT - 1) & -ALIGNMENT;
            }
            if (!system.makeExecutable(address, bytes)) {
                system.release(address, bytes);
                throw new RefusedException("the system does not let this process make memory executable");
            }
            return new CodeMemory(system, address, bytes);
        }
    }

    /** The routine at an offset that {@link Builder#add} gave. */
    Routine routine(int offset) {
        return new Routine(MemorySegment.ofAddress(address + offset));
    }

    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        if (address != 0) {
            system.release(address, bytes);
            address = 0;
        }
    }
}
