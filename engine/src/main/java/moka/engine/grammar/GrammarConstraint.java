package moka.engine.grammar;

import java.util.Arrays;
import moka.engine.flight.EngineEvent;
import moka.engine.flight.Flight;
import moka.engine.sampling.TokenConstraint;

/**
 * Holds one sequence to a grammar: tells which tokens may come next after those accepted. Tokens that end the generation are allowed exactly
 * where the text may end, other control tokens only where the grammar names them. A character may be spread over tokens. There is always
 * something allowed, provided that the vocabulary has a token for every single byte.
 *
 * <p>Not thread-safe; one per sequence. Cost of {@link #allows}: a table look-up for each byte of the token. Cost of {@link #mask}: see
 * {@link TokenMasks}; the masks of recent states are kept.
 */
public final class GrammarConstraint implements TokenConstraint {
    private static final int KEPT_MASKS = 16;
    private static final int MOST_STATES = 60_000;
    private static final int MOST_PAIRS = 1_000_000;

    private final TokenGrammar grammar;
    private final TokenVocabulary vocabulary;
    private StackSets states;
    private int[] path = new int[256]; // [acceptedCount + 1]: the state before each token and after the last one
    private int acceptedCount;
    private int endedAt = Integer.MAX_VALUE; // acceptedCount when a token ended the generation
    private final int[] maskStates = new int[KEPT_MASKS];
    private final long[][] masks = new long[KEPT_MASKS][];
    private int nextMask;
    private int mostStates = MOST_STATES;
    private int mostPairs = MOST_PAIRS;
    private int forgotten;

    GrammarConstraint(TokenGrammar grammar) {
        this.grammar = grammar;
        vocabulary = grammar.vocabulary();
        states = new StackSets(grammar.automaton());
        path[0] = states.start();
    }

    /** Number of tokens accepted so far. */
    public int acceptedCount() {
        return acceptedCount;
    }

    /** Whether the text so far matches the whole grammar. */
    public boolean isComplete() {
        return states.isComplete(state());
    }

    /** Whether nothing but the end may follow. */
    public boolean isFinished() {
        return hasEnded() || (isComplete() && states.canOnlyEnd(state()));
    }

    @Override
    public boolean allows(int token) {
        if (vocabulary.isEndOfGeneration(token) || hasEnded()) {
            return vocabulary.isEndOfGeneration(token) && isComplete();
        }
        return stateAfter(token) != StackSets.DEAD;
    }

    @Override
    public long[] mask() {
        int state = hasEnded() ? StackSets.EMPTY : state();
        for (int i = 0; i < KEPT_MASKS; i++) {
            if (masks[i] != null && maskStates[i] == state) {
                return masks[i];
            }
        }
        int slot = nextMask;
        nextMask = (nextMask + 1) % KEPT_MASKS;
        if (masks[slot] == null) {
            masks[slot] = new long[(vocabulary.size() + 63) / 64];
        }
        Arrays.fill(masks[slot], 0);
        maskStates[slot] = state;
        EngineEvent.Grammar event = Flight.grammar();
        compute(state, masks[slot]);
        if (event != null) {
            event.work = "mask";
            event.commit();
        }
        return masks[slot];
    }

    /**
     * Takes a token.
     *
     * @return false, and nothing changes, where it is not allowed
     */
    public boolean accept(int token) {
        if (!allows(token)) {
            return false;
        }
        int next = state();
        if (vocabulary.isEndOfGeneration(token)) {
            endedAt = Math.min(endedAt, acceptedCount + 1);
        } else {
            next = stateAfter(token);
        }
        acceptedCount++;
        if (acceptedCount == path.length) {
            path = Arrays.copyOf(path, 2 * path.length);
        }
        path[acceptedCount] = next;
        if (states.count() > mostStates || states.pairCount() > mostPairs) {
            forgetStates();
        }
        return true;
    }

    /** Goes back to when so many tokens were accepted. */
    public void rewind(int count) {
        if (count < 0 || count > acceptedCount) {
            throw new IllegalArgumentException("cannot rewind to " + count + " tokens: " + acceptedCount + " were accepted");
        }
        acceptedCount = count;
        if (endedAt > count) {
            endedAt = Integer.MAX_VALUE;
        }
    }

    /** How many times the states were started over. */
    int forgotten() {
        return forgotten;
    }

    private boolean hasEnded() {
        return acceptedCount >= endedAt;
    }

    private int state() {
        return path[acceptedCount];
    }

    private int stateAfter(int token) {
        int state = state();
        int next = state;
        byte[] piece = vocabulary.piece(token);
        for (int i = 0; i < piece.length && next != StackSets.DEAD; i++) {
            next = states.step(next, piece[i]);
        }
        if (piece.length == 0) {
            next = StackSets.DEAD;
        }
        if (!grammar.automaton().tokens.isEmpty()) {
            for (int node : states.tokenNodes(state)) {
                if (grammar.takes(node, token)) {
                    next = states.union(next, states.stepToken(state, node));
                }
            }
        }
        return next;
    }

    private void compute(int state, long[] words) {
        grammar.masks().allow(states, state, words);
        for (int node : states.tokenNodes(state)) {
            allowNamed(node, words);
        }
        boolean complete = states.isComplete(state);
        for (int token : vocabulary.endOfGeneration()) {
            long bit = 1L << token;
            words[token >> 6] = complete ? words[token >> 6] | bit : words[token >> 6] & ~bit;
        }
    }

    private void allowNamed(int tokenNode, long[] words) {
        int token = grammar.tokenOf(tokenNode);
        if (!grammar.isNegated(tokenNode)) {
            words[token >> 6] |= 1L << token;
            return;
        }
        boolean already = (words[token >> 6] & 1L << token) != 0;
        for (int other = 0; other < vocabulary.size(); other++) {
            words[other >> 6] |= 1L << other;
        }
        if (!already) {
            words[token >> 6] &= ~(1L << token);
        }
    }

    /** Starts the states over with those on the path: what was met on the way to masks is forgotten. */
    private void forgetStates() {
        StackSets fresh = new StackSets(grammar.automaton());
        int[] kept = states.copyInto(fresh, Arrays.copyOf(path, acceptedCount + 1));
        System.arraycopy(kept, 0, path, 0, kept.length);
        states = fresh;
        mostStates = Math.max(MOST_STATES, 2 * fresh.count()); // those on the path stay
        mostPairs = Math.max(MOST_PAIRS, 2 * fresh.pairCount());
        forgotten++;
        Arrays.fill(masks, null);
    }
}
