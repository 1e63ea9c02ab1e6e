package moka.engine.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import moka.engine.grammar.Expression.Characters;
import moka.engine.grammar.Expression.Choice;
import moka.engine.grammar.Expression.Reference;
import moka.engine.grammar.Expression.Repeat;
import moka.engine.grammar.Expression.Sequence;
import moka.engine.grammar.Expression.Text;

/**
 * Strings that match several patterns at once and have a length: the product of their automata, over classes of characters that no pattern
 * tells apart, one rule for each state. Refused when the product grows too large.
 */
final class StringIntersection {
    private static final int MOST_STATES = 20_000;
    /** Looks at a node or a set of characters: about half a second. */
    private static final long MOST_WORK = 40_000_000;
    private static final int LOOKS_A_RANGE = 16; // to write it with escapes

    private final int min;
    private final int max;
    private final String path;
    private final List<CodePoints> alphabet;
    private final List<Nfa> patterns = new ArrayList<>();
    private long work;

    /** @param path of the schema, for messages */
    StringIntersection(List<Expression> values, int min, int max, String path) {
        this.min = min;
        this.max = max;
        this.path = path;
        alphabet = alphabet(values);
        values.forEach(value -> patterns.add(new Nfa(value)));
    }

    /** Characters read so far, as far as they matter, and the place in each pattern. */
    private record State(int length, List<Integer> places) {}

    /** Adds a rule for each state; returns what stands for the first. */
    Expression toRules(Map<String, Expression> rules, JsonStrings strings) {
        String prefix = path + " state ";
        Map<State, Integer> numbers = new LinkedHashMap<>();
        List<State> states = new ArrayList<>();
        State first = new State(0, patterns.stream().map(Nfa::first).toList());
        numbers.put(first, 0);
        states.add(first);
        for (int number = 0; number < states.size(); number++) {
            State state = states.get(number);
            Map<Integer, List<CodePoints>> steps = new LinkedHashMap<>();
            for (int symbol = 0; symbol < alphabet.size(); symbol++) {
                State next = step(state, symbol);
                if (next.places.contains(Nfa.NOWHERE) || (max != Expression.UNBOUNDED && next.length > max)) {
                    continue;
                }
                Integer known = numbers.putIfAbsent(next, states.size());
                if (known == null) {
                    known = states.size();
                    states.add(next);
                }
                steps.computeIfAbsent(known, _ -> new ArrayList<>()).add(alphabet.get(symbol));
            }
            if (states.size() > MOST_STATES) {
                throw tooLarge("come to more than " + MOST_STATES + " states together");
            }
            List<Expression> alternatives = new ArrayList<>();
            steps.forEach((to, sets) -> {
                CodePoints set = CodePoints.union(sets);
                spend((long) LOOKS_A_RANGE * set.rangeCount());
                alternatives.add(Expression.sequence(strings.character(set), new Reference(prefix + to)));
            });
            if (accepts(state)) {
                alternatives.add(Expression.EMPTY);
            }
            rules.put(prefix + number, new Choice(alternatives));
        }
        return new Reference(prefix + 0);
    }

    private void spend(long looks) {
        work += looks;
        if (work > MOST_WORK) {
            throw tooLarge("are too much work together");
        }
    }

    private GrammarException tooLarge(String found) {
        return new GrammarException(
                "schema: " + path + ": patterns and lengths " + found + ": make lengths smaller or leave one of them out");
    }

    private State step(State state, int symbol) {
        int most = max == Expression.UNBOUNDED ? min : max + 1;
        List<Integer> next = new ArrayList<>(patterns.size());
        for (int i = 0; i < patterns.size(); i++) {
            next.add(patterns.get(i).step(state.places.get(i), symbol));
        }
        return new State(Math.min(state.length + 1, most), next);
    }

    private boolean accepts(State state) {
        return state.length >= min && IntStream.range(0, patterns.size()).allMatch(i -> patterns.get(i).accepts(state.places.get(i)));
    }

    /** Cuts all characters wherever a range begins or ends, then joins those that lie in the same sets. */
    private List<CodePoints> alphabet(List<Expression> values) {
        List<CodePoints> sets = new ArrayList<>();
        values.forEach(value -> collect(value, sets));
        if (sets.size() > MOST_STATES) {
            throw tooLarge("have more than " + MOST_STATES + " characters");
        }
        TreeSet<Integer> cuts = new TreeSet<>(List.of(0, 0xE000, Character.MAX_CODE_POINT + 1));
        for (CodePoints set : sets) {
            for (int i = 0; i < set.rangeCount(); i++) {
                cuts.add(set.first(i));
                cuts.add(set.last(i) + 1);
            }
        }
        Map<BitSet, CodePoints> classes = new LinkedHashMap<>();
        int from = 0;
        for (int to : cuts.tailSet(1)) {
            CodePoints piece = CodePoints.range(from, to - 1);
            if (!piece.isEmpty()) {
                BitSet members = new BitSet();
                spend(sets.size());
                for (int i = 0; i < sets.size(); i++) {
                    members.set(i, sets.get(i).contains(piece.first(0)));
                }
                classes.merge(members, piece, CodePoints::or);
            }
            from = to;
        }
        return List.copyOf(classes.values());
    }

    private static void collect(Expression value, List<CodePoints> sets) {
        switch (value) {
            case Characters(CodePoints set) -> sets.add(set);
            case Text(String text) -> text.codePoints().forEach(point -> sets.add(CodePoints.of(point)));
            case Sequence(List<Expression> parts) -> parts.forEach(part -> collect(part, sets));
            case Choice(List<Expression> alternatives) -> alternatives.forEach(part -> collect(part, sets));
            case Repeat(Expression body, int _, int _) -> collect(body, sets);
            case Reference _, Expression.Token _ -> throw new IllegalArgumentException("characters only: " + value);
        }
    }

    /**
     * A pattern as nodes over characters (Thompson's construction). A place is a set of nodes that it may be at, without splits, which read nothing; what
     * leads from one to another is found once, for all lengths and places of the other patterns.
     */
    private final class Nfa {
        static final int NOWHERE = -1;
        private static final int END = 0;
        private static final int UNKNOWN = -2;

        private final List<CodePoints> sets = new ArrayList<>(); // by node; empty for splits
        private final List<int[]> targets = new ArrayList<>();
        private final Map<BitSet, Integer> reached = new HashMap<>(); // places by nodes before their splits are followed
        private final Map<BitSet, Integer> numbers = new HashMap<>(); // places by their nodes
        private final List<BitSet> places = new ArrayList<>();
        private final List<int[]> steps = new ArrayList<>(); // by place, then symbol
        private final int start;

        Nfa(Expression value) {
            add(CodePoints.NONE);
            start = compile(value, END);
        }

        int first() {
            BitSet nodes = new BitSet();
            nodes.set(start);
            return place(nodes);
        }

        boolean accepts(int place) {
            return places.get(place).get(END);
        }

        int step(int place, int symbol) {
            spend(1);
            int[] known = steps.get(place);
            if (known[symbol] == UNKNOWN) {
                known[symbol] = place(read(places.get(place), alphabet.get(symbol).first(0)));
            }
            return known[symbol];
        }

        private BitSet read(BitSet from, int codePoint) {
            BitSet next = new BitSet();
            spend(from.length() / Long.SIZE + from.cardinality());
            for (int node = from.nextSetBit(0); node >= 0; node = from.nextSetBit(node + 1)) {
                if (sets.get(node).contains(codePoint)) {
                    next.set(targets.get(node)[0]);
                }
            }
            return next;
        }

        /** The place that nodes come to, whose splits are followed. */
        private int place(BitSet nodes) {
            Integer known = reached.get(nodes);
            if (known == null) {
                known = placeOf(reading(nodes));
                reached.put(nodes, known);
            }
            return known;
        }

        private int placeOf(BitSet reading) {
            if (reading.isEmpty()) {
                return NOWHERE;
            }
            Integer known = numbers.putIfAbsent(reading, places.size());
            if (known != null) {
                return known;
            }
            spend(alphabet.size());
            places.add(reading);
            int[] unknown = new int[alphabet.size()];
            Arrays.fill(unknown, UNKNOWN);
            steps.add(unknown);
            return places.size() - 1;
        }

        private BitSet reading(BitSet nodes) {
            BitSet seen = new BitSet();
            BitSet reading = new BitSet();
            var open = new ArrayDeque<Integer>();
            nodes.stream().forEach(open::push);
            while (!open.isEmpty()) {
                int node = open.pop();
                if (!seen.get(node)) {
                    seen.set(node);
                    if (node == END || !sets.get(node).isEmpty()) {
                        reading.set(node);
                    } else {
                        spend(targets.get(node).length);
                        Arrays.stream(targets.get(node)).forEach(open::push);
                    }
                }
            }
            return reading;
        }

        private int add(CodePoints set, int... to) {
            sets.add(set);
            targets.add(to);
            return sets.size() - 1;
        }

        private int compile(Expression value, int next) {
            return switch (value) {
                case Characters(CodePoints set) ->
                    set.isEmpty() ? add(CodePoints.NONE) : add(set, next);
                case Text(String text) -> {
                    int node = next;
                    for (int point : text.codePoints().boxed().toList().reversed()) {
                        node = add(CodePoints.of(point), node);
                    }
                    yield node;
                }
                case Sequence(List<Expression> parts) -> {
                    int node = next;
                    for (Expression part : parts.reversed()) {
                        node = compile(part, node);
                    }
                    yield node;
                }
                case Choice(List<Expression> alternatives) ->
                    add(CodePoints.NONE, alternatives.stream().mapToInt(part -> compile(part, next)).toArray());
                case Repeat(Expression body, int least, int most) -> {
                    int node = next;
                    if (most == Expression.UNBOUNDED) {
                        node = add(CodePoints.NONE);
                        targets.set(node, new int[] {compile(body, node), next});
                    }
                    for (int i = least; i < most; i++) {
                        node = add(CodePoints.NONE, compile(body, node), next);
                    }
                    for (int i = 0; i < least; i++) {
                        node = compile(body, node);
                    }
                    yield node;
                }
                case Reference _, Expression.Token _ -> throw new IllegalArgumentException("characters only: " + value);
            };
        }
    }
}
