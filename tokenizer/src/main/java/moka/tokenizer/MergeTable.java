package moka.tokenizer;

import java.util.Arrays;

/**
 * Merges by rank, as byte-pair encoding lists them: open addressing, one word of eight bytes a slot, because what a look-up costs is the
 * memory that it touches. Immutable once all merges are added.
 */
final class MergeTable implements Merges {
    private static final int SYMBOL_BITS = 21;
    private static final int RANK_BITS = 21;
    private static final int RANK_MASK = (1 << RANK_BITS) - 1;
    private static final long FREE = -1;
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** More symbols or merges do not fit into a slot. */
    static final int MAX_SYMBOLS = 1 << SYMBOL_BITS;

    static final int MAX_MERGES = 1 << RANK_BITS;

    /** Left symbol, right symbol, rank, from the upper bits to the lower. */
    private final long[] slots;

    private final int shift;
    /** Symbol that a merge makes, by rank. */
    private final int[] merged;

    MergeTable(int mergeCount) {
        int slotCount = Integer.highestOneBit(Math.max(mergeCount, 8)) * 4;
        if (slotCount > mergeCount * 3L) {
            slotCount /= 2;
        }
        slots = new long[slotCount];
        Arrays.fill(slots, FREE);
        shift = Long.numberOfLeadingZeros(slotCount) + 1;
        merged = new int[mergeCount];
    }

    /** Adds a merge unless there is one of the same symbols already. */
    void add(int left, int right, int rank, int mergedSymbol) {
        long key = key(left, right);
        int slot = slot(key);
        while (slots[slot] != FREE) {
            if (slots[slot] >>> RANK_BITS == key) {
                return;
            }
            slot = slot + 1 & slots.length - 1;
        }
        slots[slot] = key << RANK_BITS | rank;
        merged[rank] = mergedSymbol;
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
            if (found >>> RANK_BITS == key) {
                int rank = (int) found & RANK_MASK;
                return (long) rank << 32 | merged[rank];
            }
            if (found == FREE) {
                return NONE;
            }
            slot = slot + 1 & slots.length - 1;
        }
    }

    private static long key(int left, int right) {
        return (long) left << SYMBOL_BITS | right;
    }

    private int slot(long key) {
        long hash = key * MULTIPLIER;
        return (int) ((hash ^ hash >>> 32) * MULTIPLIER >>> shift);
    }
}
