package moka.tokenizer;

/** Turns text without special tokens into ids. Has scratch space: made for one encoding, not thread-safe. */
@FunctionalInterface
interface TextEncoder {
    /**
     * Appends the ids of {@code text[from, to)}, a stretch between special tokens. The array has {@link Utf8#PADDING} bytes after the
     * text.
     */
    void encode(byte[] text, int from, int to, IdBuffer ids);
}
