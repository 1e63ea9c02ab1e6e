package moka.tokenizer;

/**
 * How a tokenizer treats a text as a whole.
 *
 * @param model {@code tokenizer.ggml.model}
 * @param addBos the file asks for a BOS in front
 * @param addEos the file asks for an EOS at the end
 * @param frame what encoding puts around a text
 * @param spacePrefix a space is put before text, and dropped when decoding
 * @param cleanSpaces decoding drops spaces before punctuation
 * @param malformed what becomes of bytes that are not UTF-8
 */
record TokenizerSettings(
        String model, boolean addBos, boolean addEos, Frame frame, boolean spacePrefix, boolean cleanSpaces, Malformed malformed) {
    /** What encoding puts around a text. */
    enum Frame {
        /** BOS and EOS as the file asks. */
        AS_ASKED,
        /** Always BOS and the separator, as BERT's {@code [CLS] … [SEP]}. */
        BOS_AND_SEPARATOR,
        /** Nothing. */
        NONE
    }

    /** What becomes of bytes that are not UTF-8. */
    enum Malformed {
        /** They are encoded as they are. */
        KEPT,
        /** Each becomes U+FFFD. */
        REPLACED,
        /** Each becomes U+FFFD, but four bytes that look like a character beyond U+10FFFF stay. */
        REPLACED_UNLESS_SHAPED
    }

    static TokenizerSettings of(String model, KnownTokens known) {
        return new TokenizerSettings(model, known.bos >= 0, known.eos >= 0, Frame.AS_ASKED, false, false, Malformed.REPLACED);
    }

    /** Adds what is asked for as far as there is such a token. */
    TokenizerSettings adding(boolean bos, boolean eos) {
        return new TokenizerSettings(model, bos && addBos, eos && addEos, frame, spacePrefix, cleanSpaces, malformed);
    }

    TokenizerSettings treatingSpaces(boolean prefix, boolean clean) {
        return new TokenizerSettings(model, addBos, addEos, frame, prefix, clean, malformed);
    }

    TokenizerSettings treatingMalformed(Malformed bytes) {
        return new TokenizerSettings(model, addBos, addEos, frame, spacePrefix, cleanSpaces, bytes);
    }

    TokenizerSettings framing() {
        return new TokenizerSettings(model, addBos, addEos, Frame.BOS_AND_SEPARATOR, spacePrefix, cleanSpaces, malformed);
    }

    TokenizerSettings withoutFrame() {
        return new TokenizerSettings(model, addBos, addEos, Frame.NONE, spacePrefix, cleanSpaces, malformed);
    }
}
