package moka.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import moka.engine.grammar.Grammar;
import moka.engine.grammar.GrammarException;
import moka.engine.grammar.GrammarWalk;

/** Grammars in GBNF: what is taken gives a mask at every step of a walk through it. */
class GrammarFuzz {
    @FuzzTest
    void grammar(byte[] bytes) {
        try {
            GrammarWalk.follow(Grammar.ofGbnf(new String(bytes, StandardCharsets.UTF_8)), bytes);
        } catch (GrammarException refusal) {
            Refusal.check(refusal);
        }
    }
}
