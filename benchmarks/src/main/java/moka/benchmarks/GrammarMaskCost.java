package moka.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import moka.engine.grammar.Grammar;
import moka.engine.grammar.GrammarConstraint;
import moka.engine.grammar.TokenGrammar;
import moka.engine.grammar.TokenVocabulary;
import moka.gguf.GgufFile;
import moka.tokenizer.Tokenizer;

/**
 * What holding an answer to a grammar costs a token: texts are taken token by token, with the whole mask built before each one, which is more
 * than sampling asks for as a rule. Not a JMH benchmark because single steps matter: the slowest ones are printed with the text before
 * them. Three rounds: the first answer of the program, where nothing is compiled; the first answer under a grammar in a warm program; the next
 * answer under the same grammar. Times are CPU times of the thread, so that what else runs on the machine, the collector and the compiler included,
 * is not in them.
 *
 * <p>{@code GrammarMaskCost VOCABULARY.gguf}
 */
public final class GrammarMaskCost {
    private static final int WARM_UP_ANSWERS = 20;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private GrammarMaskCost() {}

    /** @param grammar made anew for every round */
    private record Case(Supplier<Grammar> grammar, String text) {}

    public static void main(String[] arguments) throws IOException {
        Tokenizer tokenizer;
        try (GgufFile file = GgufFile.open(Path.of(arguments[0]))) {
            tokenizer = Tokenizer.of(file.metadata());
        }
        long start = nanos();
        TokenVocabulary vocabulary = TokenVocabulary.of(tokenizer);
        System.out.printf(Locale.ROOT, "vocabulary of %d tokens: %.0f ms cold", vocabulary.size(), (nanos() - start) / 1e6);
        for (int i = 0; i < 5; i++) {
            start = nanos();
            TokenVocabulary.of(tokenizer);
        }
        System.out.printf(Locale.ROOT, ", %.0f ms warm%n", (nanos() - start) / 1e6);
        System.out.printf("%-22s %-14s %8s %9s %9s %9s %9s   %s%n",
                "grammar", "answer", "tokens", "compile", "mean us", "p99 us", "max us", "before the slowest mask");
        Map<String, Case> cases = cases();
        if (arguments.length > 1) {
            cases.keySet().retainAll(Arrays.asList(arguments).subList(1, arguments.length));
        }
        for (var entry : cases.entrySet()) {
            measure(entry.getKey(), entry.getValue(), tokenizer, vocabulary);
        }
    }

    private static long nanos() {
        return THREADS.getCurrentThreadCpuTime();
    }

    private static void measure(String name, Case what, Tokenizer tokenizer, TokenVocabulary vocabulary) {
        int[] tokens = tokenizer.encode(what.text, false, false);
        answer(name, "cold", what.grammar, tokens, tokenizer, vocabulary);
        for (int i = 0; i < WARM_UP_ANSWERS; i++) {
            TokenGrammar warm = new TokenGrammar(what.grammar.get(), vocabulary);
            run(warm.newConstraint(), tokens);
        }
        TokenGrammar bound = answer(name, "first, warm", what.grammar, tokens, tokenizer, vocabulary);
        print(name, "next", 0, run(bound.newConstraint(), tokens), tokens, tokenizer);
    }

    private static TokenGrammar answer(
            String name, String round, Supplier<Grammar> grammar, int[] tokens, Tokenizer tokenizer, TokenVocabulary vocabulary) {
        long start = nanos();
        TokenGrammar bound = new TokenGrammar(grammar.get(), vocabulary);
        long compiled = nanos() - start;
        print(name, round, compiled, run(bound.newConstraint(), tokens), tokens, tokenizer);
        return bound;
    }

    /** Nanoseconds of mask and accept for each token, and of the mask at the end. */
    private static long[] run(GrammarConstraint constraint, int[] tokens) {
        long[] nanos = new long[tokens.length + 1];
        for (int i = 0; i <= tokens.length; i++) {
            long start = nanos();
            long[] mask = constraint.mask();
            if (i < tokens.length) {
                boolean allowed = (mask[tokens[i] >> 6] >> tokens[i] & 1) != 0;
                if (!constraint.accept(tokens[i]) || !allowed) {
                    throw new IllegalStateException("token " + i + " of the text is not allowed");
                }
            }
            nanos[i] = nanos() - start;
        }
        return nanos;
    }

    private static void print(String name, String round, long compiled, long[] nanos, int[] tokens, Tokenizer tokenizer) {
        int slowest = IntStream.range(0, nanos.length).reduce((a, b) -> nanos[a] >= nanos[b] ? a : b).orElseThrow();
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        String before = tokenizer.decode(Arrays.copyOfRange(tokens, Math.max(0, slowest - 4), slowest), false, false);
        System.out.printf(Locale.ROOT, "%-22s %-14s %8d %6.1f ms %9.0f %9.0f %9.0f   %s%n",
                name, round, tokens.length, compiled / 1e6, Arrays.stream(nanos).average().orElseThrow() / 1e3,
                sorted[(int) (0.99 * (sorted.length - 1))] / 1e3, nanos[slowest] / 1e3, slowest == 0 ? "(start)" : before.replace("\n", "\\n"));
    }

    private static Map<String, Case> cases() {
        Map<String, Case> cases = new LinkedHashMap<>();
        String person = "{\"name\": \"Ada Lovelace\", \"age\": 36, \"notes\": \"" + prose(60) + "\", \"tags\": [\"maths\", \"engines\"]}";
        cases.put("person", new Case(
                schema("{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\",\"minimum\":0},"
                        + "\"notes\":{\"type\":\"string\"},\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},"
                        + "\"required\":[\"name\",\"age\",\"notes\",\"tags\"],\"additionalProperties\":false}"), person));
        cases.put("200 required", new Case(schema(properties(200, true, false)), object(200, 1)));
        cases.put("200 optional", new Case(schema(properties(200, false, false)), object(200, 3)));
        cases.put("200 optional, open", new Case(schema(properties(200, false, true)), object(200, 3)));
        cases.put("any json", new Case(schema("{}"), object(100, 1)));
        cases.put("maxLength 300", new Case(
                schema("{\"type\":\"object\",\"properties\":{\"t\":{\"type\":\"string\",\"maxLength\":300},\"u\":{\"type\":\"string\",\"minLength\":10}},"
                        + "\"required\":[\"t\",\"u\"],\"additionalProperties\":false}"),
                "{\"t\": \"" + prose(40) + "\", \"u\": \"" + prose(40) + "\"}"));
        cases.put("patterns", new Case(
                schema("{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"pattern\":\"^[A-Z]{2}-[0-9]{4,8}$\"},"
                        + "\"word\":{\"type\":\"string\",\"pattern\":\"^[a-z ]+$\"},\"when\":{\"type\":\"string\",\"format\":\"date-time\"}},"
                        + "\"required\":[\"id\",\"word\",\"when\"],\"additionalProperties\":false}}"),
                "[" + "{\"id\": \"AB-12345\", \"word\": \"the quick brown fox\", \"when\": \"2024-02-29T12:30:00Z\"},".repeat(8)
                        + "{\"id\": \"XY-1234\", \"word\": \"end\", \"when\": \"2024-02-29T12:30:00+01:00\"}]"));
        cases.put("enum of 1000", new Case(schema(enumeration(1000)), "[\"value 17\", \"value 930\", \"value 44\", \"value 999\"]"));
        cases.put("json.gbnf", new Case(() -> Grammar.ofGbnf("""
                root ::= object
                value ::= object | array | string | number | ("true" | "false" | "null") ws
                object ::= "{" ws (string ":" ws value ("," ws string ":" ws value)*)? "}" ws
                array ::= "[" ws (value ("," ws value)*)? "]" ws
                string ::= "\\"" ([^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}))* "\\"" ws
                number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
                ws ::= | " " | "\\n" [ \\t]{0,20}
                """), object(60, 1)));
        cases.put("free text, then json", new Case(() -> Grammar.ofGbnf("""
                root ::= [^{]* "{" [^}]* "}"
                """), prose(80) + "{\"a\": 1}"));
        cases.put("words", new Case(() -> Grammar.ofGbnf("root ::= [A-Za-z]+ (\" \" [A-Za-z]+)* \".\""), prose(80).replaceAll("[^A-Za-z ]", "") + "."));
        return cases;
    }

    private static Supplier<Grammar> schema(String json) {
        return () -> Grammar.ofJsonSchema(json);
    }

    private static String properties(int count, boolean required, boolean open) {
        String members = String.join(",", IntStream.range(0, count).mapToObj(i -> "\"" + key(i) + "\":" + switch (i % 5) {
            case 0 -> "{\"type\":\"string\"}";
            case 1 -> "{\"type\":\"integer\"}";
            case 2 -> "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}";
            case 3 -> "{\"type\":\"object\",\"properties\":{\"on\":{\"type\":\"boolean\"},\"level\":{\"type\":\"number\"}},\"additionalProperties\":false}";
            default -> "{\"enum\":[\"low\",\"middle\",\"high\"]}";
        }).toList());
        String names = String.join(",", IntStream.range(0, count).mapToObj(i -> "\"" + key(i) + "\"").toList());
        return "{\"type\":\"object\",\"properties\":{" + members + "}" + (required ? ",\"required\":[" + names + "]" : "")
                + (open ? "" : ",\"additionalProperties\":false") + "}";
    }

    private static String object(int count, int step) {
        return "{" + String.join(", ", IntStream.range(0, count).filter(i -> i % step == 0).mapToObj(i -> "\"" + key(i) + "\": " + switch (i % 5) {
            case 0 -> "\"" + prose(6) + "\"";
            case 1 -> "" + (i * 37 - 400);
            case 2 -> "[\"one\", \"" + prose(3) + "\"]";
            case 3 -> "{\"on\": true, \"level\": -3.25e2}";
            default -> "\"middle\"";
        }).toList()) + "}";
    }

    private static String key(int i) {
        String[] words = {"name", "count", "labels", "switch", "priority", "street", "width", "owners", "panel", "mode"};
        return words[i % 10] + (i < 10 ? "" : "_" + i / 10);
    }

    private static String enumeration(int count) {
        return "{\"type\":\"array\",\"items\":{\"enum\":["
                + String.join(",", IntStream.range(0, count).mapToObj(i -> "\"value " + i + "\"").toList()) + "]}}";
    }

    private static String prose(int words) {
        String[] some = {"The", "engine", "weaves", "algebraic", "patterns", "just", "as", "the", "loom", "weaves", "flowers", "and", "leaves;",
            "nothing", "is", "lost,", "café", "naïve", "über", "it", "said."};
        return String.join(" ", IntStream.range(0, words).mapToObj(i -> some[i % some.length]).toList());
    }
}
