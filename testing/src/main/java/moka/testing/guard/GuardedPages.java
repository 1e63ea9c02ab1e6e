package moka.testing.guard;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Zeroed bytes in pages of their own, with a page before and a page behind that may not be touched: who does ends the process.
 *
 * <p>Where alignment leaves room between the bytes and the nearer of the two, that room, and all on the other side, holds ones: NaN to one who
 * reads it as floats. A write there is found when the memory is released, and ends the process with {@value #EXIT_CODE}.
 *
 * @param base address of the first page, the one before
 * @param pagesBytes of all pages
 * @param start address of the bytes
 * @param bytes how many they are
 */
record GuardedPages(long base, long pagesBytes, long start, long bytes) {
    /** On which side the memory touches its guard. */
    enum Side {
        START,
        END
    }

    static final int EXIT_CODE = 70;

    private static final long PAGE = 4096;
    private static final byte UNUSED = (byte) 0xff;
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle MAP = find("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle PROTECT = find("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
    private static final MethodHandle UNMAP = find("munmap", FunctionDescriptor.of(INT, LONG, LONG));

    private static final AtomicLong ALLOCATIONS = new AtomicLong();
    private static final AtomicLong ALLOCATED_BYTES = new AtomicLong();
    private static final AtomicLong ALIVE = new AtomicLong();
    private static final AtomicLong MOST_ALIVE = new AtomicLong();
    private static volatile Side side = Side.END;

    private static MethodHandle find(String name, FunctionDescriptor shape) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), shape);
    }

    /** Where all that follows is put. */
    static void place(Side chosen) {
        side = chosen;
    }

    /** @throws OutOfMemoryError as an arena does */
    static GuardedPages of(long bytes, long alignment) {
        long wider = Math.max(0, alignment - PAGE);
        long inner = Math.addExact(roundUp(bytes, PAGE), wider);
        long whole = inner + 2 * PAGE;
        long base = map(whole);
        long first = base + PAGE;
        long start = side == Side.START ? roundUp(first, alignment) : (first + inner - bytes) & -alignment;
        var pages = new GuardedPages(base, whole, start, bytes);
        pages.before().fill(UNUSED);
        pages.behind().fill(UNUSED);
        ALLOCATIONS.incrementAndGet();
        ALLOCATED_BYTES.addAndGet(bytes);
        MOST_ALIVE.accumulateAndGet(ALIVE.incrementAndGet(), Math::max);
        return pages;
    }

    private static long map(long whole) {
        try {
            long base = (long) MAP.invokeExact(0L, whole, 0, PRIVATE_ANONYMOUS, -1, 0L);
            if (base == -1 || (int) PROTECT.invokeExact(base + PAGE, whole - 2 * PAGE, READ_WRITE) != 0) {
                throw new OutOfMemoryError("no " + whole + " bytes of pages");
            }
            return base;
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    void release() {
        if (isTouched(before()) || isTouched(behind())) {
            end("written outside of " + bytes + " bytes, " + (isTouched(before()) ? "before them" : "behind them"));
        }
        ALIVE.decrementAndGet();
        try {
            int ignored = (int) UNMAP.invokeExact(base, pagesBytes);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private MemorySegment before() {
        return MemorySegment.ofAddress(base + PAGE).reinterpret(start - base - PAGE);
    }

    private MemorySegment behind() {
        return MemorySegment.ofAddress(start + bytes).reinterpret(base + pagesBytes - PAGE - start - bytes);
    }

    private static boolean isTouched(MemorySegment unused) {
        for (long i = 0; i < unused.byteSize(); i++) {
            if (unused.get(ValueLayout.JAVA_BYTE, i) != UNUSED) {
                return true;
            }
        }
        return false;
    }

    private static long roundUp(long value, long powerOfTwo) {
        return Math.addExact(value, powerOfTwo - 1) & -powerOfTwo;
    }

    /** Exceptions would be swallowed by those who call. */
    static void end(String reason) {
        System.err.println("moka.guard: " + reason);
        new Throwable().printStackTrace();
        Runtime.getRuntime().halt(EXIT_CODE);
    }

    static String summary() {
        return "%,d allocations of %,d bytes between guard pages (%s), %,d at a time at most; %,d of them without an arena"
                .formatted(ALLOCATIONS.get(), ALLOCATED_BYTES.get(), side, MOST_ALIVE.get(), GuardedPanels.count());
    }
}
