package moka.tokenizer;

import java.util.Arrays;

/** Merges by rank, as byte-pair encoding lists them: open addressing, two words a slot, so that a look-up reads one cache line. */
final class MergeTable implements Merges {
    private static final long FREE = -1;
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** Pairs of words: left symbol in the upper 32 bits, right in the lower; then rank in the upper, merged symbol in the lower. */
    private final long[] slots;

    private final int shift;

    MergeTable(int capacity) {
        int slotCount = Integer.highestOneBit(Math.max(capacity, 8)) * 4;
        if (slotCount > capacity * 3L) {
            slotCount /= 2;
        }
        slots = new long[slotCount * 2];
        Arrays.fill(slots, FREE);
        shift = Long.numberOfLeadingZeros(slotCount) + 1;
    }

    /** Adds a merge unless there is one of the same symbols already. */
    void add(int left, int right, int rank, int merged) {
        long key = key(left, right);
        int slot = slot(key);
        while (slots[slot] != FREE) {
            if (slots[slot] == key) {
                return;
            }
            slot = next(slot);
        }
        slots[slot] = key;
        slots[slot + 1] = (long) rank << 32 | merged;
    }

    @Override
    public long merge(int left, int right, byte[] text, int from, int to) {
        if ((left | right) < 0) {
            return NONE;
        }
        long key = key(left, right);
        int slot = slot(key);
        while (true) {
            long found = slots[slot];
            if (found == key) {
                return slots[slot + 1];
            }
            if (found == FREE) {
                return NONE;
            }
            slot = next(slot);
        }
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }

    private int slot(long key) {
        long hash = key * MULTIPLIER;
        return (int) ((hash ^ hash << 32) * MULTIPLIER >>> shift) << 1;
    }

    private int next(int slot) {
        return slot + 2 & slots.length - 1;
    }
}
