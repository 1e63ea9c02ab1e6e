package moka.tokenizer;

/**
 * How a tokenizer treats a text as a whole.
 *
 * @param model {@code tokenizer.ggml.model}
 * @param addBos put a BOS in front
 * @param addEos put an EOS at the end
 * @param addSeparator put a separator at the end
 * @param spacePrefix a space is put before text, and dropped when decoding
 * @param cleanSpaces decoding drops spaces before punctuation
 * @param worksOnBytes bytes that are not UTF-8 are encoded as they are, else as U+FFFD
 */
record TokenizerSettings(
        String model,
        boolean addBos,
        boolean addEos,
        boolean addSeparator,
        boolean spacePrefix,
        boolean cleanSpaces,
        boolean worksOnBytes) {}
