package moka.template.jinja.value;

/**
 * Texts found in texts in time that grows with both lengths added, not multiplied: what is looked for may come from a message as
 * well as what it is looked for in.
 */
final class Occurrences {
    /** Up to this length the multiplied time does no harm, and the JDK's search is the faster one. */
    private static final int SHORT = 32;

    private Occurrences() {}

    /** The first occurrence that begins at an offset or behind it, or -1. */
    static int first(String chars, String needle, int from) {
        return needle.length() <= SHORT || needle.length() > chars.length() - from
                ? chars.indexOf(needle, from)
                : find(chars, needle, from, chars.length(), false);
    }

    /** The last occurrence that begins at an offset or before it, or -1. */
    static int last(String chars, String needle, int from) {
        int end = (int) Math.min(chars.length(), (long) from + needle.length());
        return needle.length() <= SHORT || needle.length() > end
                ? chars.lastIndexOf(needle, from)
                : find(chars, needle, 0, end, true);
    }

    /** Knuth, Morris and Pratt; both texts are read backwards for the last occurrence. */
    private static int find(String chars, String needle, int begin, int end, boolean backwards) {
        int length = needle.length();
        // borders[i]: length of the longest proper prefix of the needle that ends at i.
        var borders = new int[length];
        for (int i = 1, border = 0; i < length; i++) {
            while (border > 0 && at(needle, i, backwards) != at(needle, border, backwards)) {
                border = borders[border - 1];
            }
            border += at(needle, i, backwards) == at(needle, border, backwards) ? 1 : 0;
            borders[i] = border;
        }
        int matched = 0;
        for (int i = 0; i < end - begin; i++) {
            char one = chars.charAt(backwards ? end - 1 - i : begin + i);
            while (matched > 0 && one != at(needle, matched, backwards)) {
                matched = borders[matched - 1];
            }
            matched += one == at(needle, matched, backwards) ? 1 : 0;
            if (matched == length) {
                return backwards ? end - 1 - i : begin + i - length + 1;
            }
        }
        return -1;
    }

    private static char at(String needle, int index, boolean backwards) {
        return needle.charAt(backwards ? needle.length() - 1 - index : index);
    }
}
