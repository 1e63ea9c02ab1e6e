package moka.engine.grammar;

import java.util.Arrays;

/**
 * Tokens of whole characters that texts mostly consist of: no quote, backslash or control character, nothing cut within a character. In a
 * state that all such characters leave alike, as within a JSON string, only their number decides whether such a token is allowed; these are
 * 19 of 20 tokens, which then need no walk.
 */
final class PlainTokens {
    private static final int LONGEST_KEPT = 24; // masks are kept up to this length, longer tokens as lists

    private final int[][] byLength; // token ids by number of characters, in the order given; [0]: those that are not plain
    private final long[][] upToLength; // [length]: bits of all plain tokens of at most so many characters

    /** Sorts tokens out. @param tokens ids of tokens with text */
    PlainTokens(int[] tokens, byte[][] pieces) {
        byLength = byLength(tokens, pieces);
        upToLength = new long[Math.min(LONGEST_KEPT + 1, byLength.length)][];
        long[] words = new long[(pieces.length + 63) / 64];
        for (int length = 0; length < upToLength.length; length++) {
            for (int token : length == 0 ? new int[0] : byLength[length]) {
                words[token >> 6] |= 1L << token;
            }
            upToLength[length] = words.clone();
        }
    }

    private static int[][] byLength(int[] tokens, byte[][] pieces) {
        int[] lengths = new int[tokens.length];
        int longest = 0;
        for (int i = 0; i < tokens.length; i++) {
            lengths[i] = characters(pieces[tokens[i]]);
            longest = Math.max(longest, lengths[i]);
        }
        int[] counts = new int[longest + 1];
        for (int length : lengths) {
            counts[length]++;
        }
        int[][] sorted = new int[longest + 1][];
        for (int length = 0; length <= longest; length++) {
            sorted[length] = new int[counts[length]];
        }
        Arrays.fill(counts, 0);
        for (int i = 0; i < tokens.length; i++) {
            sorted[lengths[i]][counts[lengths[i]]++] = tokens[i];
        }
        return sorted;
    }

    /** The tokens that are not plain, in the order given. */
    int[] others() {
        return byLength[0];
    }

    /** Number of plain characters; 0 where there is anything else. */
    private static int characters(byte[] piece) {
        int count = 0;
        for (int at = 0; at < piece.length; count++) {
            int lead = piece[at] & 0xff;
            int length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
            boolean excluded = lead < 0x20 || lead == '"' || lead == '\\' || lead == 0x7F;
            if (excluded || length == 0 || at + length > piece.length) {
                return 0;
            }
            for (int i = 1; i < length; i++) {
                int value = piece[at + i] & 0xff;
                int low = i > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
                int high = i > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
                if (value < low || value > high) {
                    return 0;
                }
            }
            at += length;
        }
        return count;
    }

    /**
     * Sets the bits of the tokens that may follow a state, if plain characters are alike to it and to the states they lead to.
     *
     * @return false, and no bit is set, if they are not
     */
    boolean allow(StackSets states, int state, long[] words) {
        int length = 0; // characters that may follow
        int at = state;
        while (length < byLength.length - 1) {
            int next = afterAny(states, at);
            if (next < 0) {
                return false;
            }
            if (next == StackSets.DEAD) {
                break;
            }
            if (states.reachesHole(next)) {
                return false;
            }
            length = next == at ? byLength.length - 1 : length + 1;
            at = next;
        }
        long[] known = upToLength[Math.min(length, upToLength.length - 1)];
        for (int i = 0; i < words.length; i++) {
            words[i] |= known[i];
        }
        for (int longer = LONGEST_KEPT + 1; longer <= length; longer++) {
            for (int token : byLength[longer]) {
                words[token >> 6] |= 1L << token;
            }
        }
        return true;
    }

    /** The state after any plain character; -1 where it depends on the character. */
    private static int afterAny(StackSets states, int state) {
        int next = states.step(state, (byte) ' ');
        for (int value = 0x21; value < 0x7F; value++) {
            if (value != '"' && value != '\\' && states.step(state, (byte) value) != next) {
                return -1;
            }
        }
        for (int lead = 0xC2; lead < 0xF5; lead++) {
            int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
            if (!leadsTo(states, states.step(state, (byte) lead), lead, length - 1, next)) {
                return -1;
            }
        }
        return next;
    }

    /** Whether all characters with these bytes to come lead to a state. @param lead the first byte, or 0 after the second one */
    private static boolean leadsTo(StackSets states, int state, int lead, int more, int wanted) {
        if (more == 0 || state == StackSets.DEAD) {
            return state == wanted;
        }
        int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        int same = -1;
        for (int value = low; value <= high; value++) {
            int next = states.step(state, (byte) value);
            if (next != same && !leadsTo(states, next, 0, more - 1, wanted)) {
                return false;
            }
            same = next;
        }
        return true;
    }
}
