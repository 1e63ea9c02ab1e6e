package moka.engine.sampling;

import java.util.Arrays;

/** The tokens of a sequence so far, prompt included, oldest first. Grows by doubling, so that accepting a token allocates nothing as a rule. */
final class TokenHistory {
    private int[] tokens = new int[4096];
    private int length;

    int length() {
        return length;
    }

    void add(int token) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * length);
        }
        tokens[length++] = token;
    }

    void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("cannot rewind to " + newLength + " tokens: " + length + " were accepted");
        }
        length = newLength;
    }

    /** The token accepted {@code age} tokens before the last one; 0 is the last one. */
    int recent(int age) {
        return tokens[length - 1 - age];
    }

    /** How many tokens a window of {@code lastN} (-1: all) holds now. */
    int window(int lastN) {
        return lastN < 0 ? length : Math.min(lastN, length);
    }
}
