package moka.engine.runtime;

import java.lang.foreign.MemorySegment;

/**
 * All memory of the process as one segment, whose offsets are addresses.
 *
 * <p>Loops that must become vector instructions read through this constant. A segment that is passed in may be mapped, native or on
 * the heap; once a program has seen three kinds, the compiler calls methods of the segment for every access and vectors become objects
 * (measured: 770 MB allocated per decoded token, a third of the speed). A constant has one kind, no lifetime to ask for and no
 * length to load. Whoever takes an address checks the bounds of the segment it comes from, and keeps that segment alive.
 */
public final class ProcessMemory {
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /**
     * Mask of the bits that an address has. {@code address & ADDRESS} leaves every address as it is and tells the compiler that it, and
     * sums with small numbers, are within the segment: the bounds checks of all accesses to a block are gone.
     */
    public static final long ADDRESS = Long.MAX_VALUE >>> 1;

    private ProcessMemory() {}
}
