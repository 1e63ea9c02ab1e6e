package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import moka.gguf.Metadata;

/** Turns text into token ids and back. Immutable and safe for use by many threads. */
public interface Tokenizer {
    /** The tokenizer that the file describes ({@code tokenizer.ggml.*}). @throws TokenizerException if it cannot be used */
    static Tokenizer of(Metadata metadata) {
        return TokenizerLoader.load(metadata);
    }

    int vocabularySize();

    /** {@code tokenizer.ggml.model}. */
    String model();

    /** Notes for the user, such as an unknown pre-tokenizer; each is one line. */
    List<String> warnings();

    /**
     * Ids of a text.
     *
     * @param addSpecial put BOS, EOS and the like around it, as the file asks for
     * @param parseSpecial treat the text of control tokens as these tokens
     */
    int[] encode(CharSequence text, boolean addSpecial, boolean parseSpecial);

    /** Ids of a text in UTF-8. Bytes that are not UTF-8 are encoded one by one, or as U+FFFD where the kind of tokenizer knows no bytes. */
    default int[] encode(byte[] utf8, boolean addSpecial, boolean parseSpecial) {
        return encode(new String(utf8, StandardCharsets.UTF_8), addSpecial, parseSpecial);
    }

    /**
     * Ids of a text made of segments: special tokens are recognised only in those that are {@link Segment#trusted()}, so that what a
     * user typed can never forge a turn. No BOS is added where the text begins with it already.
     */
    int[] encode(List<Segment> segments, boolean addSpecial);

    /** A piece of prompt. @param trusted true for the template's own text, false for what users and tools wrote */
    record Segment(String text, boolean trusted) {}

    /** Bytes of one token (empty for control tokens unless {@code special}). */
    byte[] piece(int id, boolean special);

    /** Text of ids. @param removeSpecial drop BOS/EOS that the file adds @param unparseSpecial render control tokens as text */
    String decode(int[] ids, boolean removeSpecial, boolean unparseSpecial);

    /** As {@link #decode}, but the bytes, which are not always UTF-8. */
    default byte[] decodeToBytes(int[] ids, boolean removeSpecial, boolean unparseSpecial) {
        return decode(ids, removeSpecial, unparseSpecial).getBytes(StandardCharsets.UTF_8);
    }

    /** A decoder for a stream of tokens: gives whole characters only. Not thread-safe. */
    StreamingDecoder newStreamingDecoder(boolean special);

    /** Bos token or -1. */
    int bos();

    int eos();

    /** Whether encode with addSpecial puts BOS in front. */
    boolean addBos();

    boolean addEos();

    /** All ids that end a generation (eos, eot, eom and known texts). */
    Set<Integer> endOfGeneration();

    boolean isEndOfGeneration(int id);

    /** Ids that the file forbids to generate ({@code tokenizer.ggml.suppress_tokens}). */
    default Set<Integer> suppressed() {
        return Set.of();
    }

    /** Control tokens: not shown, recognised in trusted text only. */
    boolean isControl(int id);

    /**
     * What a token is, as bits: 1 unknown, 2 unused, 4 normal, 8 control, 16 user-defined, 32 byte, 128 swallows white space before it, 256
     * after it.
     */
    default int attributes(int id) {
        return isControl(id) ? 8 : 4;
    }

    /** The text of a token as the file writes it. */
    default String text(int id) {
        return new String(piece(id, true), StandardCharsets.UTF_8);
    }

    /** Takes ids one by one, gives text whose characters are complete. */
    interface StreamingDecoder {
        /** Text that became complete with this token, possibly empty. */
        String accept(int id);

        /** What is left at the end: incomplete bytes become U+FFFD. */
        String finish();
    }
}
