package moka.tokenizer;

/**
 * Which neighbouring symbols may become one, and in which order. Symbols are numbered; those below the size of the vocabulary are its
 * tokens.
 */
interface Merges {
    /** What {@link #merge} says of symbols that stay apart; greater than every other answer. */
    long NONE = Long.MAX_VALUE;

    /**
     * The merge of two neighbours: its order in the upper 32 bits (lowest first, then leftmost), the symbol that it makes in the
     * lower 32, or {@link #NONE}.
     *
     * @param text where the symbols lie, at {@code [from, to)}
     */
    long merge(int left, int right, byte[] text, int from, int to);
}
