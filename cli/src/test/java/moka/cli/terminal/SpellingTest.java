package moka.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpellingTest {
    private static final List<String> COMMANDS = List.of("chat", "run", "bench", "compare", "completion", "tokenize", "detokenize", "inspect", "rm");

    @Test
    void namesWhatIsASlipAway() {
        assertEquals(", did you mean 'inspect'?", Spelling.hint("inspcet", COMMANDS));
        assertEquals(", did you mean 'run'?", Spelling.hint("rnu", COMMANDS));
        assertEquals(", did you mean 'chat'?", Spelling.hint("chta", COMMANDS));
        assertEquals(", did you mean 'tokenize'?", Spelling.hint("tokenise", COMMANDS));
        assertEquals("", Spelling.hint("frobnicate", COMMANDS));
        assertEquals("", Spelling.hint("", COMMANDS));
        assertEquals("", Spelling.hint("x", List.of()));
    }

    @Test
    void namesWhatAWordBegins() {
        assertEquals(", did you mean 'compare' or 'completion'?", Spelling.hint("comp", COMMANDS));
    }

    @Test
    void takesUnderscoresAndCaseForTheSame() {
        assertEquals(List.of("--top-k"), Spelling.near("--top_k", List.of("--top-p", "--top-k", "--temp")));
        assertEquals(List.of("--temp"), Spelling.near("--TEMP", List.of("--top-p", "--top-k", "--temp")));
        assertEquals(List.of("--top-p", "--top-k"), Spelling.near("--top-n", List.of("--top-p", "--top-k", "--temp")));
    }

    @Test
    void countsNeighboursThatAreExchangedAsOneSlip() {
        assertEquals(0, Spelling.slips("abc", "abc"));
        assertEquals(1, Spelling.slips("acb", "abc"));
        assertEquals(3, Spelling.slips("", "abc"));
        assertEquals(3, Spelling.slips("kitten", "sitting"));
    }
}
