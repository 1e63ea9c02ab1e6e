package moka.engine.grammar;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import moka.engine.grammar.Expression.Characters;
import moka.engine.grammar.Expression.Choice;
import moka.engine.grammar.Expression.Reference;
import moka.engine.grammar.Expression.Repeat;
import moka.engine.grammar.Expression.Sequence;
import moka.engine.grammar.Expression.Text;

/**
 * Rules for JSON strings. Every character may be written in each way that JSON has: itself, a short escape, {@code \\uXXXX} with
 * either case of digits, beyond the BMP as an escaped pair. Escaped halves of pairs are refused. A set of characters becomes a rule once.
 */
final class JsonStrings {
    private static final CodePoints RAW =
            CodePoints.ALL.minus(CodePoints.range(0, 0x1F)).minus(CodePoints.anyOf("\"\\"));
    private static final String SHORT = "\"\\/\b\f\n\r\t";
    private static final String SHORT_LETTERS = "\"\\/bfnrt";
    private static final Text QUOTE = new Text("\"");

    /** The characters of each hexadecimal digit. */
    private static final List<CodePoints> DIGITS = IntStream.range(0, 16)
            .mapToObj(digit -> CodePoints.anyOf(Integer.toHexString(digit) + Integer.toHexString(digit).toUpperCase(Locale.ROOT)))
            .toList();

    private final Map<String, Expression> rules;
    private final Map<CodePoints, Expression> characters = new HashMap<>();

    /** @param rules where the rules go that the expressions refer to */
    JsonStrings(Map<String, Expression> rules) {
        this.rules = rules;
    }

    /** Any string. */
    Expression any() {
        rules.putIfAbsent("string", Expression.sequence(QUOTE, Expression.any(character(CodePoints.ALL)), QUOTE));
        return new Reference("string");
    }

    /** A string of a length in characters. */
    Expression ofLength(int min, int max) {
        return Expression.sequence(QUOTE, new Repeat(character(CodePoints.ALL), min, max), QUOTE);
    }

    /** A string whose value matches an expression over characters. */
    Expression matching(Expression value) {
        return Expression.sequence(QUOTE, encode(value), QUOTE);
    }

    /** A string whose value matches several expressions over characters and has a length. */
    Expression matchingAll(List<Expression> values, int min, int max, String path) {
        return Expression.sequence(QUOTE, new StringIntersection(values, min, max, path).toRules(rules, this), QUOTE);
    }

    /** One string, in all ways to write it. */
    Expression literal(String value) {
        return matching(new Text(value));
    }

    /** An expression over the characters of a string as an expression over its JSON text. */
    private Expression encode(Expression value) {
        return switch (value) {
            case Characters(CodePoints set) -> character(set);
            case Text(String text) ->
                new Sequence(text.codePoints().mapToObj(point -> character(CodePoints.of(point))).toList());
            case Sequence(List<Expression> parts) -> new Sequence(parts.stream().map(this::encode).toList());
            case Choice(List<Expression> alternatives) -> new Choice(alternatives.stream().map(this::encode).toList());
            case Repeat(Expression body, int min, int max) -> new Repeat(encode(body), min, max);
            case Reference _, Expression.Token _ -> throw new IllegalArgumentException("characters only: " + value);
        };
    }

    /** Any string but these. */
    Expression except(Collection<String> values) {
        if (values.isEmpty()) {
            return any();
        }
        String name = "not " + String.join(",", values);
        if (!rules.containsKey(name)) {
            Expression rest = Expression.sequence(Expression.any(character(CodePoints.ALL)), QUOTE);
            rules.put("rest of string", rest);
            Map<String, Branch> trie = trie(values);
            trie.forEach((prefix, branch) -> rules.put(name + " after " + prefix, branch.rule(name)));
            rules.put(name, Expression.sequence(QUOTE, new Reference(name + " after ")));
        }
        return new Reference(name);
    }

    private Map<String, Branch> trie(Collection<String> values) {
        Map<String, Branch> trie = new LinkedHashMap<>(Map.of("", new Branch()));
        for (String value : values) {
            Branch branch = trie.get("");
            for (int at = 0; at < value.length(); ) {
                int point = value.codePointAt(at);
                at += Character.charCount(point);
                String prefix = value.substring(0, at);
                branch.next.put(point, prefix);
                branch = trie.computeIfAbsent(prefix, _ -> new Branch());
            }
            branch.isValue = true;
        }
        return trie;
    }

    /** A prefix of the values left out: what may follow it. */
    private final class Branch {
        private final Map<Integer, String> next = new TreeMap<>();
        private boolean isValue;

        Expression rule(String name) {
            List<Expression> alternatives = new ArrayList<>();
            CodePoints others = CodePoints.ALL;
            for (Map.Entry<Integer, String> child : next.entrySet()) {
                CodePoints point = CodePoints.of(child.getKey());
                others = others.minus(point);
                alternatives.add(
                        Expression.sequence(character(point), new Reference(name + " after " + child.getValue())));
            }
            alternatives.add(Expression.sequence(character(others), new Reference("rest of string")));
            if (!isValue) {
                alternatives.add(QUOTE);
            }
            return new Choice(alternatives);
        }
    }

    /** One character of a set, as a rule. */
    Expression character(CodePoints set) {
        return characters.computeIfAbsent(set, key -> {
            String name = "character " + key;
            rules.put(name, written(key));
            return new Reference(name);
        });
    }

    private static Expression written(CodePoints set) {
        List<Expression> escapes = new ArrayList<>();
        var letters = new StringBuilder();
        for (int i = 0; i < SHORT.length(); i++) {
            if (set.contains(SHORT.charAt(i))) {
                letters.append(SHORT_LETTERS.charAt(i));
            }
        }
        escapes.add(new Characters(CodePoints.anyOf(letters.toString())));
        int[] units = new int[2 * set.rangeCount()];
        int count = 0;
        for (int range = 0; range < set.rangeCount() && set.first(range) < 0x10000; range++) {
            units[count++] = set.first(range);
            units[count++] = Math.min(set.last(range), 0xFFFF);
        }
        escapes.add(Expression.sequence(new Text("u"), hexadecimal(Arrays.copyOf(units, count), 12)));
        for (int range = 0; range < set.rangeCount(); range++) {
            if (set.last(range) >= 0x10000) {
                escapes.add(pairs(Math.max(set.first(range), 0x10000), set.last(range)));
            }
        }
        return Expression.choice(
                new Characters(set.and(RAW)), Expression.sequence(new Text("\\"), new Choice(escapes)));
    }

    /** Escaped surrogate pairs of a range beyond the BMP, without the first backslash. */
    private static Expression pairs(int first, int last) {
        int firstHigh = Character.highSurrogate(first);
        int lastHigh = Character.highSurrogate(last);
        int firstLow = Character.lowSurrogate(first);
        int lastLow = Character.lowSurrogate(last);
        if (firstHigh == lastHigh) {
            return pair(firstHigh, lastHigh, firstLow, lastLow);
        }
        List<Expression> alternatives = new ArrayList<>();
        if (firstLow > Character.MIN_LOW_SURROGATE) {
            alternatives.add(pair(firstHigh, firstHigh, firstLow, Character.MAX_LOW_SURROGATE));
            firstHigh++;
        }
        if (lastLow < Character.MAX_LOW_SURROGATE) {
            alternatives.add(pair(lastHigh, lastHigh, Character.MIN_LOW_SURROGATE, lastLow));
            lastHigh--;
        }
        if (firstHigh <= lastHigh) {
            alternatives.add(pair(firstHigh, lastHigh, Character.MIN_LOW_SURROGATE, Character.MAX_LOW_SURROGATE));
        }
        return new Choice(alternatives);
    }

    private static Expression pair(int firstHigh, int lastHigh, int firstLow, int lastLow) {
        return Expression.sequence(
                new Text("u"),
                hexadecimal(new int[] {firstHigh, lastHigh}, 12),
                new Text("\\u"),
                hexadecimal(new int[] {firstLow, lastLow}, 12));
    }

    /**
     * Numbers in ranges as hexadecimal digits from the one at {@code shift} bits down; digits with the same rest are taken together.
     *
     * @param ranges first and last of each, ascending
     */
    private static Expression hexadecimal(int[] ranges, int shift) {
        Map<IntBuffer, Integer> digitsByRest = new LinkedHashMap<>(); // a bit for each digit
        int[] rest = new int[ranges.length];
        for (int digit = 0; digit < 16; digit++) {
            int from = digit << shift;
            int to = from + (1 << shift) - 1;
            int count = 0;
            for (int i = 0; i < ranges.length; i += 2) {
                if (ranges[i] <= to && ranges[i + 1] >= from) {
                    rest[count++] = Math.max(ranges[i], from) - from;
                    rest[count++] = Math.min(ranges[i + 1], to) - from;
                }
            }
            if (count > 0) {
                digitsByRest.merge(IntBuffer.wrap(Arrays.copyOf(rest, count)), 1 << digit, (a, b) -> a | b);
            }
        }
        List<Expression> alternatives = new ArrayList<>();
        digitsByRest.forEach((below, digits) -> {
            Expression first = new Characters(digits(digits));
            alternatives.add(shift == 0 ? first : Expression.sequence(first, hexadecimal(below.array(), shift - 4)));
        });
        return Expression.choice(alternatives);
    }

    private static CodePoints digits(int bits) {
        return CodePoints.union(IntStream.range(0, 16).filter(digit -> (bits >> digit & 1) != 0).mapToObj(DIGITS::get).toList());
    }
}
