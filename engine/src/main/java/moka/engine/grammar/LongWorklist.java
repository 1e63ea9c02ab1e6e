package moka.engine.grammar;

import java.util.Arrays;

/** Things to visit once each: what was pushed before is not pushed again. Last in, first out. */
final class LongWorklist {
    private long[] table = new long[32]; // open addressing; values are stored plus one, 0 is free
    private int seenCount;
    private long[] open = new long[16];
    private int openCount;

    void clear() {
        if (seenCount > 0) {
            Arrays.fill(table, 0);
        }
        seenCount = 0;
        openCount = 0;
    }

    boolean isEmpty() {
        return openCount == 0;
    }

    long pop() {
        return open[--openCount];
    }

    void push(long value) {
        if (!see(value)) {
            return;
        }
        if (openCount == open.length) {
            open = Arrays.copyOf(open, 2 * openCount);
        }
        open[openCount++] = value;
    }

    private boolean see(long value) {
        if (2 * seenCount >= table.length) {
            long[] before = table;
            table = new long[2 * before.length];
            for (long stored : before) {
                if (stored != 0) {
                    table[slot(stored)] = stored;
                }
            }
        }
        int slot = slot(value + 1);
        if (table[slot] != 0) {
            return false;
        }
        table[slot] = value + 1;
        seenCount++;
        return true;
    }

    private int slot(long stored) {
        int mask = table.length - 1;
        long mixed = stored * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 40) & mask;
        while (table[slot] != 0 && table[slot] != stored) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
