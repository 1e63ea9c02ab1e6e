package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Memory between two pages that may not be touched: a kernel that reads or writes outside of what it was given ends the process. */
final class GuardedMemory implements AutoCloseable {
    private static final long PAGE = 4096;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final Arena arena = Arena.ofShared();
    private final MethodHandle map = find("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private final MethodHandle protect = find("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
    private final MethodHandle unmap = find("munmap", FunctionDescriptor.of(INT, LONG, LONG));

    private static MethodHandle find(String name, FunctionDescriptor shape) {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "guard pages are tested on Linux only");
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), shape);
    }

    /** {@code bytes} that end where the guard begins, or begin where it ends; zeroed. */
    MemorySegment allocate(long bytes, boolean atEnd) {
        long inner = (Math.max(bytes, 1) + PAGE - 1) & -PAGE;
        long whole = inner + 2 * PAGE;
        try {
            long address = (long) map.invokeExact(0L, whole, 3, 0x22, -1, 0L);
            if (address == -1
                    || (int) protect.invokeExact(address, PAGE, 0) != 0
                    || (int) protect.invokeExact(address + PAGE + inner, PAGE, 0) != 0) {
                throw new IllegalStateException("no guarded memory");
            }
            long start = address + PAGE + (atEnd ? inner - bytes : 0);
            return MemorySegment.ofAddress(start).reinterpret(bytes, arena, it -> release(address, whole));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private void release(long address, long bytes) {
        try {
            int ignored = (int) unmap.invokeExact(address, bytes);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
