package moka.engine.grammar;

import moka.engine.grammar.Expression.TokenName;

/**
 * A grammar bound to a vocabulary: what several sequences under the same grammar share. Safe for use by many threads.
 */
public final class TokenGrammar {
    private final Grammar grammar;
    private final PushdownAutomaton automaton;
    private final TokenVocabulary vocabulary;
    private final TokenMasks masks;
    private final int[] tokenIds; // by token name of the automaton

    /** @throws GrammarException if the grammar names a token that the vocabulary lacks */
    public TokenGrammar(Grammar grammar, TokenVocabulary vocabulary) {
        this.grammar = grammar;
        automaton = grammar.automaton();
        this.vocabulary = vocabulary;
        masks = new TokenMasks(vocabulary);
        tokenIds = automaton.tokens.stream().mapToInt(token -> find(token.name())).toArray();
    }

    private int find(TokenName name) {
        int id = name.id() >= 0 ? name.id() : vocabulary.tokenOfText(name.text());
        if (id < 0 || id >= vocabulary.size()) {
            throw new GrammarException("grammar: token " + (name.id() >= 0 ? "<[" + name.id() + "]>" : name.text())
                    + " is not in the vocabulary of " + vocabulary.size() + " tokens");
        }
        return id;
    }

    /** What holds one sequence to the grammar, from its beginning. */
    public GrammarConstraint newConstraint() {
        return new GrammarConstraint(this);
    }

    public Grammar grammar() {
        return grammar;
    }

    PushdownAutomaton automaton() {
        return automaton;
    }

    TokenVocabulary vocabulary() {
        return vocabulary;
    }

    TokenMasks masks() {
        return masks;
    }

    /** The token of a token node. */
    int tokenOf(int tokenNode) {
        return tokenIds[automaton.first[tokenNode]];
    }

    /** Whether a token node takes a token. */
    boolean takes(int tokenNode, int token) {
        boolean negated = automaton.tokens.get(automaton.first[tokenNode]).negated();
        return negated != (tokenOf(tokenNode) == token);
    }

    boolean isNegated(int tokenNode) {
        return automaton.tokens.get(automaton.first[tokenNode]).negated();
    }
}
