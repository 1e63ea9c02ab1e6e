package moka.engine;

import java.lang.foreign.MemorySegment;
import java.util.List;
import moka.template.Message;
import moka.tokenizer.Tokenizer.Segment;

/**
 * One sequence of tokens and its cache. Belongs to one thread at a time (checked); owns its memory until closed.
 */
public final class Session implements AutoCloseable {
    private Session() {}

    public Model model() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Positions that the session can hold. */
    public int contextLength() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Tokens in the cache. */
    public int position() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Ids of the tokens in the cache. */
    public int[] tokens() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Bytes of the cache now. */
    public long cacheBytes() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Answers a conversation: rendered by the model's chat template; what is in the cache already is not computed again. */
    public GenerationResult generate(List<Message> messages, GenerationOptions options, GenerationListener listener) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Continues a text. @param addSpecial put BOS in front where the model wants it @param parseSpecial see the tokenizer */
    public GenerationResult complete(
            String text,
            boolean addSpecial,
            boolean parseSpecial,
            GenerationOptions options,
            GenerationListener listener) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Continues ids: those that the cache holds already as a prefix are not computed again. */
    public GenerationResult generate(int[] prompt, GenerationOptions options, GenerationListener listener) {
        throw new UnsupportedOperationException("not yet");
    }

    /** The segments of a rendered conversation, as {@link #generate(List, GenerationOptions, GenerationListener)} tokenizes them. */
    public List<Segment> render(List<Message> messages, GenerationOptions options) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Appends tokens and computes the logits of the last. @throws EngineException if they do not fit in the context */
    public void append(int[] ids) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Logits after the last token: {@code vocabularySize} float32, valid until the next step. */
    public MemorySegment logits() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Appends tokens and tells the logits of each: {@code vocabularySize} float32, valid during the call. */
    public void evaluate(int[] ids, LogitsConsumer consumer) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Told the logits of a position. */
    @FunctionalInterface
    public interface LogitsConsumer {
        void accept(int position, MemorySegment logits);
    }

    /** Forgets all tokens from {@code position} on. */
    public void rewind(int position) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Forgets everything. */
    public void clear() {
        rewind(0);
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("not yet");
    }
}
