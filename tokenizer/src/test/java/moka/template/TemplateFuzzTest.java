package moka.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import moka.template.jinja.builtin.Filters;
import moka.template.jinja.builtin.Globals;
import moka.testing.SharedData;
import moka.tokenizer.Tokenizer.Segment;
import org.junit.jupiter.api.Test;

/** Templates at random and published ones with damage: whatever they are, they render or end as a TemplateException of one line. */
class TemplateFuzzTest {
    /** More with {@code -Dmoka.fuzz.rounds=…}. */
    private static final int ROUNDS = Integer.getInteger("moka.fuzz.rounds", 4000);

    private static final TemplateOptions OPTIONS = TemplateOptions.DEFAULT
            .withNow(() -> LocalDateTime.of(2026, 1, 15, 12, 34, 56))
            .withLimits(20_000, 100_000, Duration.ofSeconds(5));

    private static final List<String> ATOMS = List.of(
            "0", "1", "-1", "2", "3.5", "1e400", "99999999999999999999", "'abc'", "''", "'a b\\nc'", "'é😀'", "'<&>'", "'%s %d %5.2f %c %%'", "'{} {0} {x:>5}'", "true",
            "false", "none", "x", "nothing", "messages", "messages[0]", "messages[0].content", "tools", "[]", "[1, 2, 3]", "['b', 'A', 'c']", "[[1, 2], [3, 4]]", "{}",
            "{'a': 1, 'b': [2]}", "{1: 2, (1, 2): 3}", "()", "(1,)", "range(3)", "namespace(a=1)", "dict(a=1)", "ns", "ns.a", "loop", "loop.index", "caller", "varargs", "kwargs", "self",
            "cycler('a', 'b')", "joiner()", "m", "l", "big", "('a'|safe)", "'x'.encode()", "{'a': 1}.items()", "[3, 1]|map('string')");
    private static final List<String> BINARY = List.of(
            "+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not in");
    private static final List<String> TESTS = List.of(
            "defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "true", "false", "sequence", "mapping", "iterable", "callable", "sameas", "odd", "even",
            "divisibleby", "in", "eq", "ne", "lt", "gt", "le", "ge", "lower", "upper", "escaped", "filter", "test", "equalto");
    private static final List<String> FILTERS = Filters.names().stream().sorted().toList();
    private static final List<String> METHODS = List.of(
            "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "join", "replace", "upper", "lower", "title", "capitalize", "startswith", "endswith", "find", "rfind", "index", "count",
            "format", "format_map", "center", "ljust", "rjust", "zfill", "expandtabs", "partition", "rpartition", "removeprefix", "removesuffix", "isdigit", "isalpha", "isspace", "swapcase",
            "casefold", "encode", "decode", "translate", "maketrans", "append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort", "copy", "keys", "values", "items", "get",
            "update", "setdefault", "popitem", "next", "reset", "current", "hex", "bit_length", "__class__", "__init__", "is_integer", "fromkeys", "as_integer_ratio");

    private final SplittableRandom random = new SplittableRandom(20260115);
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private final List<String> crashes = new ArrayList<>();

    @Test
    void endsRandomExpressions() {
        for (int i = 0; i < 3 * ROUNDS; i++) {
            check("{% set ns = namespace(a=1, s='q') %}{% set l = [1, 'a'] %}{% set big = 7 ** 300 %}{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ "
                    + expression(4) + " }}");
        }
        done("random expressions");
    }

    @Test
    void endsRandomTemplates() {
        for (int i = 0; i < ROUNDS; i++) {
            check(statements(2));
        }
        done("random templates");
    }

    @Test
    void endsDamagedPublishedTemplates() throws IOException {
        Path folder = SharedData.require("public/chat-templates");
        List<JsonObject> index = SharedData.objects(folder.resolve("index.jsonl"));
        var sources = new ArrayList<String>();
        for (JsonObject entry : index) {
            sources.add(Files.readString(folder.resolve("templates/" + entry.get("name").getAsString() + ".jinja")));
        }
        for (int i = 0; i < ROUNDS; i++) {
            check(damaged(sources.get(random.nextInt(sources.size())), sources));
        }
        done("damaged published templates");
    }

    private void check(String template) {
        String outcome;
        try {
            List<Segment> segments = ChatTemplate.parse("fuzz", template, OPTIONS).renderContextToSegments(context());
            assertTrue(segments.stream().noneMatch(segment -> segment.text().isEmpty()), "no empty segments");
            outcome = "rendered";
        } catch (TemplateException ended) {
            outcome = ended.kind().name();
            boolean oneLine = ended.kind() == TemplateException.Kind.RAISE || ended.getMessage().lines().count() == 1;
            if (!oneLine || ended.getMessage().length() > 5000) {
                crashes.add("message of several lines or thousands of letters: " + ended.getMessage() + "\n  from " + template);
            }
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError crash) {
            outcome = crash.getClass().getSimpleName();
            crashes.add(crash + " at " + (crash.getStackTrace().length > 0 ? crash.getStackTrace()[0] : "?") + "\n  from " + template);
        }
        outcomes.merge(outcome, 1, Integer::sum);
    }

    private void done(String title) {
        System.out.println("fuzz, " + title + ": " + outcomes);
        assertEquals("", crashes.stream().limit(8).collect(Collectors.joining("\n")));
        assertTrue(outcomes.getOrDefault("rendered", 0) > ROUNDS / 100, "enough of them render for the test to mean something");
    }

    private static Map<String, Object> context() {
        return Map.of(
                "x", "Some <text>\n 12", "add_generation_prompt", true, "bos_token", "<s>", "eos_token", "</s>",
                "messages", List.of(
                        Map.of("role", "system", "content", "Be brief."), Map.of("role", "user", "content", "Hello 😀"),
                        Map.of("role", "assistant", "content", "Hi", "tool_calls", List.of(
                                Map.of("type", "function", "id", "abcdefghi", "function", Map.of("name", "f", "arguments", Map.of("a", 1L, "b", 2.5))))),
                        Map.of("role", "tool", "content", "4", "name", "f", "tool_call_id", "abcdefghi"), Map.of("role", "user", "content", "Bye")),
                "tools", List.of(Map.of("type", "function", "function", Map.of(
                        "name", "f", "description", "d", "parameters", Map.of("type", "object", "properties", Map.of("a", Map.of("type", "integer")))))));
    }

    private String expression(int depth) {
        if (depth == 0 || random.nextInt(8) == 0) {
            return one(ATOMS);
        }
        return switch (random.nextInt(12)) {
            case 0, 1 -> operand(depth - 1) + " " + one(BINARY) + " " + operand(depth - 1);
            case 2, 3 -> operand(depth - 1) + "|" + one(FILTERS) + arguments(depth - 1, false);
            case 4 -> operand(depth - 1) + " is " + (random.nextBoolean() ? "" : "not ") + one(TESTS) + (random.nextBoolean() ? "" : "(" + one(ATOMS) + ")");
            case 5, 6 -> operand(depth - 1) + "." + one(METHODS) + arguments(depth - 1, true);
            case 7 -> operand(depth - 1) + "[" + operand(depth - 1) + "]";
            case 8 -> operand(depth - 1) + "[" + maybe(depth) + ":" + maybe(depth) + (random.nextBoolean() ? "" : ":" + maybe(depth)) + "]";
            case 9 -> "(" + operand(depth - 1) + (random.nextInt(3) == 0 ? ", " + operand(depth - 1) : "") + ")";
            case 10 -> operand(depth - 1) + " if " + operand(depth - 1) + (random.nextBoolean() ? "" : " else " + operand(depth - 1));
            default -> one(List.of("-", "not ", "+")) + operand(depth - 1);
        };
    }

    /** An expression that mostly holds together whatever stands around it. */
    private String operand(int depth) {
        return depth > 0 && random.nextInt(8) > 0 ? "(" + expression(depth) + ")" : expression(depth);
    }

    private String maybe(int depth) {
        return random.nextInt(3) == 0 ? "" : expression(Math.min(1, depth - 1));
    }

    private String arguments(int depth, boolean required) {
        if (!required && random.nextBoolean()) {
            return "";
        }
        var arguments = new StringBuilder("(");
        boolean named = false;
        for (int i = random.nextInt(4); i > 0; i--) {
            arguments.append(arguments.length() > 1 ? ", " : "");
            named |= random.nextInt(6) == 0;
            arguments.append(
                    switch (named ? 0 : 1 + random.nextInt(7)) {
                        case 0 -> one(List.of("attribute", "width", "indent", "default", "reverse", "sep", "start", "k", "length", "case_sensitive", "by")) + (i > 1 ? i : "") + "=";
                        case 1 -> i == 1 ? one(List.of("*", "**")) : "";
                        default -> "";
                    });
            arguments.append(expression(Math.min(depth, 1)));
        }
        return arguments.append(")").toString();
    }

    private String statements(int depth) {
        var out = new StringBuilder();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            out.append(statement(depth));
        }
        return out.toString();
    }

    private String statement(int depth) {
        if (depth == 0) {
            return random.nextBoolean() ? "text \n" : "{{ " + expression(2) + " }}";
        }
        String e = "(" + expression(2) + ")";
        String body = statements(depth - 1);
        return switch (random.nextInt(40)) {
            case 0, 16, 17 -> "{% if " + e + " %}" + body + (random.nextBoolean() ? "" : "{% else %}" + statements(depth - 1)) + "{% endif %}";
            case 1, 18, 19 -> "{% for x in " + e + " %}" + body + "{% endfor %}";
            case 2 -> "{% for a, b in " + e + " if a %}" + body + "{% else %}none{% endfor %}";
            case 3 -> "{% for x in " + e + " recursive %}{{ loop(" + expression(1) + ") }}" + body + "{% endfor %}";
            case 4, 20, 21, 22 -> "{% set " + one(List.of("x", "l", "ns.a", "a, b", "loop")) + " = " + e + " %}";
            case 5 -> "{% set x %}" + body + "{% endset %}";
            case 6 -> "{% set x | " + one(FILTERS) + " %}" + body + "{% endset %}";
            case 7 -> "{% macro m(a, b=" + expression(1) + ") %}" + body + "{{ a }}{{ caller }}{% endmacro %}{{ m(" + expression(1) + ") }}";
            case 8 -> "{% call(x) m(" + expression(1) + ") %}" + body + "{% endcall %}";
            case 9 -> "{% filter " + one(FILTERS) + " %}" + body + "{% endfilter %}";
            case 10 -> "{% with x = " + e + " %}" + body + "{% endwith %}";
            case 11 -> "{%- generation -%}" + body + "{%- endgeneration +%}";
            case 12 -> "{# " + body + " #}";
            case 13 -> "{% " + one(List.of("break", "continue", "endfor", "else", "autoescape true", "include 'a'", "block q", "endraw", one(Globals.names()))) + " %}";
            case 14 -> "{% autoescape " + expression(1) + " %}" + body + "{% endautoescape %}";
            default -> "{{- " + e + " -}}" + body;
        };
    }

    private String damaged(String source, List<String> others) {
        var out = new StringBuilder(source);
        for (int i = 1 + random.nextInt(2); i > 0 && !out.isEmpty(); i--) {
            int at = random.nextInt(out.length());
            int end = Math.min(out.length(), at + 1 + random.nextInt(30));
            switch (random.nextInt(7)) {
                case 0 -> out.delete(at, end);
                case 1 -> out.insert(at, out.substring(at, end));
                case 2 -> out.setCharAt(at, (char) (32 + random.nextInt(95)));
                case 3 -> out.insert(at, expression(2));
                case 4 -> out.insert(at, statement(1));
                case 5 -> {
                    String other = one(others);
                    int from = random.nextInt(other.length());
                    out.insert(at, other.substring(from, Math.min(other.length(), from + 40)));
                }
                default -> out.setLength(at);
            }
        }
        return out.toString();
    }

    private <T> T one(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
