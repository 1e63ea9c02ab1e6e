package moka.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import moka.engine.grammar.GrammarConstraint;
import moka.engine.grammar.TokenGrammar;
import moka.engine.sampling.Sampler;
import moka.tokenizer.Tokenizer;

/** One answer in the making: prefill, then token by token until something ends it. */
final class Generation {
    private final Session session;
    private final GenerationOptions options;
    private final GenerationListener listener;
    private final Tokenizer tokenizer;
    private final Tokenizer.StreamingDecoder decoder;
    private final StopTexts stopTexts;
    private final Optional<GrammarConstraint> constraint;
    private final List<Integer> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();

    Generation(Session session, GenerationOptions options, GenerationListener listener) {
        this.session = session;
        this.options = options;
        this.listener = listener;
        this.tokenizer = session.model().tokenizer();
        this.decoder = tokenizer.newStreamingDecoder(false);
        this.constraint = options.grammar()
                .map(it -> new TokenGrammar(it, session.model().grammarVocabulary()).newConstraint());
        this.stopTexts = new StopTexts(options.stopTexts());
    }

    GenerationResult run(int[] prompt) {
        if (prompt.length == 0) {
            throw new EngineException("the prompt has no tokens");
        }
        if (prompt.length > session.contextLength()) {
            throw new EngineException("the prompt has " + prompt.length + " tokens and the context holds "
                    + session.contextLength() + ": use a larger --context or a shorter prompt");
        }
        // The last token is computed again where all is there: its logits are needed.
        int reused = Math.min(session.commonPrefix(prompt), prompt.length - 1);
        session.rewindTo(reused);
        Sampler sampler = new Sampler(options.sampling(), session.model().vocabularySize());
        for (int id : prompt) {
            sampler.accept(id);
        }

        long start = System.nanoTime();
        boolean complete = prefill(prompt, reused);
        long prefilled = System.nanoTime();
        StopReason reason = complete ? decode(sampler) : StopReason.CANCELLED;
        long end = System.nanoTime();
        if (reason != StopReason.STOP_TEXT) {
            tell(stopTexts.accept(decoder.finish()));
            tell(stopTexts.finish());
        }
        Timings timings = new Timings(
                reused, session.position() < prompt.length ? session.position() - reused : prompt.length - reused,
                prefilled - start, tokens.size(), end - prefilled);
        return new GenerationResult(text.toString(), tokens, reason, timings, sampler.seed());
    }

    private boolean prefill(int[] prompt, int reused) {
        int total = prompt.length - reused;
        for (int at = reused; at < prompt.length; at += session.batchRows()) {
            int end = Math.min(prompt.length, at + session.batchRows());
            if (!session.append(prompt, at, end, options.cancellation()::isCancelled)) {
                return false;
            }
            listener.onPrefill(end - reused, total);
        }
        return true;
    }

    private StopReason decode(Sampler sampler) {
        int[] next = new int[1];
        while (true) {
            if (options.cancellation().isCancelled()) {
                return StopReason.CANCELLED;
            }
            if (options.maxTokens() >= 0 && tokens.size() >= options.maxTokens()) {
                return StopReason.MAX_TOKENS;
            }
            int id = choose(sampler);
            if (tokenizer.isEndOfGeneration(id) && !options.ignoreEndOfGeneration()) {
                return StopReason.END_OF_GENERATION;
            }
            sampler.accept(id);
            constraint.ifPresent(it -> it.accept(id));
            tokens.add(id);
            listener.onToken(id);
            tell(stopTexts.accept(decoder.accept(id)));
            if (stopTexts.found()) {
                return StopReason.STOP_TEXT;
            }
            if (options.maxTokens() >= 0 && tokens.size() >= options.maxTokens()) {
                return StopReason.MAX_TOKENS;
            }
            if (session.position() >= session.contextLength()) {
                return StopReason.CONTEXT_FULL;
            }
            next[0] = id;
            if (!session.append(next, 0, 1, options.cancellation()::isCancelled)) {
                return StopReason.CANCELLED;
            }
        }
    }

    private int choose(Sampler sampler) {
        int id = constraint.isPresent()
                ? sampler.sample(session.logits(), constraint.get())
                : sampler.sample(session.logits());
        if (id == Sampler.NO_TOKEN) {
            throw new EngineException("no token can follow: all logits are minus infinity");
        }
        return id;
    }

    private void tell(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            listener.onText(piece);
        }
    }
}
