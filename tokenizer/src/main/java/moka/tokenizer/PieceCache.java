package moka.tokenizer;

/**
 * What the last pieces became: texts repeat their words, and this is small enough to stay near the processor where a vocabulary is not. Of
 * pieces that share a slot the last stays. Not thread-safe.
 */
final class PieceCache {
    /** Bytes of the longest piece that is kept. */
    static final int LONGEST = 15;

    private static final int SLOT_BITS = 12;
    private static final int ID_BITS = 21;
    private static final int ID_MASK = (1 << ID_BITS) - 1;
    private static final int MOST_IDS = 3;
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** Three words a slot: bytes 0 to 7; bytes 8 to 14 with the length above them; up to three ids, the first in the lowest bits. */
    private final long[] slots = new long[3 << SLOT_BITS];

    // The piece that was looked for last.
    private long low;
    private long high;
    private int slot;

    /** Appends the ids of a piece if they are known. The array has {@link Utf8#PADDING} bytes after the text. */
    boolean find(byte[] text, int from, int length, IdBuffer ids) {
        if (length <= 8) {
            low = Utf8.word(text, from) & -1L >>> 64 - 8 * length;
            high = (long) length << 56;
        } else {
            low = Utf8.word(text, from);
            high = Utf8.word(text, from + length - 8) >>> 8 * (16 - length) | (long) length << 56;
        }
        long hash = (low ^ high * MULTIPLIER) * MULTIPLIER;
        slot = (int) ((hash ^ hash >>> 29) * MULTIPLIER >>> 64 - SLOT_BITS) * 3;
        if (slots[slot] != low || slots[slot + 1] != high) {
            return false;
        }
        long packed = slots[slot + 2];
        do {
            ids.add((int) packed & ID_MASK);
            packed >>>= ID_BITS;
        } while (packed != 0);
        return true;
    }

    /** Keeps what the piece that was looked for last became: all ids from {@code first} on. */
    void add(IdBuffer ids, int first) {
        int count = ids.size() - first;
        if (count == 0 || count > MOST_IDS) {
            return;
        }
        long packed = 0;
        for (int i = count - 1; i >= 0; i--) {
            int id = ids.get(first + i);
            if (id > ID_MASK || id == 0 && i > 0) {
                return;
            }
            packed = packed << ID_BITS | id;
        }
        slots[slot] = low;
        slots[slot + 1] = high;
        slots[slot + 2] = packed;
    }
}
