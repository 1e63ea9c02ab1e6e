package moka.tokenizer;

/** How a kind of vocabulary forms tokens of text. Immutable and safe for use by many threads. */
interface TextModel {
    /** The token that the file writes so, or -1. */
    int find(String text);

    /** The working part of one encoding. */
    TextEncoder newEncoder(Guard guard);
}
