package moka.tokenizer;

/** The symbols with which merging begins. */
@FunctionalInterface
interface Alphabet {
    /**
     * Writes the first symbols of {@code text[from, to)} and where each starts; a symbol of -1 merges with nothing. A symbol is at
     * least a byte long.
     *
     * @return how many there are
     */
    int symbols(byte[] text, int from, int to, int[] symbols, int[] starts);
}
