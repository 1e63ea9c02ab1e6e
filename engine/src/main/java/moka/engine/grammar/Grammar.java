package moka.engine.grammar;

import java.util.List;
import java.util.Map;

/**
 * A grammar that texts can be held to. Immutable and safe for use by many threads.
 */
public final class Grammar {
    /** A check that comes to more starts over with what the state it is in is made of. */
    private static final int MOST_STATES = 100_000;

    private static final int MOST_PAIRS = 1_000_000;

    private final PushdownAutomaton automaton;
    private final List<String> warnings;

    private Grammar(PushdownAutomaton automaton, List<String> warnings) {
        this.automaton = automaton;
        this.warnings = warnings;
    }

    /**
     * A grammar in GBNF, the notation of llama.cpp, whose whole texts match the rule {@code root}.
     *
     * @throws GrammarException if it is malformed, left-recursive, too large, or matches no text; the message names the place
     */
    public static Grammar ofGbnf(String text) {
        return ofRules(GbnfParser.parse(text), List.of());
    }

    /**
     * A grammar of the JSON texts that a schema accepts (JSON Schema 2020-12), the keys of objects in the order of {@code properties}.
     * {@link #warnings()} names what it does not enforce.
     *
     * @param json the schema
     * @throws GrammarException if it is not JSON or malformed, if nothing satisfies it, or if it uses a keyword that a grammar cannot hold; the
     *     message names the path of the keyword
     */
    public static Grammar ofJsonSchema(String json) {
        return SchemaConverter.convert(json);
    }

    static Grammar ofRules(Map<String, Expression> rules, List<String> warnings) {
        return new Grammar(GrammarCompiler.compile(rules, "root"), List.copyOf(warnings));
    }

    /** What the grammar does not enforce although the schema asks for it, one line each; empty for GBNF. */
    public List<String> warnings() {
        return warnings;
    }

    /** Whether a whole text matches. Rules that ask for tokens match no text. */
    public boolean accepts(CharSequence text) {
        return check(text).accepted();
    }

    /** Whether a whole text matches and how far it could. */
    public Check check(CharSequence text) {
        StackSets states = new StackSets(automaton);
        int state = states.start();
        int mostStates = MOST_STATES;
        int mostPairs = MOST_PAIRS;
        int taken = 0;
        for (int at = 0; at < text.length(); taken++) {
            int codePoint = Character.codePointAt(text, at);
            at += Character.charCount(codePoint);
            state = stepCodePoint(states, state, codePoint);
            if (state == StackSets.DEAD) {
                return new Check(false, taken);
            }
            if (states.count() > mostStates || states.pairCount() > mostPairs) {
                StackSets fresh = new StackSets(automaton);
                state = states.copyInto(fresh, new int[] {state})[0];
                states = fresh;
                mostStates = Math.max(MOST_STATES, 2 * fresh.count());
                mostPairs = Math.max(MOST_PAIRS, 2 * fresh.pairCount());
            }
        }
        return new Check(states.isComplete(state), taken);
    }

    /**
     * The outcome of {@link #check}.
     *
     * @param accepted whether the whole text matches
     * @param taken number of code points that could be taken: where a text that does not match stops matching, its length when it only
     *     ends too early
     */
    public record Check(boolean accepted, int taken) {}

    private static int stepCodePoint(StackSets states, int from, int codePoint) {
        if (codePoint < 0x80) {
            return states.step(from, (byte) codePoint);
        }
        if (codePoint < 0x800) {
            return tail(states, states.step(from, (byte) (0xC0 | codePoint >> 6)), codePoint, 0);
        }
        if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
            return StackSets.DEAD; // half of a pair has no UTF-8
        }
        if (codePoint < 0x10000) {
            return tail(states, states.step(from, (byte) (0xE0 | codePoint >> 12)), codePoint, 6);
        }
        return tail(states, states.step(from, (byte) (0xF0 | codePoint >> 18)), codePoint, 12);
    }

    private static int tail(StackSets states, int from, int codePoint, int firstShift) {
        int state = from;
        for (int shift = firstShift; shift >= 0; shift -= 6) {
            state = states.step(state, (byte) (0x80 | codePoint >> shift & 0x3F));
        }
        return state;
    }

    PushdownAutomaton automaton() {
        return automaton;
    }
}
