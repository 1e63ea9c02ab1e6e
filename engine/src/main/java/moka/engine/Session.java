package moka.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import moka.engine.cache.KvCache;
import moka.engine.cache.SavedSequence;
import moka.engine.flight.EngineEvent;
import moka.engine.flight.Flight;
import moka.engine.kernel.AttentionPlan.Span;
import moka.template.ChatTemplate;
import moka.template.Message;
import moka.tokenizer.Tokenizer;
import moka.tokenizer.Tokenizer.Segment;

/**
 * One sequence of tokens and its cache. Belongs to one thread at a time (checked); owns its memory until closed.
 */
public final class Session implements AutoCloseable {
    private static final BooleanSupplier NEVER = () -> false;

    private final Model model;
    private final int contextLength;
    private final int batchRows;
    private final Arena arena = Arena.ofShared();
    private final KvCache cache;
    private final ForwardPass pass;
    /** After the last token: {@code [vocabularySize]} float32. */
    private final MemorySegment logits;
    private final AtomicBoolean busy = new AtomicBoolean();
    private int[] tokens = new int[256];
    private int position;
    /** The furthest position since the cache was empty: what rings of windows have been overwritten with. */
    private int storedPositions;
    private boolean logitsValid;
    private boolean closed;

    Session(Model model, SessionOptions options) {
        this.model = model;
        this.contextLength = model.memory().contextLength(options);
        this.batchRows = model.memory().batchRows(options);
        this.cache = model.memory().newCache(options);
        this.pass = model.forwardPass(batchRows, contextLength);
        this.logits = arena.allocate(4L * model.vocabularySize(), 64);
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
        return position;
    }

    /** Ids of the tokens in the cache. */
    public int[] tokens() {
        return Arrays.copyOf(tokens, position);
    }

    /** Bytes of the cache now. */
    public long cacheBytes() {
        return cache.bytes();
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
        ChatTemplate template = template(options)
                .orElseThrow(() -> new EngineException(model.name()
                        + ": the file has no chat template ('tokenizer.chat_template'): name one with --chat-template, such as chatml, or send plain text with --raw"));
        Tokenizer tokenizer = model.tokenizer();
        Map<String, Object> variables = new HashMap<>();
        putToken(variables, "bos_token", tokenizer, tokenizer.bos());
        putToken(variables, "eos_token", tokenizer, tokenizer.eos());
        variables.putAll(options.templateVariables());
        return template.render(messages, true, variables);
    }

    /** The template that conversations are rendered by. */
    Optional<ChatTemplate> template(GenerationOptions options) {
        return options.chatTemplate()
                .or(options.templateVariables().containsKey("tools") ? model.chatTemplates()::forTools : model::chatTemplate);
    }

    private static void putToken(Map<String, Object> variables, String name, Tokenizer tokenizer, int id) {
        if (id >= 0) {
            variables.put(name, tokenizer.decode(new int[] {id}, false, true));
        }
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
        if (!logitsValid || closed) {
            throw new IllegalStateException(closed ? "the session is closed" : "no logits: append tokens first");
        }
        return logits;
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
                int start = position;
                runBody(ids, first, count, NEVER, () -> pass.readHidden(0, count, states));
                for (int row = 0; row < count; row += pass.maxHeadRows()) {
                    int wanted = Math.min(pass.maxHeadRows(), count - row);
                    readLogits(states, row, wanted, rows);
                    for (int i = 0; i < wanted; i++) {
                        MemorySegment one = rows.asSlice(4L * model.vocabularySize() * i, 4L * model.vocabularySize());
                        checkFinite(one);
                        consumer.accept(start + row + i, one);
                    }
                }
            }
            logitsValid = false;
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
            SessionFile.write(path, new SavedSequence.Header(model.fingerprint(), tokens(), storedPositions), cache);
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
            SavedSequence.Header saved = SessionFile.read(path, model.fingerprint(), contextLength, cache);
            check(saved.tokens(), 0, saved.tokens().length);
            remember(saved.tokens(), 0, saved.tokens().length);
            storedPositions = saved.furthest();
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
                cache.close();
                arena.close();
                model.forget(this);
            }
        } finally {
            busy.set(false);
        }
    }

    /** Length of the longest prefix of {@code ids} that the cache holds. */
    int commonPrefix(int[] ids) {
        int length = Math.min(position, ids.length);
        int mismatch = Arrays.mismatch(tokens, 0, length, ids, 0, length);
        return mismatch < 0 ? length : mismatch;
    }

    /** How many of the first {@code prefix} tokens can be gone on from: all, or none where a sliding window has lost what they see. */
    int reusable(int prefix) {
        return cache.canRewind(prefix, storedPositions) ? prefix : 0;
    }

    void rewindTo(int to) {
        if (to < 0 || to > position) {
            throw new IllegalArgumentException("rewind to " + to + ", expected 0 to " + position);
        }
        if (reusable(to) != to) {
            throw new EngineException("cannot go back to token " + to
                    + ": a layer with a sliding window or a state does not hold what came before it any more; clear the session");
        }
        cache.rewind(to);
        position = to;
        storedPositions = to == 0 ? 0 : storedPositions;
        logitsValid = false;
    }

    /**
     * Appends ids {@code first} to {@code end} and computes the logits of the last; tells {@code cancelled} often.
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
        MemorySegment.copy(rows, logits.byteSize() * row, logits, 0, logits.byteSize());
        checkFinite(logits);
        logitsValid = true;
    }

    /** Whether {@code position} can be gone back to once {@code stored} tokens are there. */
    boolean canReturnTo(int position, int stored) {
        return cache.canRewind(position, Math.max(storedPositions, stored));
    }

    /** Takes up tokens that were computed before a rewind and are still there. */
    void goOnTo(int to) {
        position = to;
        cache.advance(to);
    }

    private void lastLogits(int row) {
        pass.runHead(row, 1);
        takeLogits(0);
    }

    /** Copies a row of the pass's logits: those after this session's last token. */
    void takeLogits(int row) {
        pass.readLogits(row, logits);
        checkFinite(logits);
        logitsValid = true;
    }

    int batchRows() {
        return batchRows;
    }

    ForwardPass pass() {
        return pass;
    }

    /** @param read reads the results, before another session may compute */
    private boolean runBody(int[] ids, int first, int count, BooleanSupplier cancelled, Runnable read) {
        check(ids, first, count);
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
            stored(ids, first, count);
            read.run();
            model.checkRead();
        } finally {
            model.computing().unlock();
        }
        if (prefill != null) {
            prefill.tokens = count;
            prefill.position = position - count;
            prefill.commit();
        }
        if (decode != null) {
            decode.sequences = 1;
            decode.position = position - 1;
            decode.commit();
        }
        return true;
    }

    /** Refuses tokens that do not fit or do not exist. */
    void check(int[] ids, int first, int count) {
        if (position + count > contextLength) {
            throw new EngineException("the context of " + contextLength + " tokens is full: " + position
                    + " tokens are in it and " + count + " more do not fit; use a larger --context");
        }
        for (int i = first; i < first + count; i++) {
            if (ids[i] < 0 || ids[i] >= model.vocabularySize()) {
                throw new EngineException(
                        "token id " + ids[i] + ", expected 0 to " + (model.vocabularySize() - 1));
            }
        }
    }

    /** Makes room for tokens that are about to be computed in rows from {@code firstRow} on. */
    Span reserve(int firstRow, int count) {
        logitsValid = false;
        cache.reserve(position + count);
        storedPositions = Math.max(storedPositions, position + count);
        return new Span(cache, firstRow, count, position);
    }

    /** Tokens have been computed. */
    void stored(int[] ids, int first, int count) {
        remember(ids, first, count);
        cache.advance(position);
    }

    private void remember(int[] ids, int first, int count) {
        if (tokens.length < position + count) {
            tokens = Arrays.copyOf(tokens, Math.max(position + count, tokens.length * 2));
        }
        System.arraycopy(ids, first, tokens, position, count);
        position += count;
    }

    /**
     * NaN anywhere in the weights reaches every logit: the answer would be nonsense. Keys and values beyond 65504, the
     * largest float16, end the same way in a cache of that type.
     */
    private void checkFinite(MemorySegment logits) {
        float first = logits.get(ValueLayout.JAVA_FLOAT, 0);
        float last = logits.get(ValueLayout.JAVA_FLOAT, logits.byteSize() - 4);
        if (Float.isNaN(first) || Float.isNaN(last)) {
            model.checkUnchanged(); // the better reason, if it was written over meanwhile
            throw new EngineException(model.name()
                    + ": the logits are NaN: the file's weights hold NaN or infinite values (it is damaged), or values too"
                    + " large for a cache of float16 (then types f32 or bf16 of cached keys and values help)");
        }
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
