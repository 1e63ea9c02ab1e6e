package moka.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.engine.grammar.Expression.Characters;
import moka.engine.grammar.Expression.Repeat;
import moka.engine.grammar.Expression.Sequence;

/**
 * Reads regular expressions of schemas: ECMA-262 in Unicode mode, as JSON Schema asks for, without what is not regular or not needed: look-around,
 * back references, word boundaries, anchors inside. The result matches whole strings, so that a pattern without anchors has "anything" on both
 * sides. Its characters are those of the string itself, before any JSON escaping.
 */
final class PatternParser {
    private static final int DEEPEST_GROUP = 100;
    private static final long LARGEST = 200_000;
    private static final Expression ANYTHING = Expression.any(new Characters(CodePoints.ALL));
    private static final CodePoints LINE_ENDS = CodePoints.anyOf("\n\r\u2028\u2029");
    private static final CodePoints DIGITS = CodePoints.range('0', '9');
    private static final CodePoints WORD =
            CodePoints.ranges('0', '9', 'A', 'Z', 'a', 'z', '_', '_');
    private static final CodePoints SPACE = CodePoints.anyOf("\t\n\u000B\f\r \u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF")
            .or(CodePoints.range(0x2000, 0x200A));

    private static final int MOST_SHOWN = 60; // characters of a pattern in messages

    private final String pattern;
    private final String path;
    private int at;
    private int depth;

    private PatternParser(String pattern, String path) {
        this.pattern = pattern;
        this.path = path;
    }

    /**
     * The strings that a pattern is found in.
     *
     * @param path of the keyword, for messages
     * @throws GrammarException if it is malformed or uses what is not supported
     */
    static Expression parse(String pattern, String path) {
        PatternParser parser = new PatternParser(pattern, path);
        Expression expression = parser.wholeString();
        if (parser.at < pattern.length()) {
            throw parser.error("found '" + pattern.substring(parser.at) + "', expected the end");
        }
        if (Expression.size(expression) > LARGEST) {
            throw parser.error("its repeats come to more than " + LARGEST + " characters");
        }
        return expression;
    }

    /** Alternatives at the top, where anchors are understood; a group around all of them is looked into. */
    private Expression wholeString() {
        if (groupAroundAll()) {
            openGroup();
            Expression inner = wholeString();
            expectGroupEnd();
            return inner;
        }
        // Those with the same anchors together, so that what stands around them is there once.
        Map<Anchors, List<Expression>> bodies = new LinkedHashMap<>();
        do {
            boolean fromStart = takeAll('^');
            Expression body = sequence();
            boolean toEnd = takeAll('$');
            bodies.computeIfAbsent(new Anchors(fromStart, toEnd), _ -> new ArrayList<>()).add(body);
        } while (take('|'));
        List<Expression> alternatives = new ArrayList<>();
        bodies.forEach((anchors, same) -> alternatives.add(new Sequence(List.of(
                anchors.fromStart ? Expression.EMPTY : ANYTHING,
                Expression.choice(same.stream().distinct().toList()),
                anchors.toEnd ? Expression.EMPTY : ANYTHING))));
        return Expression.choice(alternatives);
    }

    private record Anchors(boolean fromStart, boolean toEnd) {}

    /** Whether a group that begins here ends where the pattern, or the group around it, does. */
    private boolean groupAroundAll() {
        if (peek() != '(') {
            return false;
        }
        int open = 0;
        boolean inClass = false;
        for (int i = at; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '\\') {
                i++;
            } else if (inClass || c == '[') {
                inClass = c != ']';
            } else if (c == '(') {
                open++;
            } else if (c == ')' && --open == 0) {
                return i + 1 == pattern.length() || (pattern.charAt(i + 1) == ')' && depth > 0);
            }
        }
        return false;
    }

    private Expression choice() {
        List<Expression> alternatives = new ArrayList<>();
        do {
            alternatives.add(sequence());
        } while (take('|'));
        return Expression.choice(alternatives);
    }

    private Expression sequence() {
        List<Expression> parts = new ArrayList<>();
        while (at < pattern.length() && peek() != '|' && peek() != ')') {
            if (peek() == '$' && endOfAlternative()) {
                break;
            }
            parts.add(quantified(atom()));
        }
        return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
    }

    private boolean endOfAlternative() {
        int next = at;
        while (next < pattern.length() && pattern.charAt(next) == '$') {
            next++;
        }
        return next == pattern.length() || pattern.charAt(next) == '|' || pattern.charAt(next) == ')';
    }

    private Expression atom() {
        int point = next();
        return switch (point) {
            case '(' -> group();
            case '[' -> new Characters(characterClass());
            case '.' -> new Characters(LINE_ENDS.complement());
            case '\\' -> new Characters(escape(false));
            case '^', '$' -> throw error("the anchor " + (char) point + " inside is not supported");
            case '*', '+', '?' -> throw error("nothing before " + (char) point + " to repeat");
            default -> new Characters(CodePoints.of(point));
        };
    }

    private Expression group() {
        at--;
        openGroup();
        Expression inner = choice();
        if (peek() == '$') {
            throw error("the anchor $ inside is not supported");
        }
        expectGroupEnd();
        return inner;
    }

    private void openGroup() {
        at++;
        if (++depth > DEEPEST_GROUP) {
            throw error("more than " + DEEPEST_GROUP + " groups in each other");
        }
        if (!take('?')) {
            return;
        }
        if (take(':')) {
            return;
        }
        if (take('<') && peek() != '=' && peek() != '!') {
            int end = pattern.indexOf('>', at);
            if (end > at) {
                at = end + 1;
                return;
            }
        }
        throw error("groups of the kind (?" + peek() + " are not supported");
    }

    private void expectGroupEnd() {
        if (!take(')')) {
            throw error("a group is not closed");
        }
        depth--;
    }

    private Expression quantified(Expression atom) {
        Expression result = atom;
        switch (peek()) {
            case '*' -> result = Expression.any(atom);
            case '+' -> result = Expression.some(atom);
            case '?' -> result = Expression.optional(atom);
            case '{' -> {
                return counted(atom);
            }
            default -> {
                return atom;
            }
        }
        at++;
        take('?'); // lazy or not, the strings are the same
        return refuseSecond(result);
    }

    private Expression counted(Expression atom) {
        int start = at++;
        int min = count();
        int max = min;
        if (take(',')) {
            max = peek() == '}' ? Expression.UNBOUNDED : count();
        }
        if (min < 0 || max < Expression.UNBOUNDED || !take('}')) {
            throw error("found '" + pattern.substring(start) + "', expected a count such as {2}, {2,} or {2,4}");
        }
        if (max != Expression.UNBOUNDED && max < min) {
            throw error("at most " + max + " but at least " + min + " repeats");
        }
        take('?');
        return refuseSecond(new Repeat(atom, min, max));
    }

    private Expression refuseSecond(Expression repeat) {
        if (at < pattern.length() && "*+?{".indexOf(peek()) >= 0) {
            throw error("found a second repeat '" + peek() + "' after a repeat");
        }
        return repeat;
    }

    private int count() {
        int start = at;
        while (at < pattern.length() && Character.isDigit(peek()) && peek() <= '9' && at - start < 7) {
            at++;
        }
        return start == at ? -2 : Integer.parseInt(pattern, start, at, 10);
    }

    private CodePoints characterClass() {
        boolean negated = take('^');
        List<CodePoints> members = new ArrayList<>();
        while (!take(']')) {
            int start = at;
            CodePoints first = classAtom();
            if (peek() == '-' && at + 1 < pattern.length() && pattern.charAt(at + 1) != ']') {
                at++;
                CodePoints last = classAtom();
                if (!isSingle(first) || !isSingle(last) || last.first(0) < first.first(0)) {
                    throw error("'" + pattern.substring(start, at) + "' is no range of characters");
                }
                first = CodePoints.range(first.first(0), last.first(0));
            }
            members.add(first);
        }
        CodePoints set = CodePoints.union(members);
        return negated ? set.complement() : set;
    }

    private CodePoints classAtom() {
        if (at >= pattern.length()) {
            throw error("a character class is not closed");
        }
        int point = next();
        return point == '\\' ? escape(true) : CodePoints.of(point);
    }

    private static boolean isSingle(CodePoints set) {
        return set.rangeCount() == 1 && set.first(0) == set.last(0);
    }

    private CodePoints escape(boolean inClass) {
        if (at >= pattern.length()) {
            throw error("nothing after \\");
        }
        int point = next();
        return switch (point) {
            case 'd' -> DIGITS;
            case 'D' -> DIGITS.complement();
            case 'w' -> WORD;
            case 'W' -> WORD.complement();
            case 's' -> SPACE;
            case 'S' -> SPACE.complement();
            case 'n' -> CodePoints.of('\n');
            case 'r' -> CodePoints.of('\r');
            case 't' -> CodePoints.of('\t');
            case 'v' -> CodePoints.of(0x0B);
            case 'f' -> CodePoints.of('\f');
            case 'x' -> CodePoints.of(hexadecimal(2));
            case 'u' -> CodePoints.of(unicodeEscape());
            case 'c' -> CodePoints.of(next() & 0x1F);
            case 'p' -> property();
            case 'P' -> property().complement();
            default -> {
                if (point == 'b' && inClass) {
                    yield CodePoints.of('\b');
                }
                if (point == '0' && !Character.isDigit(peek())) {
                    yield CodePoints.of(0);
                }
                if (point < 0x80 && Character.isLetterOrDigit(point)) {
                    String what = Character.isDigit(point) ? "back reference" : "escape";
                    throw error("the " + what + " \\" + (char) point + " is not supported");
                }
                yield CodePoints.of(point);
            }
        };
    }

    private int unicodeEscape() {
        if (take('{')) {
            int end = pattern.indexOf('}', at);
            if (end < 0 || !pattern.substring(at, end).matches("[0-9a-fA-F]{1,6}")) {
                throw error("\\u{ is not followed by a code point and }");
            }
            int point = Integer.parseInt(pattern, at, end, 16);
            at = end + 1;
            return point;
        }
        int unit = hexadecimal(4);
        if (Character.isHighSurrogate((char) unit) && pattern.startsWith("\\u", at)) {
            at += 2;
            return Character.toCodePoint((char) unit, (char) hexadecimal(4));
        }
        return unit;
    }

    private int hexadecimal(int digits) {
        if (at + digits > pattern.length() || !pattern.substring(at, at + digits).matches("[0-9a-fA-F]+")) {
            throw error("an escape lacks its " + digits + " hexadecimal digits");
        }
        at += digits;
        return Integer.parseInt(pattern, at - digits, at, 16);
    }

    /** {@code \p{L}}, {@code \p{Lu}}, {@code \p{gc=Nd}}: general categories. */
    private CodePoints property() {
        int end = pattern.indexOf('}', at);
        if (!take('{') || end < 0) {
            throw error("\\p is not followed by a property in braces");
        }
        String name = pattern.substring(at, end);
        at = end + 1;
        String category = name.replaceFirst("^(gc|General_Category)=", "");
        CodePoints set = GeneralCategory.named(category);
        if (set.isEmpty()) {
            throw error("the property \\p{" + name + "} is not supported: only general categories such as \\p{L} are");
        }
        return set;
    }

    private int next() {
        if (at >= pattern.length()) {
            throw error("ends too early");
        }
        int point = pattern.codePointAt(at);
        at += Character.charCount(point);
        return point;
    }

    private char peek() {
        return at < pattern.length() ? pattern.charAt(at) : 0;
    }

    private boolean take(char c) {
        boolean there = at < pattern.length() && pattern.charAt(at) == c;
        at += there ? 1 : 0;
        return there;
    }

    private boolean takeAll(char c) {
        boolean any = false;
        while (take(c)) {
            any = true;
        }
        return any;
    }

    private GrammarException error(String what) {
        String shown = pattern.length() <= MOST_SHOWN ? pattern : pattern.substring(0, MOST_SHOWN) + "…";
        return new GrammarException("schema: " + path + ": pattern " + shown + ": " + what);
    }
}
