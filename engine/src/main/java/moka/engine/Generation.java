package moka.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import moka.engine.flight.EngineEvent;
import moka.engine.flight.Flight;
import moka.engine.grammar.GrammarConstraint;
import moka.engine.grammar.GrammarException;
import moka.engine.sampling.Sampler;
import moka.engine.sampling.SamplingOptions;
import moka.template.answer.Answer;
import moka.template.answer.AnswerFormat;
import moka.template.answer.AnswerListener;
import moka.template.answer.AnswerParser;
import moka.template.answer.ToolCall;
import moka.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/** One answer in the making: prefill, then token by token until something ends it. */
final class Generation {
    /** No token: the answer has ended. */
    static final int NONE = -1;

    /** Tokens at the end of the prompt in which reasoning may be opened. */
    private static final int PROMPT_END = 16;

    private final Session session;
    private final GenerationOptions options;
    private final GenerationListener listener;
    private final Tokenizer tokenizer;
    private final Tokenizer.StreamingDecoder decoder;
    private final StopTexts stopTexts;
    private final Optional<GrammarConstraint> constraint;
    private final Sampler sampler;
    private final List<Integer> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private @Nullable AnswerParser parser;
    private @Nullable StopReason stopReason;
    private SpeculationCounts speculationCounts = SpeculationCounts.NONE;
    private int promptTokens;
    private int reusedTokens;
    private int prefilledTokens;
    private long prefillNanos;
    private long decodeStart;

    Generation(Session session, GenerationOptions options, GenerationListener listener) {
        this.session = session;
        this.options = options;
        this.listener = listener;
        this.tokenizer = session.model().tokenizer();
        this.decoder = tokenizer.newStreamingDecoder(false);
        this.constraint = options.grammar()
                .map(it -> session.model().constraints().grammar(it).newConstraint());
        this.stopTexts = new StopTexts(options.stopTexts());
        this.sampler = new Sampler(
                sampling(options.sampling(), tokenizer),
                session.model().vocabularySize(),
                session.model().constraints().dryBreakers(options.sampling().dry()));
    }

    /** The options, with the tokens forbidden that the file forbids to generate. */
    private static SamplingOptions sampling(SamplingOptions options, Tokenizer tokenizer) {
        if (tokenizer.suppressed().isEmpty()) {
            return options;
        }
        Map<Integer, Float> biases = new HashMap<>(options.logitBias());
        tokenizer.suppressed().forEach(id -> biases.put(id, Float.NEGATIVE_INFINITY));
        return options.withLogitBias(biases);
    }

    GenerationResult run(int[] prompt) {
        prefill(prompt);
        if (stopReason == null && options.speculation().isPresent()) {
            speculate(options.speculation().get());
            return result();
        }
        var next = new int[1];
        while ((next[0] = next()) != NONE) {
            if (!session.append(next, 0, 1, options.cancellation()::isCancelled)) {
                stopReason = StopReason.CANCELLED;
            }
        }
        return result();
    }

    private void speculate(Speculation speculation) {
        try (Guesser guesser = Guesser.of(speculation, session.model(), options.cancellation()::isCancelled)) {
            var decoding = new SpeculativeDecoding(session, this, speculation);
            if (!decoding.run(guesser, options.cancellation()::isCancelled)) {
                stopReason = StopReason.CANCELLED;
            }
            speculationCounts = decoding.counts();
        }
    }

    /** Computes the prompt; what the cache holds of it already is not computed again. */
    void prefill(int[] prompt) {
        if (prompt.length == 0) {
            throw new EngineException("the prompt has no tokens");
        }
        if (prompt.length > session.contextLength()) {
            throw new EngineException("the prompt has " + prompt.length + " tokens and the context holds "
                    + session.contextLength() + ": use a larger --context or a shorter prompt");
        }
        for (int id : prompt) {
            sampler.accept(id);
        }
        parser = options.parseAnswer() ? newParser(prompt) : null;
        long start = System.nanoTime();
        // The last token is computed again where all is there: its logits are needed.
        CachedTokens cached = session.cached();
        int reused = cached.reusable(Math.min(cached.commonPrefix(prompt), prompt.length - 1));
        session.rewindTo(reused);
        promptTokens = prompt.length;
        reusedTokens = reused;
        compute(prompt, reused);
        prefilledTokens = session.position() - reused;
        decodeStart = System.nanoTime();
        prefillNanos = decodeStart - start;
    }

    private void compute(int[] ids, int from) {
        int total = ids.length - from;
        for (int at = from; at < ids.length; at += session.batchRows()) {
            int end = Math.min(ids.length, at + session.batchRows());
            if (!session.append(ids, at, end, options.cancellation()::isCancelled)) {
                stopReason = StopReason.CANCELLED;
                return;
            }
            listener.onPrefill(end - from, total);
        }
    }

    /** Chooses the token after the session's logits and tells it: the id to append, or {@link #NONE} if the answer has ended. */
    int next() {
        try {
            return chooseAndTell();
        } catch (GrammarException e) { // the text can be read in too many ways
            throw new EngineException(session.model().name() + ": " + e.getMessage(), e);
        }
    }

    private int chooseAndTell() {
        if (stopReason == null) {
            stopReason = limit();
        }
        if (stopReason != null) {
            return NONE;
        }
        int id = choose();
        if (tokenizer.isEndOfGeneration(id) && !options.ignoreEndOfGeneration()) {
            stopReason = StopReason.END_OF_GENERATION;
            return NONE;
        }
        sampler.accept(id);
        constraint.ifPresent(it -> it.accept(id));
        tokens.add(id);
        listener.onToken(id);
        tell(stopTexts.accept(piece(id)));
        if (stopTexts.found()) {
            stopReason = StopReason.STOP_TEXT;
        } else {
            stopReason = limit();
        }
        if (stopReason == null && session.position() >= session.contextLength()) {
            stopReason = shiftContext();
        }
        return stopReason == null ? id : NONE;
    }

    private @Nullable StopReason limit() {
        if (options.cancellation().isCancelled()) {
            return StopReason.CANCELLED;
        }
        return options.maxTokens() >= 0 && tokens.size() >= options.maxTokens() ? StopReason.MAX_TOKENS : null;
    }

    /**
     * Makes room: after the tokens to keep, the older half of the others is dropped, and what stays is computed anew, so that nothing that
     * was dropped has any influence.
     */
    private @Nullable StopReason shiftContext() {
        OptionalInt keep = options.contextShift();
        if (keep.isEmpty()) {
            return StopReason.CONTEXT_FULL;
        }
        int[] all = session.tokens();
        int kept = Math.min(keep.getAsInt(), Math.min(promptTokens, all.length - 2));
        int dropped = (all.length - kept) / 2;
        int[] rest = Arrays.copyOf(all, all.length - dropped);
        System.arraycopy(all, kept + dropped, rest, kept, all.length - kept - dropped);
        listener.onContextShift(dropped);
        session.rewindTo(session.cached().reusable(kept));
        compute(rest, session.position());
        return stopReason;
    }

    GenerationResult result() {
        if (stopReason != StopReason.STOP_TEXT) {
            tell(stopTexts.accept(decoder.finish()));
            tell(stopTexts.finish());
        }
        var timings = new Timings(
                reusedTokens, prefilledTokens, prefillNanos, tokens.size(), System.nanoTime() - decodeStart);
        Answer answer = parser == null ? new Answer(text.toString(), "", List.of()) : parser.finish();
        return new GenerationResult(
                text.toString(), answer, tokens, Objects.requireNonNull(stopReason), timings, speculationCounts, sampler.seed());
    }

    private int choose() {
        EngineEvent.Sample event = Flight.sample();
        int id = constraint.isPresent()
                ? sampler.sample(session.logits(), constraint.get())
                : sampler.sample(session.logits());
        if (event != null) {
            event.token = id;
            event.commit();
        }
        if (id == Sampler.NO_TOKEN) {
            throw new EngineException(session.model().name() + ": no token can follow at position " + session.position() + ": "
                    + whyNone(session.logits()));
        }
        return id;
    }

    private static String whyNone(MemorySegment logits) {
        for (long id = 0; id < logits.byteSize() / 4; id++) {
            float logit = logits.getAtIndex(ValueLayout.JAVA_FLOAT, id);
            if (Float.isNaN(logit) || logit == Float.POSITIVE_INFINITY) {
                return "the logit of token " + id + " is " + logit + ", expected finite ones; the file's weights are damaged";
            }
        }
        return "the logits of all tokens that are allowed are minus infinity";
    }

    /** A parser for the notation of the template's family. */
    private AnswerParser newParser(int[] prompt) {
        int[] end = Arrays.copyOfRange(prompt, Math.max(0, prompt.length - PROMPT_END), prompt.length);
        List<?> tools = options.templateVariables().get("tools") instanceof List<?> list ? list : List.of();
        AnswerFormat format = ConversationPrompt.template(session.model(), options)
                .map(AnswerFormat::of)
                // This family writes calls as bare JSON: where none can be made it is an answer.
                .filter(it -> it != AnswerFormat.LLAMA_3 || !tools.isEmpty())
                .orElse(AnswerFormat.PLAIN);
        var parts = new AnswerListener() {
            @Override
            public void onContent(String content) {
                tellText(content);
            }

            @Override
            public void onReasoning(String reasoning) {
                listener.onReasoning(reasoning);
            }

            @Override
            public void onToolCall(ToolCall call) {
                listener.onToolCall(call);
            }
        };
        return new AnswerParser(format, parts, tokenizer.decode(end, false, true), tools);
    }

    /** Text that became complete with a token; control tokens are text only where they mark parts of the answer. */
    private String piece(int id) {
        String piece = decoder.accept(id);
        if (parser == null || !tokenizer.isControl(id)) {
            return piece;
        }
        String marker = tokenizer.text(id);
        return parser.isMarker(marker) ? piece + marker : piece;
    }

    private void tell(String piece) {
        if (piece.isEmpty()) {
            return;
        }
        if (parser == null) {
            tellText(piece);
        } else {
            parser.accept(piece);
        }
    }

    private void tellText(String piece) {
        text.append(piece);
        listener.onText(piece);
    }
}
