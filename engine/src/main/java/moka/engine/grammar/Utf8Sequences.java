package moka.engine.grammar;

import java.util.ArrayList;
import java.util.List;

/** Ranges of code points as sequences of byte ranges of their UTF-8 form. */
final class Utf8Sequences {
    private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

    private Utf8Sequences() {}

    /**
     * Sequences that together match exactly the UTF-8 of the set, in ascending order. Each is {@code low, high} for the first byte, then for
     * the second and so on. First ranges of two sequences are equal or apart, and so on within equal ones.
     */
    static List<int[]> of(CodePoints set) {
        List<int[]> sequences = new ArrayList<>();
        for (int range = 0; range < set.rangeCount(); range++) {
            int first = set.first(range);
            for (int length = 1; length <= 4 && first <= set.last(range); length++) {
                int last = Math.min(set.last(range), LAST_OF_LENGTH[length - 1]);
                if (first <= last) {
                    split(first, last, length, sequences);
                    first = last + 1;
                }
            }
        }
        return sequences;
    }

    /** Splits a range of one length until in each part all continuation bytes below the first difference run over their whole range. */
    private static void split(int first, int last, int length, List<int[]> sequences) {
        for (int i = 1; i < length; i++) {
            int mask = (1 << (6 * i)) - 1; // the last i continuation bytes
            if ((first & ~mask) != (last & ~mask)) {
                if ((first & mask) != 0) {
                    split(first, first | mask, length, sequences);
                    split((first | mask) + 1, last, length, sequences);
                    return;
                }
                if ((last & mask) != mask) {
                    split(first, (last & ~mask) - 1, length, sequences);
                    split(last & ~mask, last, length, sequences);
                    return;
                }
            }
        }
        int[] sequence = new int[2 * length];
        for (int i = 0; i < length; i++) {
            sequence[2 * i] = byteAt(first, i, length);
            sequence[2 * i + 1] = byteAt(last, i, length);
        }
        sequences.add(sequence);
    }

    private static int byteAt(int codePoint, int index, int length) {
        int bits = codePoint >> (6 * (length - 1 - index));
        if (index > 0) {
            return 0x80 | (bits & 0x3F);
        }
        return length == 1 ? bits : ((0xF00 >> length) & 0xFF) | bits;
    }
}
