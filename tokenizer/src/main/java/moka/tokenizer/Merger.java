package moka.tokenizer;

import java.util.Arrays;

/**
 * Merges symbols: always the pair of lowest order, the leftmost of several, until no two neighbours can merge. Scratch space of one
 * encoding, not thread-safe.
 *
 * <p>A text of any length takes time in proportion to its length: a long one is merged in overlapping windows, of which the results are
 * joined. That is exact: two
 * results {@code P t} and {@code t Q} that share the token {@code t} at the same place join to the result {@code P t Q} of the whole. The
 * merges within any part of a text that no merge crosses are the same and in the same order as if the part stood alone (the lowest,
 * leftmost pair of the whole is also that of the part it lies in). So as long as merging the whole has followed both derivations, its next
 * merge lies in {@code P t} or in {@code t Q}, is lowest and leftmost there, and so is the next one of that derivation too.
 */
final class Merger {
    /** Bytes of a window at first; doubled where windows do not join. */
    private static final int WINDOW = 512;
    /** Bytes at the end of a window whose tokens are looked at again with what follows. */
    private static final int OVERLAP = 48;

    private final Merges merges;
    private final Alphabet alphabet;

    // The symbols of the range at hand: after merging, entries [0, count); starts[count] is the end of the range.
    private int[] symbols = new int[WINDOW + 1];
    private int[] starts = new int[WINDOW + 2];
    private int count;

    /** What each symbol becomes with the one after it. */
    private int[] merged = new int[WINDOW + 1];
    /** Neighbours that are still there. */
    private int[] next = new int[WINDOW + 1];

    private int[] previous = new int[WINDOW + 1];
    private final PairQueue pairs = new PairQueue();

    // The joined result of windows.
    private int[] resultSymbols = new int[0];
    private int[] resultStarts = new int[0];

    Merger(Merges merges, Alphabet alphabet) {
        this.merges = merges;
        this.alphabet = alphabet;
    }

    /** Merges {@code text[from, to)}; {@link #symbol}, {@link #start} and {@link #end} give the result. @return number of symbols */
    int merge(byte[] text, int from, int to) {
        if (to - from <= WINDOW + OVERLAP) {
            return mergeRange(text, from, to);
        }
        for (int window = WINDOW; ; window *= 2) {
            if (window >= to - from || window > 1 << 29) {
                return mergeRange(text, from, to);
            }
            if (mergeWindows(text, from, to, window)) {
                return count;
            }
        }
    }

    int symbol(int index) {
        return symbols[index];
    }

    int start(int index) {
        return starts[index];
    }

    int end(int index) {
        return starts[index + 1];
    }

    private int mergeRange(byte[] text, int from, int to) {
        reserve(to - from);
        count = alphabet.symbols(text, from, to, symbols, starts);
        starts[count] = to;
        if (count < 2) {
            return count;
        }
        pairs.clear(count);
        for (int i = 0; i < count; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i + 1 < count) {
                long merge = merges.merge(symbols[i], symbols[i + 1], text, starts[i], starts[i + 2]);
                if (merge != Merges.NONE) {
                    merged[i] = (int) merge;
                    pairs.put(i, (int) (merge >>> 32));
                }
            }
        }
        pairs.build();
        for (long first = pairs.first(); first != PairQueue.NONE; first = pairs.first()) {
            mergeAt((int) first, text);
        }
        compact();
        return count;
    }

    private void reserve(int length) {
        if (symbols.length <= length) {
            int capacity = Math.max(length + 1, symbols.length * 2);
            symbols = new int[capacity];
            starts = new int[capacity + 1];
            merged = new int[capacity];
            next = new int[capacity];
            previous = new int[capacity];
        }
    }

    private void mergeAt(int at, byte[] text) {
        int right = next[at];
        int after = next[right];
        symbols[at] = merged[at];
        next[at] = after;
        if (pairs.contains(right)) {
            pairs.remove(right);
        }
        if (after < count) {
            previous[after] = at;
            consider(at, after, text);
        } else {
            pairs.remove(at);
        }
        int before = previous[at];
        if (before >= 0) {
            consider(before, at, text);
        }
    }

    /** Notes what two neighbours merge to. */
    private void consider(int left, int right, byte[] text) {
        long merge = merges.merge(symbols[left], symbols[right], text, starts[left], starts[next[right]]);
        if (merge != Merges.NONE) {
            merged[left] = (int) merge;
            pairs.set(left, (int) (merge >>> 32));
        } else if (pairs.contains(left)) {
            pairs.remove(left);
        }
    }

    /** Moves the symbols that are left of a linked list together. */
    private void compact() {
        int end = starts[count];
        int to = 0;
        for (int i = 0; i < count; i = next[i]) {
            symbols[to] = symbols[i];
            starts[to] = starts[i];
            to++;
        }
        starts[to] = end;
        count = to;
    }

    private boolean mergeWindows(byte[] text, int from, int to, int window) {
        int resultCount = 0;
        int first = 0;
        int end = windowEnd(text, from, to, window);
        mergeRange(text, from, end);
        while (end < to) {
            int split = lastStartUpTo(end - OVERLAP, first);
            if (split < 0) {
                return false;
            }
            // The tail is kept behind the result until the next window tells where the two agree.
            int tail = count - split;
            reserveResult(resultCount + count - first + 1);
            System.arraycopy(symbols, first, resultSymbols, resultCount, count - first);
            System.arraycopy(starts, first, resultStarts, resultCount, count - first + 1);
            resultCount += split - first;
            int start = starts[split];
            int previousStart = starts[0];
            int previousEnd = end;
            end = windowEnd(text, start, to, window);
            if (Arrays.equals(text, previousStart, previousEnd, text, start, end)) {
                shift(start - previousStart);
            } else {
                mergeRange(text, start, end);
            }
            first = -1;
            for (int i = 0, j = 0; i < tail && j < count; ) {
                int expected = resultStarts[resultCount + i];
                if (expected == starts[j]) {
                    if (resultSymbols[resultCount + i] == symbols[j] && resultStarts[resultCount + i + 1] == starts[j + 1]) {
                        first = j;
                        resultCount += i;
                        break;
                    }
                    i++;
                    j++;
                } else if (expected < starts[j]) {
                    i++;
                } else {
                    j++;
                }
            }
            if (first < 0) {
                return false;
            }
        }
        reserveResult(resultCount + count - first + 1);
        System.arraycopy(symbols, first, resultSymbols, resultCount, count - first);
        System.arraycopy(starts, first, resultStarts, resultCount, count - first + 1);
        count = resultCount + count - first;
        reserve(count + 1);
        System.arraycopy(resultSymbols, 0, symbols, 0, count);
        System.arraycopy(resultStarts, 0, starts, 0, count + 1);
        return true;
    }

    /** Makes the last result that of the same text further on: in runs of a character one window is like the other. */
    private void shift(int distance) {
        for (int i = 0; i <= count; i++) {
            starts[i] += distance;
        }
    }

    /** End of a window, between two characters. */
    private static int windowEnd(byte[] text, int from, int to, int window) {
        if (to - from <= window) {
            return to;
        }
        int end = from + window;
        for (int i = 0; i < 3 && (text[end] & 0xC0) == 0x80; i++) {
            end--;
        }
        return end;
    }

    /** Index of the last symbol that starts at or before an offset and comes after {@code first}, or -1. */
    private int lastStartUpTo(int offset, int first) {
        int index = count - 1;
        while (index > first && starts[index] > offset) {
            index--;
        }
        return index > first ? index : -1;
    }

    private void reserveResult(int length) {
        if (resultSymbols.length <= length) {
            int capacity = Math.max(length + 1, Math.max(1024, resultSymbols.length * 2));
            resultSymbols = Arrays.copyOf(resultSymbols, capacity);
            resultStarts = Arrays.copyOf(resultStarts, capacity + 1);
        }
    }
}
