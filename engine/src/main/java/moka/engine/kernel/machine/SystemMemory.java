package moka.engine.kernel.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * Pages asked from the operating system: for code, which is written first and made executable after (never both), and for weights,
 * which want huge pages. Linux and macOS through {@code mmap}; Windows through {@code VirtualAlloc} (written after its documentation, not
 * tested).
 */
abstract sealed class SystemMemory {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    /** Two MiB: the size of a huge page on x86-64. */
    static final long HUGE_PAGE = 2L << 20;

    /** The calls of this machine's system. @throws UnsupportedOperationException if there are none for it */
    static SystemMemory ofThisSystem() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (system.contains("windows")) {
            return new Windows();
        }
        if (system.contains("linux")) {
            return new Posix(true);
        }
        if (system.contains("mac")) {
            return new Posix(false);
        }
        throw new UnsupportedOperationException("no executable memory is known for " + System.getProperty("os.name"));
    }

    /** New zeroed pages, readable and writable; or address 0 if there are none. */
    abstract long reserve(long bytes);

    /** Turns pages from writable to executable; false if that is not allowed. */
    abstract boolean makeExecutable(long address, long bytes);

    /** Asks for huge pages, before the first touch. Only a wish. */
    abstract void wantHugePages(long address, long bytes);

    abstract void release(long address, long bytes);

    /** Whether kernels find their arguments where Windows puts them. */
    abstract boolean windowsCalls();

    /** A view of raw memory; it lives until the pages are released. */
    static MemorySegment view(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    private static MethodHandle find(Linker linker, String name, FunctionDescriptor shape) {
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), shape);
    }

    private static final class Posix extends SystemMemory {
        private static final int READ = 1;
        private static final int WRITE = 2;
        private static final int EXECUTE = 4;
        private static final int PRIVATE = 2;
        private static final int ADVICE_HUGE_PAGE = 14;

        private final boolean linux;
        private final MethodHandle map;
        private final MethodHandle protect;
        private final MethodHandle unmap;
        private final MethodHandle advise;

        Posix(boolean linux) {
            this.linux = linux;
            Linker linker = Linker.nativeLinker();
            map = find(linker, "mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
            protect = find(linker, "mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
            unmap = find(linker, "munmap", FunctionDescriptor.of(INT, LONG, LONG));
            advise = find(linker, "madvise", FunctionDescriptor.of(INT, LONG, LONG, INT));
        }

        @Override
        long reserve(long bytes) {
            try {
                long address = (long) map.invokeExact(0L, bytes, READ | WRITE, PRIVATE | (linux ? 0x20 : 0x1000), -1, 0L);
                return address == -1 ? 0 : address;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        @Override
        boolean makeExecutable(long address, long bytes) {
            try {
                return (int) protect.invokeExact(address, bytes, READ | EXECUTE) == 0;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        @Override
        void wantHugePages(long address, long bytes) {
            if (linux) {
                try {
                    int ignored = (int) advise.invokeExact(address, bytes, ADVICE_HUGE_PAGE);
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
            }
        }

        @Override
        void release(long address, long bytes) {
            try {
                int ignored = (int) unmap.invokeExact(address, bytes);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        @Override
        boolean windowsCalls() {
            return false;
        }
    }

    private static final class Windows extends SystemMemory {
        private static final int COMMIT_AND_RESERVE = 0x3000;
        private static final int RELEASE = 0x8000;
        private static final int READ_WRITE = 4;
        private static final int EXECUTE_READ = 0x20;

        private final MethodHandle allocate;
        private final MethodHandle protect;
        private final MethodHandle free;

        Windows() {
            Linker linker = Linker.nativeLinker();
            allocate = find(linker, "VirtualAlloc", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT));
            protect = find(linker, "VirtualProtect", FunctionDescriptor.of(INT, LONG, LONG, INT, ValueLayout.ADDRESS));
            free = find(linker, "VirtualFree", FunctionDescriptor.of(INT, LONG, LONG, INT));
        }

        @Override
        long reserve(long bytes) {
            try {
                return (long) allocate.invokeExact(0L, bytes, COMMIT_AND_RESERVE, READ_WRITE);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        @Override
        boolean makeExecutable(long address, long bytes) {
            try (var arena = java.lang.foreign.Arena.ofConfined()) {
                return (int) protect.invokeExact(address, bytes, EXECUTE_READ, arena.allocate(INT)) != 0;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        @Override
        void wantHugePages(long address, long bytes) {
            // Large pages need a privilege that users rarely have.
        }

        @Override
        void release(long address, long bytes) {
            try {
                int ignored = (int) free.invokeExact(address, 0L, RELEASE);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        @Override
        boolean windowsCalls() {
            return true;
        }
    }
}
