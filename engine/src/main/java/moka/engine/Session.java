package moka.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import moka.engine.flight.EngineEvent;
import moka.engine.flight.Flight;
import moka.engine.kernel.AttentionPlan.Span;
import moka.template.Message;
import moka.tokenizer.Tokenizer.Segment;

/**
 * One sequence of tokens and its cache. Belongs to one thread at a time (checked); owns its memory until closed.
 */
public final class Session implements AutoCloseable {
    private static final BooleanSupplier NEVER = () -> false;

    private final Model model;
    private final int contextLength;
    private final int batchRows;
    private final CachedTokens cached;
    private final ForwardPass pass;
    private final LastLogits logits;
    private final AtomicBoolean busy = new AtomicBoolean();
    private boolean closed;

    Session(Model model, SessionOptions options) {
        this.model = model;
        this.contextLength = model.memory().contextLength(options);
        this.batchRows = model.memory().batchRows(options);
        this.cached = new CachedTokens(model.memory().newCache(options), contextLength, model.vocabularySize());
        this.pass = model.forwardPass(batchRows, contextLength);
        this.logits = new LastLogits(model);
    }

    public Model model() {
        return model;
    }

    /** Positions that the session can hold. */
    public int contextLength() {
        return contextLength;
    }

    /** Tokens in the cache. */
    public int position() {
        return cached.position();
    }

    /** Ids of the tokens in the cache. */
    public int[] tokens() {
        return cached.ids();
    }

    /** Bytes of the cache now. */
    public long cacheBytes() {
        return cached.cacheBytes();
    }

    /** Answers a conversation: rendered by the model's chat template; what is in the cache already is not computed again. */
    public GenerationResult generate(List<Message> messages, GenerationOptions options, GenerationListener listener) {
        return generate(model.tokenizer().encode(render(messages, options), true), options, listener);
    }

    /** Continues a text. @param addSpecial put BOS in front where the model wants it @param parseSpecial see the tokenizer */
    public GenerationResult complete(
            String text,
            boolean addSpecial,
            boolean parseSpecial,
            GenerationOptions options,
            GenerationListener listener) {
        int[] ids = parseSpecial
                ? model.tokenizer().encode(List.of(new Segment(text, true)), addSpecial) // never two BOS
                : model.tokenizer().encode(text, addSpecial, false);
        return generate(ids, options, listener);
    }

    /** Continues ids: those that the cache holds already as a prefix are not computed again. */
    public GenerationResult generate(int[] prompt, GenerationOptions options, GenerationListener listener) {
        enter();
        try {
            return new Generation(this, options, listener).run(prompt);
        } finally {
            exit();
        }
    }

    /** The segments of a rendered conversation, as {@link #generate(List, GenerationOptions, GenerationListener)} tokenizes them. */
    public List<Segment> render(List<Message> messages, GenerationOptions options) {
        return ConversationPrompt.render(model, messages, options);
    }

    /** Appends tokens and computes the logits of the last. @throws EngineException if they do not fit in the context */
    public void append(int[] ids) {
        enter();
        try {
            append(ids, 0, ids.length, NEVER);
        } finally {
            exit();
        }
    }

    /** Logits after the last token: {@code vocabularySize} float32, valid until the next step. */
    public MemorySegment logits() {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        return logits.values();
    }

    /** Appends tokens and tells the logits of each: {@code vocabularySize} float32, valid during the call. */
    public void evaluate(int[] ids, LogitsConsumer consumer) {
        enter();
        try (Arena memory = Arena.ofConfined()) {
            // The pass is shared: what the consumer does in between may use it.
            MemorySegment states = memory.allocate(4L * pass.width() * Math.min(batchRows, Math.max(1, ids.length)), 64);
            MemorySegment rows = memory.allocate(4L * model.vocabularySize() * pass.maxHeadRows(), 64);
            for (int first = 0; first < ids.length; first += batchRows) {
                int count = Math.min(batchRows, ids.length - first);
                int start = cached.position();
                runBody(ids, first, count, NEVER, () -> pass.readHidden(0, count, states));
                for (int row = 0; row < count; row += pass.maxHeadRows()) {
                    int wanted = Math.min(pass.maxHeadRows(), count - row);
                    readLogits(states, row, wanted, rows);
                    for (int i = 0; i < wanted; i++) {
                        MemorySegment one = rows.asSlice(4L * model.vocabularySize() * i, 4L * model.vocabularySize());
                        LastLogits.checkFinite(model, one);
                        consumer.accept(start + row + i, one);
                    }
                }
            }
            logits.invalidate();
        } finally {
            exit();
        }
    }

    private void readLogits(MemorySegment states, int firstRow, int count, MemorySegment target) {
        model.computing().lock();
        try {
            pass.runHead(states, firstRow, count);
            model.checkRead();
            for (int i = 0; i < count; i++) {
                pass.readLogits(i, target.asSlice(4L * model.vocabularySize() * i));
            }
        } finally {
            model.computing().unlock();
        }
    }

    /** Told the logits of a position. */
    @FunctionalInterface
    public interface LogitsConsumer {
        void accept(int position, MemorySegment logits);
    }

    /**
     * Forgets all tokens from {@code position} on.
     *
     * @throws EngineException if a layer with a sliding window has lost what came before
     */
    public void rewind(int position) {
        enter();
        try {
            rewindTo(position);
        } finally {
            exit();
        }
    }

    /**
     * Saves the tokens and the cache, so that {@link #restore} brings them back without computing. The file appears whole or not at all: a
     * temporary one beside it is renamed.
     *
     * @throws EngineException if it cannot be written, or the file is there and holds something else than a session
     */
    public void save(Path path) {
        enter();
        try {
            SessionFile.write(path, cached.header(model.fingerprint()), cached.cache());
        } finally {
            exit();
        }
    }

    /**
     * Brings back what {@link #save} wrote, in place of what the session holds. Logits are there after the next tokens.
     *
     * @throws EngineException if the file cannot be read, is damaged, or was saved with another model or other options; the session is
     *     then empty
     */
    public void restore(Path path) {
        enter();
        try {
            rewindTo(0);
            cached.restore(SessionFile.read(path, model.fingerprint(), contextLength, cached.cache()));
        } finally {
            exit();
        }
    }

    /** Forgets everything. */
    public void clear() {
        rewind(0);
    }

    @Override
    public void close() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("the session is in use by another thread");
        }
        try {
            if (!closed) {
                closed = true;
                cached.close();
                logits.close();
                model.forget(this);
            }
        } finally {
            busy.set(false);
        }
    }

    /** The tokens that the cache holds. Go back by {@link #rewindTo} and make room by {@link #reserve}, which know that the logits are then gone. */
    CachedTokens cached() {
        return cached;
    }

    void rewindTo(int to) {
        cached.rewindTo(to);
        logits.invalidate();
    }

    /**
     * Appends ids {@code first} to {@code end} and computes the logits of the last; asks {@code cancelled} before each step.
     *
     * @return false if it was cancelled: what was done is kept, and there are no logits
     */
    boolean append(int[] ids, int first, int end, BooleanSupplier cancelled) {
        for (int at = first; at < end; at += batchRows) {
            int count = Math.min(batchRows, end - at);
            boolean last = at + count == end;
            if (!runBody(ids, at, count, cancelled, last ? () -> lastLogits(count - 1) : () -> {})) {
                return false;
            }
        }
        return true;
    }

    /** Most rows that {@link #append(int[], MemorySegment, BooleanSupplier)} takes. */
    int maxLogitsRows() {
        return Math.min(batchRows, pass.maxHeadRows());
    }

    /**
     * Appends tokens of one batch and computes the logits of each, one row after another; {@link #useLogits} takes one.
     *
     * @return false if it was cancelled: nothing was appended
     */
    boolean append(int[] ids, MemorySegment rows, BooleanSupplier cancelled) {
        return runBody(ids, 0, ids.length, cancelled, () -> {
            pass.runHead(0, ids.length);
            for (int row = 0; row < ids.length; row++) {
                pass.readLogits(row, rows.asSlice(4L * model.vocabularySize() * row));
            }
        });
    }

    /** Makes a row of logits those of the session. */
    void useLogits(MemorySegment rows, int row) {
        logits.take(rows, row);
    }

    private void lastLogits(int row) {
        pass.runHead(row, 1);
        takeLogits(0);
    }

    /** Copies a row of the pass's logits: those after this session's last token. */
    void takeLogits(int row) {
        logits.take(pass, row);
    }

    int batchRows() {
        return batchRows;
    }

    ForwardPass pass() {
        return pass;
    }

    /** @param read reads the results, before another session may compute */
    private boolean runBody(int[] ids, int first, int count, BooleanSupplier cancelled, Runnable read) {
        cached.check(ids, first, count);
        model.checkUnchanged();
        EngineEvent.Prefill prefill = count > 1 ? Flight.prefill() : null;
        EngineEvent.Decode decode = count == 1 ? Flight.decode() : null;
        model.computing().lock();
        try {
            if (!pass.run(ids, first, count, cancelled, reserve(0, count))) {
                return false;
            }
            model.checkRead();
            if (count > 1) {
                model.checkUnchanged(); // a prompt takes seconds: what was computed from another file must not be answered
            }
            cached.add(ids, first, count);
            read.run();
            model.checkRead();
        } finally {
            model.computing().unlock();
        }
        if (prefill != null) {
            prefill.tokens = count;
            prefill.position = position() - count;
            prefill.commit();
        }
        if (decode != null) {
            decode.sequences = 1;
            decode.position = position() - 1;
            decode.commit();
        }
        return true;
    }

    /** Makes room for tokens that are about to be computed in rows from {@code firstRow} on. */
    Span reserve(int firstRow, int count) {
        logits.invalidate();
        return cached.reserve(firstRow, count);
    }

    /** The calling thread takes the session. @throws IllegalStateException if another one has it, or it is closed */
    void enter() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("the session is in use by another thread");
        }
        if (closed) {
            busy.set(false);
            throw new IllegalStateException("the session is closed");
        }
    }

    void exit() {
        busy.set(false);
    }
}
