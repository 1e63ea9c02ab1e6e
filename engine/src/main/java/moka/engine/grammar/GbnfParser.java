package moka.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.engine.grammar.Expression.Characters;
import moka.engine.grammar.Expression.Reference;
import moka.engine.grammar.Expression.Repeat;
import moka.engine.grammar.Expression.Sequence;
import moka.engine.grammar.Expression.Text;
import moka.engine.grammar.Expression.Token;
import moka.engine.grammar.Expression.TokenName;

/**
 * Reads GBNF, the grammar notation of llama.cpp, by recursive descent:
 *
 * <pre>
 * file        = rule*                                       comments: # to the end of the line
 * rule        = name "::=" choice (newline | end)           name: letters, digits and -
 * choice      = sequence ("|" sequence)*
 * sequence    = (item ("*" | "+" | "?" | "{" min ("," max?)? "}")*)*
 * item        = "text" | [class] | . | name | "(" choice ")" | &lt;token> | &lt;[id]> | !&lt;token> | !&lt;[id]>
 * </pre>
 *
 * A line break ends a rule unless it follows {@code ::=} or {@code |} or stands in parentheses. Escapes: {@code \n \r \t \\ \" \[ \] \-
 * \xHH \\uHHHH \UHHHHHHHH}. Whatever is wrong is refused with its line and column.
 */
final class GbnfParser {
    private static final int DEEPEST_GROUP = 256;
    private static final int MOST_FORCED_REPEATS = 2000;
    private static final int MOST_REPEATS = 1_000_000;
    private static final long LARGEST_RULE = 2_000_000; // automaton nodes when all repeats are written out

    private final String text;
    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private final Map<String, Integer> references = new LinkedHashMap<>(); // rule name to the place of its first use
    private int at;
    private int depth;

    private GbnfParser(String text) {
        this.text = text;
    }

    /** The rules by name, in order. @throws GrammarException if the text is not GBNF, or uses a rule that it does not define */
    static Map<String, Expression> parse(String text) {
        GbnfParser parser = new GbnfParser(text);
        parser.file();
        return parser.rules;
    }

    private void file() {
        space(true);
        while (at < text.length()) {
            rule();
        }
        if (rules.isEmpty()) {
            throw error(at, "no rule", "a rule such as root ::= \"yes\" | \"no\"");
        }
        references.forEach((name, place) -> {
            if (!rules.containsKey(name)) {
                throw error(place, "rule '" + name + "', which is not defined", "the name of a rule");
            }
        });
    }

    private void rule() {
        int start = at;
        String name = name();
        if (name.isEmpty()) {
            throw error(at, found(), "the name of a rule (letters, digits and -)");
        }
        space(false);
        if (!text.startsWith("::=", at)) {
            throw error(at, found(), "::= after the rule name '" + name + "'");
        }
        at += 3;
        space(true);
        Expression body = choice(false);
        if (at < text.length() && !atLineBreak()) {
            throw error(at, found(), "an item, | or the end of the line");
        }
        if (Expression.size(body) > LARGEST_RULE) {
            throw error(start, "a rule of more than " + LARGEST_RULE + " items, its repeats written out", "a smaller rule");
        }
        if (rules.putIfAbsent(name, body) != null) {
            throw error(start, "a second definition of rule '" + name + "'", "one definition of each rule");
        }
        space(true);
    }

    private Expression choice(boolean nested) {
        List<Expression> alternatives = new ArrayList<>();
        alternatives.add(sequence(nested));
        while (peek() == '|') {
            at++;
            space(true);
            alternatives.add(sequence(nested));
        }
        return Expression.choice(alternatives);
    }

    private Expression sequence(boolean nested) {
        List<Expression> items = new ArrayList<>();
        int operators = 0; // repeats of the last item
        while (true) {
            int start = at;
            operators = "*+?{".indexOf(peek()) >= 0 ? operators + 1 : 0;
            switch (peek()) {
                case '"' -> items.add(literal());
                case '[' -> items.add(characterClass());
                case '.' -> {
                    at++;
                    items.add(new Characters(CodePoints.ALL));
                }
                case '(' -> items.add(group());
                case '<', '!' -> items.add(token());
                case '*', '+', '?', '{' -> {
                    if (items.isEmpty() || operators > DEEPEST_GROUP) {
                        throw error(at, found(), "an item before it to repeat");
                    }
                    items.add(repeat(items.removeLast()));
                }
                default -> {
                    String name = name();
                    if (name.isEmpty()) {
                        return items.size() == 1 ? items.getFirst() : new Sequence(items);
                    }
                    references.putIfAbsent(name, start);
                    items.add(new Reference(name));
                }
            }
            space(nested);
        }
    }

    private Expression group() {
        int start = at++;
        if (++depth > DEEPEST_GROUP) {
            throw error(start, "more than " + DEEPEST_GROUP + " groups in each other", "fewer");
        }
        space(true);
        Expression inner = choice(true);
        if (peek() != ')') {
            throw error(at, found(), ") for the group that begins at " + place(start));
        }
        at++;
        depth--;
        return inner;
    }

    private Expression repeat(Expression body) {
        char operator = text.charAt(at++);
        return switch (operator) {
            case '*' -> Expression.any(body);
            case '+' -> Expression.some(body);
            case '?' -> Expression.optional(body);
            default -> counted(body);
        };
    }

    private Expression counted(Expression body) {
        int start = at - 1;
        space(false);
        int min = count();
        int max = min;
        space(false);
        if (peek() == ',') {
            at++;
            space(false);
            max = peek() == '}' ? Expression.UNBOUNDED : count();
            space(false);
        }
        if (peek() != '}') {
            throw error(at, found(), max == min ? ", or }" : "}");
        }
        at++;
        if (max != Expression.UNBOUNDED && max < min) {
            throw error(start, "at most " + max + " but at least " + min + " repeats", "a maximum that is not below the minimum");
        }
        if (min > MOST_FORCED_REPEATS || max > MOST_REPEATS) {
            throw error(
                    start,
                    Math.max(min, max) + " repeats",
                    "at least " + MOST_FORCED_REPEATS + " and at most " + MOST_REPEATS + " as the largest bounds");
        }
        return new Repeat(body, min, max);
    }

    private int count() {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (start == at) {
            throw error(at, found(), "a number of repeats");
        }
        if (at - start > 9) {
            throw error(start, text.substring(start, at) + " repeats", "at most " + MOST_REPEATS);
        }
        return Integer.parseInt(text, start, at, 10);
    }

    private Expression literal() {
        int start = at++;
        var content = new StringBuilder();
        while (peek() != '"') {
            content.appendCodePoint(character(start, "\" for the text"));
        }
        at++;
        return new Text(content.toString());
    }

    private Expression characterClass() {
        int start = at++;
        boolean negated = peek() == '^';
        at += negated ? 1 : 0;
        List<CodePoints> ranges = new ArrayList<>();
        while (peek() != ']') {
            int place = at;
            int first = character(start, "] for the class");
            int last = first;
            if (peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']') {
                at++;
                last = character(start, "] for the class");
            }
            if (last < first) {
                throw error(place, "the range " + text.substring(place, at), "a range that does not go backwards");
            }
            ranges.add(CodePoints.range(first, last));
        }
        at++;
        CodePoints set = CodePoints.union(ranges);
        return new Characters(negated ? set.complement() : set);
    }

    /** A code point of a literal or class, escapes resolved. */
    private int character(int start, String closing) {
        if (at >= text.length()) {
            throw error(at, "the end", closing + " that begins at " + place(start));
        }
        int point = text.codePointAt(at);
        at += Character.charCount(point);
        if (point != '\\') {
            if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                throw error(at - 1, "half of a surrogate pair", "a character");
            }
            return point;
        }
        if (at >= text.length()) {
            throw error(at, "the end", "a character after \\");
        }
        char escape = text.charAt(at++);
        return switch (escape) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case '\\', '"', '[', ']', '-' -> escape;
            case 'x' -> hexadecimal(2);
            case 'u' -> hexadecimal(4);
            case 'U' -> hexadecimal(8);
            default ->
                throw error(at - 2, "the escape \\" + escape, "one of \\n \\r \\t \\\\ \\\" \\[ \\] \\- \\x \\u \\U");
        };
    }

    private int hexadecimal(int digits) {
        int start = at;
        long value = 0;
        for (int i = 0; i < digits; i++, at++) {
            int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
            if (digit < 0 || text.charAt(at) > 'f') {
                throw error(at, found(), digits + " hexadecimal digits");
            }
            value = 16 * value + digit;
        }
        if (value > Character.MAX_CODE_POINT || (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE)) {
            throw error(start, text.substring(start, at), "a Unicode character");
        }
        return (int) value;
    }

    private Expression token() {
        int start = at;
        boolean negated = peek() == '!';
        at += negated ? 1 : 0;
        int end = text.indexOf('>', at);
        if (peek() != '<' || end < 0 || end == at + 1) {
            throw error(start, found(), "a token as <text> or <[id]>");
        }
        String inner = text.substring(at + 1, end);
        at = end + 1;
        if (!inner.startsWith("[")) {
            return new Token(new TokenName(-1, "<" + inner + ">"), negated);
        }
        if (!inner.matches("\\[[0-9]{1,9}]")) {
            throw error(start, "the token <" + inner + ">", "a token id such as <[1000]>");
        }
        return new Token(new TokenName(Integer.parseInt(inner, 1, inner.length() - 1, 10), ""), negated);
    }

    private String name() {
        int start = at;
        while (isNameCharacter(peek())) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isNameCharacter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    }

    /** Skips blanks and comments, and line breaks where they do not end the rule. */
    private void space(boolean lineBreaks) {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                while (at < text.length() && !atLineBreak()) {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || (lineBreaks && atLineBreak())) {
                at++;
            } else {
                return;
            }
        }
    }

    private boolean atLineBreak() {
        return text.charAt(at) == '\n' || text.charAt(at) == '\r';
    }

    /** The next character; NUL at the end, which no construct begins with. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private String found() {
        if (at >= text.length()) {
            return "the end";
        }
        String rest = text.substring(at, Math.min(text.length(), at + 12)).lines().findFirst().orElse("");
        return rest.isEmpty() ? "a line break" : "'" + rest + "'";
    }

    private GrammarException error(int position, String found, String expected) {
        return new GrammarException("grammar: " + place(position) + ": found " + found + ", expected " + expected);
    }

    private String place(int position) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < position && i < text.length(); i++) {
            if (text.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        return "line " + line + ", column " + (position - lineStart + 1);
    }
}
