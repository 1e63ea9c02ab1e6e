package moka.cli.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.runtime.WorkerTeam;

/**
 * What the machine reads from memory: every thread sums its own part of a block that is far larger than the caches, nothing else. The
 * best of some passes, since anything else that runs only takes away.
 */
public final class MemoryBandwidth {
    private static final long BLOCK_BYTES = 1L << 28;
    private static final int PASSES = 8;
    private static final int LINE_BYTES = 64;

    private MemoryBandwidth() {}

    /** Bytes per second that so many threads read. */
    public static double measure(int threads) {
        return measure(threads, BLOCK_BYTES, PASSES);
    }

    static double measure(int threads, long blockBytes, int passes) {
        long part = blockBytes / threads / LINE_BYTES * LINE_BYTES;
        long[] sums = new long[threads];
        double best = 0;
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(threads)) {
            MemorySegment block = arena.allocate(part * threads, LINE_BYTES);
            team.run(threads, (chunk, worker) -> block.asSlice(chunk * part, part).fill((byte) 1));
            for (int pass = 0; pass < passes; pass++) {
                long start = System.nanoTime();
                team.run(threads, (chunk, worker) -> sums[chunk] += sum(block, chunk * part, (chunk + 1) * part));
                best = Math.max(best, part * threads * 1e9 / (System.nanoTime() - start));
            }
        }
        if (sums[0] == 0) {
            throw new IllegalStateException("the block was not read");
        }
        return best;
    }

    // Eight sums of their own: additions that wait for each other would be slower than memory.
    private static long sum(MemorySegment block, long from, long to) {
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        long e = 0;
        long f = 0;
        long g = 0;
        long h = 0;
        for (long at = from; at < to; at += LINE_BYTES) {
            a += block.get(ValueLayout.JAVA_LONG, at);
            b += block.get(ValueLayout.JAVA_LONG, at + 8);
            c += block.get(ValueLayout.JAVA_LONG, at + 16);
            d += block.get(ValueLayout.JAVA_LONG, at + 24);
            e += block.get(ValueLayout.JAVA_LONG, at + 32);
            f += block.get(ValueLayout.JAVA_LONG, at + 40);
            g += block.get(ValueLayout.JAVA_LONG, at + 48);
            h += block.get(ValueLayout.JAVA_LONG, at + 56);
        }
        return a + b + c + d + e + f + g + h;
    }
}
