package moka.engine.kernel.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;

/**
 * Pages asked from the operating system: for code, which is written first and made executable after (never both), and for weights,
 * which want huge pages. Linux and macOS through {@code mmap}; Windows through {@code VirtualAlloc}.
 */
abstract sealed class SystemMemory {
    /** Two MiB: the size of a huge page on x86-64. */
    static final long HUGE_PAGE = 2L << 20;

    /** The calls of this machine's system. @throws UnsupportedOperationException with one sentence if there are none for it */
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

    /**
     * A function of the C library, called in the one shape that kernels are called in: an argument of fewer bits is the lower part of a
     * register in every calling convention here, and so is a result. A shape of its own for each would cost 5 ms of the start.
     */
    private static Routine find(SymbolLookup library, String name) {
        return library.find(name)
                .map(Routine::new)
                .orElseThrow(() -> new UnsupportedOperationException("the system has no function " + name));
    }

    private static final class Posix extends SystemMemory {
        private static final int READ = 1;
        private static final int WRITE = 2;
        private static final int EXECUTE = 4;
        private static final int PRIVATE = 2;
        private static final int ADVICE_HUGE_PAGE = 14;

        private final boolean linux;
        private final SymbolLookup library = Linker.nativeLinker().defaultLookup();
        private final Routine map = find(library, "mmap");
        private final Routine protect = find(library, "mprotect");
        private final Routine unmap = find(library, "munmap");
        private final Routine advise = find(library, "madvise");
        private final Optional<Routine> synchronize;

        Posix(boolean linux) {
            this.linux = linux;
            // Processors of AArch64 may have fetched instructions from before they were written.
            synchronize = System.getProperty("os.arch").equals("aarch64") ? synchronization() : Optional.empty();
        }

        /**
         * {@code sys_icache_invalidate(start, size)} of macOS; {@code __clear_cache(start, end)} of the compiler's library on Linux. Where that is missing
         * we rely on Linux itself, which makes the caches agree when a page that was written becomes executable for the first time.
         */
        private Optional<Routine> synchronization() {
            if (!linux) {
                return Optional.of(find(library, "sys_icache_invalidate"));
            }
            try {
                return SymbolLookup.libraryLookup("libgcc_s.so.1", Arena.global()).find("__clear_cache").map(Routine::new);
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        @Override
        long reserve(long bytes) {
            long address = map.call(0, bytes, READ | WRITE, PRIVATE | (linux ? 0x20 : 0x1000), -1, 0);
            return address == -1 ? 0 : address;
        }

        @Override
        boolean makeExecutable(long address, long bytes) {
            if ((int) protect.call(address, bytes, READ | EXECUTE, 0, 0, 0) != 0) {
                return false;
            }
            synchronize.ifPresent(it -> it.call(address, linux ? address + bytes : bytes, 0, 0, 0, 0));
            return true;
        }

        @Override
        void wantHugePages(long address, long bytes) {
            if (linux) {
                advise.call(address, bytes, ADVICE_HUGE_PAGE, 0, 0, 0);
            }
        }

        @Override
        void release(long address, long bytes) {
            unmap.call(address, bytes, 0, 0, 0, 0);
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
        /** What {@code GetCurrentProcess} returns, always. */
        private static final long THIS_PROCESS = -1;

        // The linker's own lookup has the C runtime alone.
        private final SymbolLookup library = kernel32();
        private final Routine allocate = find(library, "VirtualAlloc");
        private final Routine protect = find(library, "VirtualProtect");
        private final Routine flush = find(library, "FlushInstructionCache");
        private final Routine free = find(library, "VirtualFree");

        private static SymbolLookup kernel32() {
            try {
                return SymbolLookup.libraryLookup("kernel32", Arena.global());
            } catch (IllegalArgumentException e) {
                throw new UnsupportedOperationException("kernel32.dll cannot be loaded", e);
            }
        }

        @Override
        long reserve(long bytes) {
            return allocate.call(0, bytes, COMMIT_AND_RESERVE, READ_WRITE, 0, 0);
        }

        @Override
        boolean makeExecutable(long address, long bytes) {
            try (Arena arena = Arena.ofConfined()) {
                long before = arena.allocate(ValueLayout.JAVA_INT).address();
                return (int) protect.call(address, bytes, EXECUTE_READ, before, 0, 0) != 0
                        && (int) flush.call(THIS_PROCESS, address, bytes, 0, 0, 0) != 0;
            }
        }

        @Override
        void wantHugePages(long address, long bytes) {
            // Large pages need a privilege that users rarely have.
        }

        @Override
        void release(long address, long bytes) {
            free.call(address, 0, RELEASE, 0, 0, 0);
        }

        @Override
        boolean windowsCalls() {
            return true;
        }
    }
}
