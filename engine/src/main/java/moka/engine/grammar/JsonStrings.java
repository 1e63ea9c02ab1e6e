package moka.engine.grammar;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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
            trie.forEach((prefix, branch) -> rules.put(name + " after " + prefix, branch.rule(name, prefix)));
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

        Expression rule(String name, String prefix) {
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
        List<int[]> units = new ArrayList<>();
        for (int range = 0; range < set.rangeCount() && set.first(range) < 0x10000; range++) {
            units.add(new int[] {set.first(range), Math.min(set.last(range), 0xFFFF)});
        }
        escapes.add(Expression.sequence(new Text("u"), hexadecimal(units, 12)));
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
                hexadecimal(List.of(new int[] {firstHigh, lastHigh}), 12),
                new Text("\\u"),
                hexadecimal(List.of(new int[] {firstLow, lastLow}), 12));
    }

    /** Numbers in ranges as hexadecimal digits from the one at {@code shift} bits down; digits with the same rest are taken together. */
    private static Expression hexadecimal(List<int[]> ranges, int shift) {
        Map<List<Integer>, CodePoints> digitsByRest = new LinkedHashMap<>();
        for (int digit = 0; digit < 16; digit++) {
            List<Integer> rest = new ArrayList<>();
            for (int[] range : ranges) {
                int first = Math.max(range[0], digit << shift);
                int last = Math.min(range[1], ((digit + 1) << shift) - 1);
                if (first <= last) {
                    rest.add(first - (digit << shift));
                    rest.add(last - (digit << shift));
                }
            }
            if (!rest.isEmpty()) {
                String digits = Integer.toHexString(digit) + Integer.toHexString(digit).toUpperCase(Locale.ROOT);
                digitsByRest.merge(rest, CodePoints.anyOf(digits), CodePoints::or);
            }
        }
        List<Expression> alternatives = new ArrayList<>();
        digitsByRest.forEach((rest, digits) -> {
            Expression first = new Characters(digits);
            if (shift == 0) {
                alternatives.add(first);
                return;
            }
            List<int[]> below = new ArrayList<>();
            for (int i = 0; i < rest.size(); i += 2) {
                below.add(new int[] {rest.get(i), rest.get(i + 1)});
            }
            alternatives.add(Expression.sequence(first, hexadecimal(below, shift - 4)));
        });
        return Expression.choice(alternatives);
    }
}
