package moka.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import moka.engine.architecture.Graph;
import moka.engine.cache.KvCache;
import moka.engine.kernel.AttentionPlan.Span;
import moka.template.ChatTemplate;
import moka.template.Message;
import moka.tokenizer.Tokenizer;
import moka.tokenizer.Tokenizer.Segment;

/**
 * One sequence of tokens and its cache. Belongs to one thread at a time (checked); owns its memory until closed.
 */
public final class Session implements AutoCloseable {
    /** Positions whose logits are computed together by {@link #evaluate}. */
    static final int HEAD_ROWS = 16;

    private static final BooleanSupplier NEVER = () -> false;

    private final Model model;
    private final int contextLength;
    private final int batchRows;
    private final Arena arena = Arena.ofShared();
    private final KvCache cache;
    private final Graph body;
    private final Graph head;
    private final Model.Passes passes;
    private final AtomicBoolean busy = new AtomicBoolean();
    private int[] tokens = new int[256];
    private int position;
    private boolean logitsValid;
    private boolean closed;

    Session(Model model, SessionOptions options) {
        this.model = model;
        this.contextLength = model.contextLength(options);
        this.batchRows = Model.batchRows(options, contextLength);
        this.cache = new KvCache(
                model.cacheShape(), model.keyType(options), model.valueType(options), batchRows);
        this.body = new Graph(model.kernelSet(), arena, batchRows);
        this.head = new Graph(model.kernelSet(), arena, Math.min(HEAD_ROWS, batchRows));
        this.passes = model.build(body, head);
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
        return generate(model.tokenizer().encode(text, addSpecial, parseSpecial), options, listener);
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
        ChatTemplate template = options.chatTemplate()
                .or(model::chatTemplate)
                .orElseThrow(() -> new EngineException(model.name()
                        + ": the file has no chat template ('tokenizer.chat_template'): name one with --chat-template, or send plain text with --raw"));
        Tokenizer tokenizer = model.tokenizer();
        Map<String, Object> variables = new HashMap<>();
        putToken(variables, "bos_token", tokenizer, tokenizer.bos());
        putToken(variables, "eos_token", tokenizer, tokenizer.eos());
        variables.putAll(options.templateVariables());
        return template.render(messages, true, variables);
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
        if (!logitsValid) {
            throw new IllegalStateException("no logits: append tokens first");
        }
        return logitsRow(0);
    }

    /** Appends tokens and tells the logits of each: {@code vocabularySize} float32, valid during the call. */
    public void evaluate(int[] ids, LogitsConsumer consumer) {
        enter();
        try {
            for (int first = 0; first < ids.length; first += batchRows) {
                int count = Math.min(batchRows, ids.length - first);
                int start = position;
                runBody(ids, first, count, NEVER);
                for (int row = 0; row < count; row += head.maxRows()) {
                    int rows = Math.min(head.maxRows(), count - row);
                    runHead(row, rows);
                    for (int i = 0; i < rows; i++) {
                        consumer.accept(start + row + i, logitsRow(i));
                    }
                }
            }
            logitsValid = false;
        } finally {
            exit();
        }
    }

    /** Told the logits of a position. */
    @FunctionalInterface
    public interface LogitsConsumer {
        void accept(int position, MemorySegment logits);
    }

    /** Forgets all tokens from {@code position} on. */
    public void rewind(int position) {
        enter();
        try {
            rewindTo(position);
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

    void rewindTo(int to) {
        if (to < 0 || to > position) {
            throw new IllegalArgumentException("rewind to " + to + ", expected 0 to " + position);
        }
        position = to;
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
            if (!runBody(ids, at, count, cancelled)) {
                return false;
            }
            if (at + count == end) {
                runHead(count - 1, 1);
                logitsValid = true;
            }
        }
        return true;
    }

    int batchRows() {
        return batchRows;
    }

    private boolean runBody(int[] ids, int first, int count, BooleanSupplier cancelled) {
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
        logitsValid = false;
        model.file().checkUnchanged();
        model.computing().lock();
        try {
            cache.reserve(position + count);
            if (!body.run(ids, first, count, cancelled, new Span(cache, 0, count, position))) {
                return false;
            }
        } finally {
            model.computing().unlock();
        }
        if (tokens.length < position + count) {
            tokens = Arrays.copyOf(tokens, Math.max(position + count, tokens.length * 2));
        }
        System.arraycopy(ids, first, tokens, position, count);
        position += count;
        return true;
    }

    private void runHead(int firstRow, int rows) {
        model.computing().lock();
        try {
            for (int i = 0; i < rows; i++) {
                MemorySegment.copy(
                        passes.hidden().segment(),
                        passes.hidden().offset(firstRow + i),
                        passes.headInput().segment(),
                        passes.headInput().offset(i),
                        4L * passes.hidden().columns());
            }
            head.run(tokens, 0, rows, NEVER);
        } finally {
            model.computing().unlock();
        }
        for (int i = 0; i < rows; i++) {
            checkFinite(logitsRow(i));
        }
    }

    /** NaN anywhere in the weights reaches every logit: the answer would be nonsense. */
    private void checkFinite(MemorySegment logits) {
        float first = logits.get(ValueLayout.JAVA_FLOAT, 0);
        float last = logits.get(ValueLayout.JAVA_FLOAT, logits.byteSize() - 4);
        if (Float.isNaN(first) || Float.isNaN(last)) {
            throw new EngineException(model.name()
                    + ": the logits are NaN: the file's weights hold NaN or infinite values, it is damaged");
        }
    }

    private MemorySegment logitsRow(int row) {
        return passes.logits().segment().asSlice(passes.logits().offset(row), 4L * passes.logits().columns());
    }

    private void enter() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("the session is in use by another thread");
        }
        if (closed) {
            busy.set(false);
            throw new IllegalStateException("the session is closed");
        }
    }

    private void exit() {
        busy.set(false);
    }
}
