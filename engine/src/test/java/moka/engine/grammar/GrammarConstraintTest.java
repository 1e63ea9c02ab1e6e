package moka.engine.grammar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GrammarConstraintTest {
    private static final int END = 0; // the token that ends the generation, in all vocabularies here

    private static final List<String> GRAMMARS = List.of(
            "root ::= \"yes\" | \"no\"",
            "root ::= [^\"]* \"\\\"\"",
            "root ::= \"a\" root \"b\" | \"\"",
            "root ::= (\"a\" | \"aa\" | \"ab\")* \"b\"{2,3}",
            "root ::= a* b?\na ::= \"x\" b | \"é\"\nb ::= \"y\" | [🙂-🙏]",
            """
            root ::= value
            value ::= "{" (pair ("," pair)*)? "}" | "[" (value ("," value)*)? "]" | string | [0-9]{1,3}
            pair ::= string ":" value
            string ::= "\\"" ([^"\\\\] | "\\\\" ["\\\\n])* "\\""
            """,
            "root ::= s | t\ns ::= \"a\" s \"b\" | \"c\"\nt ::= \"a\" t \"d\" | \"c\"",
            "root ::= (\"ab\"? \"a\"?){0,40}");

    @Test
    void maskHoldsExactlyTheTokensThatAreAllowed() {
        SplittableRandom random = new SplittableRandom(3);
        int walked = 0;
        for (String text : GRAMMARS) {
            for (int round = 0; round < 25; round++) {
                TokenVocabulary vocabulary = randomVocabulary(random);
                TokenGrammar grammar = new TokenGrammar(Grammar.ofGbnf(text), vocabulary);
                GrammarConstraint constraint = grammar.newConstraint();
                for (int step = 0; step < 30; step++) {
                    walked++;
                    int[] allowed = allowed(constraint, vocabulary);
                    assertArrayEquals(bits(constraint.mask(), vocabulary), allowed, text);
                    assertTrue(allowed.length > 0, () -> text + ": nothing is allowed");
                    int token = allowed[random.nextInt(allowed.length)];
                    assertTrue(constraint.accept(token));
                    if (token == END) {
                        break;
                    }
                }
            }
        }
        assertTrue(walked > 1000, "steps " + walked);
    }

    @Test
    void whatIsGeneratedMatchesTheGrammar() {
        SplittableRandom random = new SplittableRandom(4);
        int finished = 0;
        for (String text : GRAMMARS) {
            Grammar grammar = Grammar.ofGbnf(text);
            for (int round = 0; round < 50; round++) {
                TokenVocabulary vocabulary = randomVocabulary(random);
                GrammarConstraint constraint = new TokenGrammar(grammar, vocabulary).newConstraint();
                var written = new java.io.ByteArrayOutputStream();
                for (int step = 0; step < 200; step++) {
                    int[] allowed = bits(constraint.mask(), vocabulary);
                    boolean ends = allowed[0] == END && (allowed.length == 1 || random.nextInt(4) == 0);
                    int token = ends ? END : allowed[random.nextInt(allowed.length)];
                    assertTrue(constraint.accept(token));
                    if (token == END) {
                        finished++;
                        assertTrue(grammar.accepts(written.toString(StandardCharsets.UTF_8)), () -> text + ": " + written);
                        assertArrayEquals(new int[] {END}, bits(constraint.mask(), vocabulary));
                        break;
                    }
                    written.writeBytes(vocabulary.piece(token));
                }
            }
        }
        assertTrue(finished > 200, "finished " + finished);
    }

    @Test
    void charactersMayBeSpreadOverTokens() {
        TokenVocabulary vocabulary = vocabulary(List.of("", "é", "e"), true);
        GrammarConstraint constraint = new TokenGrammar(Grammar.ofGbnf("root ::= \"é\" [😀-😃]"), vocabulary).newConstraint();
        byte[] bytes = "é😁".getBytes(StandardCharsets.UTF_8);
        for (byte value : bytes) {
            assertFalse(constraint.isComplete());
            int token = byteToken(vocabulary, value);
            assertTrue(constraint.allows(token));
            assertTrue(constraint.accept(token));
        }
        assertTrue(constraint.isComplete());
        assertTrue(constraint.isFinished());
    }

    @Test
    void refusesWhatIsNotAllowedAndStaysAsItWas() {
        TokenVocabulary vocabulary = vocabulary(List.of("", "a", "b", "ab"), false);
        GrammarConstraint constraint = new TokenGrammar(Grammar.ofGbnf("root ::= \"ab\""), vocabulary).newConstraint();
        assertFalse(constraint.accept(2));
        assertFalse(constraint.accept(END));
        assertEquals(0, constraint.acceptedCount());
        assertTrue(constraint.accept(1));
        assertFalse(constraint.accept(3));
        assertTrue(constraint.accept(2));
        assertTrue(constraint.isFinished());
        assertTrue(constraint.accept(END));
        assertFalse(constraint.allows(1));
        assertTrue(constraint.allows(END));
    }

    @Test
    void rewindsToAnyEarlierToken() {
        TokenVocabulary vocabulary = vocabulary(List.of("", "a", "b", "("), false);
        GrammarConstraint constraint = new TokenGrammar(Grammar.ofGbnf("root ::= \"a\" \"b\" | \"(\" root"), vocabulary)
                .newConstraint();
        constraint.accept(3);
        constraint.accept(1);
        constraint.accept(2);
        constraint.accept(END);
        constraint.rewind(1);
        assertEquals(1, constraint.acceptedCount());
        assertArrayEquals(new int[] {1, 3}, bits(constraint.mask(), vocabulary));
        constraint.rewind(0);
        assertArrayEquals(new int[] {1, 3}, bits(constraint.mask(), vocabulary));
        assertThrows(IllegalArgumentException.class, () -> constraint.rewind(1));
    }

    @Test
    void statesAreForgottenWithoutATraceOnLongOutput() {
        TokenVocabulary vocabulary = vocabulary(List.of("", "(", "[", ")", "]"), false);
        Grammar brackets = Grammar.ofGbnf("root ::= (\"(\" root \")\" | \"[\" root \"]\")*");
        GrammarConstraint constraint = new TokenGrammar(brackets, vocabulary).newConstraint();
        SplittableRandom random = new SplittableRandom(8);
        int[] open = new int[1000];
        int depth = 0;
        for (int i = 0; i < 300_000; i++) { // each opened bracket makes a stack that was hardly ever there before
            int closing = depth == 0 ? END : open[depth - 1];
            for (int token = 0; token < vocabulary.size(); token++) {
                assertEquals(token == closing || token == 1 || token == 2, constraint.allows(token), "at " + i);
            }
            boolean deeper = depth == 0 || (depth < 900 && random.nextInt(100) < 51);
            int token = deeper ? 1 + random.nextInt(2) : closing;
            assertTrue(constraint.accept(token));
            if (deeper) {
                open[depth++] = token + 2;
            } else {
                depth--;
            }
        }
        assertTrue(constraint.forgotten() > 0);
        constraint.rewind(0);
        assertTrue(constraint.isComplete());
    }

    @Test
    void grammarsMayAskForTokens() {
        TokenVocabulary vocabulary = vocabulary(List.of("", "a", "<think>", "</think>", "b"), false);
        Grammar grammar = Grammar.ofGbnf("root ::= <think> !</think>* <[3]> \"b\"");
        GrammarConstraint constraint = new TokenGrammar(grammar, vocabulary).newConstraint();
        assertArrayEquals(new int[] {2}, bits(constraint.mask(), vocabulary));
        assertTrue(constraint.accept(2));
        assertArrayEquals(new int[] {1, 2, 3, 4}, bits(constraint.mask(), vocabulary));
        assertTrue(constraint.accept(1));
        assertTrue(constraint.accept(3));
        assertArrayEquals(new int[] {4}, bits(constraint.mask(), vocabulary));
        assertTrue(constraint.accept(4));
        assertArrayEquals(new int[] {END}, bits(constraint.mask(), vocabulary));
        var unknown = assertThrows(
                GrammarException.class, () -> new TokenGrammar(Grammar.ofGbnf("root ::= <none>"), vocabulary));
        assertEquals("grammar: token <none> is not in the vocabulary of 5 tokens", unknown.getMessage());
    }

    @Test
    void ambiguityDoesNotMultiplyStates() {
        // 2^n derivations of a^n: the sets of stacks stay linear
        StackSets states = new StackSets(Grammar.ofGbnf("root ::= s\ns ::= \"a\" s s | \"a\" s | \"a\"").automaton());
        int state = states.start();
        for (int i = 0; i < 300; i++) {
            state = states.step(state, (byte) 'a');
        }
        assertTrue(states.isComplete(state));
        assertTrue(states.count() < 5000, "states " + states.count());
    }

    private static int[] allowed(GrammarConstraint constraint, TokenVocabulary vocabulary) {
        return java.util.stream.IntStream.range(0, vocabulary.size())
                .filter(constraint::allows)
                .toArray();
    }

    private static int[] bits(long[] mask, TokenVocabulary vocabulary) {
        return java.util.stream.IntStream.range(0, vocabulary.size())
                .filter(token -> (mask[token >> 6] >> token & 1) != 0)
                .toArray();
    }

    private static int byteToken(TokenVocabulary vocabulary, byte value) {
        for (int token = 0; token < vocabulary.size(); token++) {
            if (vocabulary.piece(token).length == 1 && vocabulary.piece(token)[0] == value) {
                return token;
            }
        }
        throw new AssertionError(value);
    }

    private static TokenVocabulary randomVocabulary(SplittableRandom random) {
        List<String> parts = List.of("a", "b", "x", "y", "é", "🙂", "\"", "\\", "{", "}", "[", "]", ",", ":", "1", "20", "yes", "n", "o", "ab");
        Set<String> tokens = new LinkedHashSet<>(List.of(""));
        for (int i = 0; i < 80; i++) {
            var token = new StringBuilder();
            for (int part = 1 + random.nextInt(4); part > 0; part--) {
                token.append(parts.get(random.nextInt(parts.size())));
            }
            tokens.add(token.toString());
        }
        return vocabulary(List.copyOf(tokens), true);
    }

    private static TokenVocabulary vocabulary(List<String> tokens, boolean allBytes) {
        List<byte[]> pieces = new ArrayList<>();
        tokens.forEach(token -> pieces.add(token.getBytes(StandardCharsets.UTF_8)));
        for (int value = 0; allBytes && value < 256; value++) {
            pieces.add(new byte[] {(byte) value});
        }
        return TokenVocabulary.of(pieces.toArray(byte[][]::new), Set.of(END));
    }
}
