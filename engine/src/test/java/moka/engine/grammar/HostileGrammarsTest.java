package moka.engine.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Grammars and schemas made to cost much: they are handled in bounded memory, or refused with one line. */
@Timeout(60) // a hang is a failure; none takes more than a second or two alone
class HostileGrammarsTest {
    private static final TokenVocabulary BYTES = TokenVocabulary.of(
            IntStream.range(0, 257).mapToObj(id -> id == 0 ? new byte[0] : new byte[] {(byte) (id - 1)}).toArray(byte[][]::new), Set.of(0));

    @Test
    void nestedRepeatsOfNothingEnd() {
        assertAccepts("root ::= " + "(".repeat(200) + "\"a\"" + ")*".repeat(200), "a".repeat(1000));
        assertAccepts("root ::= (((\"a\"?){0,40}){0,40}){0,40}", "a".repeat(1000));
        assertAccepts("root ::= (\"a\"?){2000}", "a".repeat(1000));
        assertAccepts(rules(300, i -> "(\"a\" | \"ab\" | \"b\")*") + "\nroot ::= " + names(300, " "), "ab".repeat(300));
    }

    @Test
    void hugeCountsAreRefused() {
        assertRefused("root ::= ((\"a\"{2000}){1000}){1000}", "line 1, column 1: found a rule of more than 2000000 items");
        assertRefused("root ::= \"a\"{100000}", "found 100000 repeats");
        assertRefused("root ::= \"" + "a".repeat(3_000_000) + "\"", "more than 2000000 items");
    }

    @Test
    void deepGroupsAreRefused() {
        assertRefused("root ::= " + "(".repeat(100_000) + "\"a\"" + ")".repeat(100_000), "found more than 256 groups in each other");
        assertSchemaRefused("{\"type\":\"string\",\"pattern\":\"" + "(".repeat(20_000) + "a" + ")".repeat(20_000) + "\"}",
                "more than 100 groups in each other");
        assertSchemaRefused("{\"items\":".repeat(10_000) + "{}" + "}".repeat(10_000), "nesting of at most 400 levels");
    }

    @Test
    void ambiguousRulesStaySmall() {
        assertAccepts("root ::= \"a\" root root | \"a\" root | \"a\"", "a".repeat(2000));
        assertAccepts("root ::= \"a\" root \"b\" | \"a\" root | \"c\"", "a".repeat(2000) + "c" + "b".repeat(1000));
        assertAccepts("root ::= s \"1\" | \"a\" s \"2\"\ns ::= \"a\" s \"b\" | \"c\"", "a".repeat(2000) + "c" + "b".repeat(1999) + "2");
        assertAccepts("root ::= [ab]* \"a\" [ab]{51}", "ab".repeat(500));
    }

    @Test
    void tenThousandRulesAreHandled() {
        assertAccepts(chain(i -> "r" + i), "a");
        assertAccepts(chain(i -> "r" + i + " \"z\""), "a" + "z".repeat(9999));
        assertAccepts(chain(i -> "\"a\" r" + i + " \"z\""), "a".repeat(10_000) + "z".repeat(9999));
        assertAccepts(rules(10_000, i -> "\"a" + i + ".\"") + "\nroot ::= (" + names(10_000, " | ") + ")*", "a12.a9999.a777.");
    }

    @Test
    void whatCanBeReadInTooManyWaysIsRefused() {
        Grammar palindromes = Grammar.ofGbnf("root ::= \"a\" root \"a\" | \"b\" root \"b\" | \"a\" | \"b\"");
        assertTrue(palindromes.accepts("ab".repeat(200) + "a"));
        assertFalse(palindromes.accepts("ab".repeat(2000)));
        Grammar crossing = Grammar.ofGbnf(chain(i -> "r" + i + " \"z\" | \"a\""));
        var refusal = assertThrows(GrammarException.class, () -> follow(crossing, "a" + "z".repeat(9000)));
        assertOneLine(refusal.getMessage(), "can be read in too many ways");
    }

    @Test
    void nestingHasNoLimitAndNoDeadEnd() {
        Grammar brackets = Grammar.ofGbnf("root ::= \"[\" (root (\",\" root)*)? \"]\"");
        assertTrue(brackets.accepts("[".repeat(50_000) + "]".repeat(50_000)));
        assertFalse(brackets.accepts("[".repeat(50_000) + "]".repeat(49_999)));
        follow(brackets, "[".repeat(3000) + "]".repeat(3000));
        follow(Grammar.ofJsonSchema("{}"), "[{\"a\":".repeat(3000) + "1" + "}]".repeat(3000));
    }

    @Test
    void alternativesOfSchemasDoNotMultiply() {
        String fibonacci = IntStream.range(0, 60)
                .mapToObj(i -> "\"d" + i + "\":" + (i > 57
                        ? "{\"type\":\"string\"}"
                        : "{\"title\":\"t\",\"anyOf\":[{\"$ref\":\"#/$defs/d" + (i + 1) + "\"},{\"$ref\":\"#/$defs/d" + (i + 2) + "\"}]}"))
                .collect(Collectors.joining(","));
        assertTrue(Grammar.ofJsonSchema("{\"$defs\":{" + fibonacci + "},\"$ref\":\"#/$defs/d0\"}").accepts("\"x\""));
        assertSchemaRefused("{\"allOf\":[" + IntStream.range(0, 30)
                .mapToObj(i -> "{\"anyOf\":[{\"minLength\":" + i + "},{\"maxLength\":" + (i + 50) + "}]}")
                .collect(Collectors.joining(",")) + "]}", "more than 1000 combinations");
    }

    @Test
    void largeSchemasAreHandled() {
        assertTrue(Grammar.ofJsonSchema("{\"enum\":[" + listed(5000, i -> "\"v" + i + "\"") + "],\"minLength\":2}").accepts("\"v1234\""));
        String properties = listed(1000, i -> "\"v" + i + "\":{\"type\":\"integer\"}");
        follow(Grammar.ofJsonSchema("{\"properties\":{" + properties + "}}"), "{\"v5\":1,\"v900\":3,\"zz\":[]}");
        follow(Grammar.ofJsonSchema("{\"type\":\"string\",\"maxLength\":100000}"), "\"" + "abc".repeat(300) + "\"");
        assertSchemaRefused("{\"type\":\"string\",\"pattern\":\"^((a{1,100}){1,100}){1,100}$\"}", "#/pattern: pattern ^((a{1,100}){1,100}){1,100}$: its repeats");
        assertSchemaRefused("{\"type\":\"number\",\"maximum\":1e999999999}", "a number of at most 1000 digits");
        assertSchemaRefused("{\"type\":\"string\",\"allOf\":[{\"pattern\":\"a.{15}$\"},{\"pattern\":\"^.{15}b\"},{\"pattern\":\"c.{12}d\"}]}",
                "more than 20000 states together");
    }

    @Test
    void patternsWithALengthTakeABoundedTime() {
        String characters = IntStream.range(0x4E00, 0x4E00 + 12_000).mapToObj(Character::toString).collect(Collectors.joining());
        assertSchemaRefused("{\"pattern\":\"^(" + characters + ")\",\"minLength\":2000}", "are too much work together");
        assertSchemaRefused("{\"pattern\":\"" + characters.repeat(2) + "\",\"minLength\":2}", "more than 20000 characters");
    }

    private static String chain(IntFunction<String> body) {
        return "root ::= r0\n" + rules(9999, i -> body.apply(i + 1)) + "\nr9999 ::= \"a\"";
    }

    private static String rules(int count, IntFunction<String> body) {
        return IntStream.range(0, count).mapToObj(i -> "r" + i + " ::= " + body.apply(i)).collect(Collectors.joining("\n"));
    }

    private static String names(int count, String separator) {
        return IntStream.range(0, count).mapToObj(i -> "r" + i).collect(Collectors.joining(separator));
    }

    private static String listed(int count, IntFunction<String> one) {
        return IntStream.range(0, count).mapToObj(one).collect(Collectors.joining(","));
    }

    private static void assertAccepts(String gbnf, String text) {
        Grammar grammar = Grammar.ofGbnf(gbnf);
        assertTrue(grammar.accepts(text), () -> String.valueOf(grammar.check(text)));
        follow(grammar, text.substring(0, Math.min(500, text.length())));
    }

    /** Takes a text byte by byte, with the mask before each. */
    private static void follow(Grammar grammar, String text) {
        GrammarConstraint constraint = new TokenGrammar(grammar, BYTES).newConstraint();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            int token = (bytes[i] & 0xff) + 1;
            assertTrue((constraint.mask()[token >> 6] >> token & 1) != 0, "byte " + i);
            assertTrue(constraint.accept(token));
        }
        assertTrue(Arrays.stream(constraint.mask()).anyMatch(word -> word != 0));
    }

    private static void assertRefused(String gbnf, String message) {
        var refusal = assertThrows(GrammarException.class, () -> Grammar.ofGbnf(gbnf));
        assertOneLine(refusal.getMessage(), message);
    }

    private static void assertSchemaRefused(String schema, String message) {
        var refusal = assertThrows(GrammarException.class, () -> Grammar.ofJsonSchema(schema));
        assertOneLine(refusal.getMessage(), message);
    }

    private static void assertOneLine(String found, String wanted) {
        assertTrue(found.contains(wanted), found);
        assertEquals(1, found.lines().count());
        assertTrue(found.length() < 300, found);
    }
}
