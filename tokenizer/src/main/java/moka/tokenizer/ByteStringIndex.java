package moka.tokenizer;

/**
 * Finds byte strings by content: open addressing over the numbers of a {@link ByteStrings}, without an object for a string. A look-up
 * reads one slot of four bytes and, where its tag agrees, the string.
 */
final class ByteStringIndex {
    private static final int NUMBER_BITS = 22;
    private static final int NUMBER_MASK = (1 << NUMBER_BITS) - 1;
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** More strings than this cannot be told apart by a slot. */
    static final int MAX_SIZE = NUMBER_MASK - 1;

    private final ByteStrings strings;
    /** Tag in the upper bits, number of the string + 1 in the lower; 0 is free. */
    private int[] slots;

    private int used;
    private boolean hasDuplicates;

    ByteStringIndex(ByteStrings strings, int capacity) {
        this.strings = strings;
        slots = new int[Integer.highestOneBit(Math.max(capacity, 8)) * 4];
    }

    ByteStrings strings() {
        return strings;
    }

    /** Number of a string, or -1. The array needs {@link Utf8#PADDING} readable bytes after the string. */
    int find(byte[] text, int from, int length) {
        long hash = hash(text, from, length);
        int mask = slots.length - 1;
        int tag = (int) hash & ~NUMBER_MASK;
        for (int slot = (int) (hash >>> 32) & mask; ; slot = slot + 1 & mask) {
            int entry = slots[slot];
            if (entry == 0) {
                return -1;
            }
            if ((entry & ~NUMBER_MASK) == tag) {
                int number = (entry & NUMBER_MASK) - 1;
                if (strings.length(number) == length && equal(strings.bytes(), strings.offset(number), text, from, length)) {
                    return number;
                }
            }
        }
    }

    /** Whether {@link #find} gives this number for a string, if it can be told without looking: false may be wrong. */
    boolean isFound(int number, byte[] text, int from, int length) {
        return !hasDuplicates && strings.length(number) == length && equal(strings.bytes(), strings.offset(number), text, from, length);
    }

    /** Adds a string under its number if an equal one is not there yet. */
    void add(int number) {
        if (used * 2 >= slots.length) {
            grow();
        }
        byte[] bytes = strings.bytes();
        int from = strings.offset(number);
        int length = strings.length(number);
        if (find(bytes, from, length) < 0) {
            insert(hash(bytes, from, length), number);
            used++;
        } else {
            hasDuplicates = true;
        }
    }

    private void insert(long hash, int number) {
        int mask = slots.length - 1;
        int slot = (int) (hash >>> 32) & mask;
        while (slots[slot] != 0) {
            slot = slot + 1 & mask;
        }
        slots[slot] = (int) hash & ~NUMBER_MASK | number + 1;
    }

    private void grow() {
        int[] old = slots;
        slots = new int[old.length * 2];
        for (int entry : old) {
            if (entry != 0) {
                int number = (entry & NUMBER_MASK) - 1;
                insert(hash(strings.bytes(), strings.offset(number), strings.length(number)), number);
            }
        }
    }

    private static long hash(byte[] text, int from, int length) {
        long hash = length * MULTIPLIER;
        int at = from;
        int rest = length;
        while (rest > 8) {
            hash = (hash ^ Utf8.word(text, at)) * MULTIPLIER;
            hash ^= hash >>> 29;
            at += 8;
            rest -= 8;
        }
        if (rest > 0) {
            hash = (hash ^ Utf8.word(text, at) & -1L >>> 64 - 8 * rest) * MULTIPLIER;
        }
        hash ^= hash >>> 32;
        hash *= MULTIPLIER;
        return hash ^ hash >>> 29;
    }

    private static boolean equal(byte[] a, int aFrom, byte[] b, int bFrom, int length) {
        int at = 0;
        for (; at + 8 < length; at += 8) {
            if (Utf8.word(a, aFrom + at) != Utf8.word(b, bFrom + at)) {
                return false;
            }
        }
        int rest = length - at;
        return rest == 0 || (Utf8.word(a, aFrom + at) ^ Utf8.word(b, bFrom + at)) << 64 - 8 * rest == 0;
    }
}
