package moka.engine;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import moka.engine.grammar.Grammar;
import moka.engine.grammar.TokenGrammar;
import moka.engine.grammar.TokenVocabulary;
import moka.engine.sampling.DrySequenceBreakers;
import moka.engine.sampling.SamplingOptions;
import moka.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/** What answers are held to, translated from text to the tokens of a vocabulary: grammars, and the breaks of DRY. Shared by sessions. */
final class Constraints {
    private final Tokenizer tokenizer;
    private final Map<List<String>, List<int[]>> dryBreakers = new ConcurrentHashMap<>();
    private @Nullable TokenVocabulary vocabulary;
    private @Nullable TokenGrammar last;

    Constraints(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** A grammar over the vocabulary; the last one is kept, for answers under the same grammar share what they learn. */
    synchronized TokenGrammar grammar(Grammar grammar) {
        TokenGrammar now = last;
        if (now == null || now.grammar() != grammar) {
            now = new TokenGrammar(grammar, vocabulary());
            last = now;
        }
        return now;
    }

    /** Token sequences across which DRY matches no repeat. */
    List<int[]> dryBreakers(SamplingOptions.Dry dry) {
        return dry.off()
                ? List.of()
                : dryBreakers.computeIfAbsent(dry.sequenceBreakers(), it -> DrySequenceBreakers.of(it, tokenizer));
    }

    /** Made at the first use: it costs some milliseconds. */
    private TokenVocabulary vocabulary() {
        TokenVocabulary now = vocabulary;
        if (now == null) {
            now = TokenVocabulary.of(tokenizer);
            vocabulary = now;
        }
        return now;
    }
}
