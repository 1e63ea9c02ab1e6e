package moka.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import moka.engine.grammar.Grammar;
import moka.engine.grammar.GrammarException;
import moka.engine.grammar.GrammarWalk;

/** JSON schemas: what is taken gives a mask at every step of a walk through it. */
class SchemaFuzz {
    @FuzzTest
    void schema(byte[] bytes) {
        try {
            GrammarWalk.follow(Grammar.ofJsonSchema(new String(bytes, StandardCharsets.UTF_8)), bytes);
        } catch (GrammarException refusal) {
            Refusal.check(refusal);
        }
    }
}
