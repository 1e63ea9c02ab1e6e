package moka.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import moka.engine.grammar.Expression.Characters;
import moka.engine.grammar.Expression.Choice;
import moka.engine.grammar.Expression.Reference;
import moka.engine.grammar.Expression.Repeat;
import moka.engine.grammar.Expression.Sequence;
import moka.engine.grammar.Expression.Text;
import moka.engine.grammar.Expression.Token;

/**
 * Turns rules into a {@link PushdownAutomaton}. Each expression is compiled backwards, given the node that follows it, as Thompson's
 * construction does (Communications of the ACM 11, 1968). Then rules that cannot be handled are refused (left recursion) and nodes that
 * lead nowhere pruned.
 */
final class GrammarCompiler {
    /** A repeat whose copies come to more nodes than this calls a rule for its body instead of copying it. */
    private static final int LARGEST_COPIES = 64;

    private static final int MOST_NODES = 4_000_000;

    private final Map<String, Integer> ruleIds = new LinkedHashMap<>();
    private final List<Expression> bodies = new ArrayList<>(); // by rule id; repeats add rules of their own
    private final Map<Expression, Integer> bodyRules = new HashMap<>(); // those of repeats
    private final List<Token> tokens = new ArrayList<>();

    private byte[] kind = new byte[256];
    private int[] first = new int[256];
    private int[] end = new int[256];
    private int nodeCount = 1; // node 0 is END
    private byte[] low = new byte[256];
    private byte[] high = new byte[256];
    private int[] target = new int[256];
    private int edgeCount;
    private int[] start = new int[16];
    private int[] rank = {};
    private boolean[] nullable = {};

    private GrammarCompiler() {}

    /**
     * @param rules expressions by rule name; every reference names one of them
     * @param root the rule that whole texts match
     * @return the automaton; its rule 0 is the root
     * @throws GrammarException if a rule is left-recursive, the grammar is too large, or no text matches it
     */
    static PushdownAutomaton compile(Map<String, Expression> rules, String root) {
        if (!rules.containsKey(root)) {
            throw new GrammarException("grammar: rule '" + root + "' is missing: found " + String.join(", ", rules.keySet()));
        }
        var compiler = new GrammarCompiler();
        compiler.addRule(root, rules.get(root));
        rules.forEach((name, body) -> {
            if (!name.equals(root)) {
                compiler.addRule(name, body);
            }
        });
        for (int rule = 0; rule < compiler.bodies.size(); rule++) { // grows meanwhile
            compiler.compileRule(rule);
        }
        compiler.findNullable();
        compiler.rankRules();
        compiler.prune();
        return new PushdownAutomaton(compiler);
    }

    private void addRule(String name, Expression body) {
        ruleIds.put(name, bodies.size());
        bodies.add(body);
    }

    private void compileRule(int rule) {
        if (rule >= start.length) {
            start = Arrays.copyOf(start, 2 * start.length);
        }
        start[rule] = compile(bodies.get(rule), PushdownAutomaton.END);
    }

    /** The node at which an expression begins that goes on at {@code next}. */
    private int compile(Expression expression, int next) {
        return switch (expression) {
            case Sequence(List<Expression> parts) -> {
                int node = next;
                for (Expression part : parts.reversed()) {
                    node = compile(part, node);
                }
                yield node;
            }
            case Choice(List<Expression> alternatives) -> {
                int[] starts = new int[alternatives.size()];
                for (int i = 0; i < starts.length; i++) {
                    starts[i] = compile(alternatives.get(i), next);
                }
                yield split(starts);
            }
            case Text(String text) -> {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                int node = next;
                for (int i = bytes.length - 1; i >= 0; i--) {
                    int edge = addEdge(bytes[i] & 0xff, bytes[i] & 0xff, node);
                    node = addNode(PushdownAutomaton.BYTES, edge, edge + 1);
                }
                yield node;
            }
            case Characters(CodePoints set) -> compile(set, next);
            case Repeat repeat -> compile(repeat, next);
            case Reference(String rule) -> addNode(PushdownAutomaton.CALL, ruleIds.get(rule), next);
            case Token token -> {
                tokens.add(token);
                yield addNode(PushdownAutomaton.TOKEN, tokens.size() - 1, next);
            }
        };
    }

    private int compile(Repeat repeat, int next) {
        int copies = Math.max(repeat.min(), repeat.max());
        Expression body = repeat.body();
        long size = Expression.size(body);
        if (copies > 1 && size > 2 && size * copies > LARGEST_COPIES) {
            int rule = bodyRules.computeIfAbsent(body, key -> {
                bodies.add(key);
                return bodies.size() - 1;
            });
            return repeated(repeat, next, following -> addNode(PushdownAutomaton.CALL, rule, following));
        }
        return repeated(repeat, next, following -> compile(body, following));
    }

    private int repeated(Repeat repeat, int next, IntUnaryOperator body) {
        int node = next;
        if (repeat.max() == Expression.UNBOUNDED) {
            int loop = addNode(PushdownAutomaton.SPLIT, 0, 0);
            int again = body.applyAsInt(loop);
            first[loop] = addEdge(0, 0, again);
            addEdge(0, 0, next);
            end[loop] = edgeCount;
            node = loop;
        }
        for (int i = repeat.min(); i < repeat.max(); i++) {
            node = split(body.applyAsInt(node), next);
        }
        for (int i = 0; i < repeat.min(); i++) {
            node = body.applyAsInt(node);
        }
        return node;
    }

    /** A code point of a set as UTF-8: a node for each position within the sequences, shared by all that end alike. */
    private int compile(CodePoints set, int next) {
        return compile(Utf8Sequences.of(set), 0, next, new HashMap<>());
    }

    private int compile(List<int[]> sequences, int position, int next, Map<List<Integer>, Integer> known) {
        if (sequences.isEmpty()) {
            return split();
        }
        List<Integer> key = new ArrayList<>();
        for (int[] sequence : sequences) {
            for (int i = position; i < sequence.length; i++) {
                key.add(sequence[i]);
            }
            key.add(-1);
        }
        Integer same = known.get(key);
        if (same != null) {
            return same;
        }
        List<int[]> edges = new ArrayList<>();
        for (int i = 0; i < sequences.size(); ) { // sequences that begin with the same byte range are neighbours
            int low0 = sequences.get(i)[position];
            int high0 = sequences.get(i)[position + 1];
            int until = i + 1;
            while (until < sequences.size() && sequences.get(until)[position] == low0) {
                until++;
            }
            boolean last = sequences.get(i).length == position + 2;
            int to = last ? next : compile(sequences.subList(i, until), position + 2, next, known);
            edges.add(new int[] {low0, high0, to});
            i = until;
        }
        int from = edgeCount;
        edges.forEach(edge -> addEdge(edge[0], edge[1], edge[2]));
        int node = addNode(PushdownAutomaton.BYTES, from, edgeCount);
        known.put(key, node);
        return node;
    }

    private int split(int... targets) {
        if (targets.length == 1) {
            return targets[0];
        }
        int from = edgeCount;
        for (int node : targets) {
            addEdge(0, 0, node);
        }
        return addNode(PushdownAutomaton.SPLIT, from, edgeCount);
    }

    private int addNode(byte nodeKind, int nodeFirst, int nodeEnd) {
        if (nodeCount == kind.length) {
            if (nodeCount >= MOST_NODES) {
                throw new GrammarException("grammar: more than " + MOST_NODES + " automaton nodes: make repeats and enumerations smaller");
            }
            kind = Arrays.copyOf(kind, 2 * nodeCount);
            first = Arrays.copyOf(first, 2 * nodeCount);
            end = Arrays.copyOf(end, 2 * nodeCount);
        }
        kind[nodeCount] = nodeKind;
        first[nodeCount] = nodeFirst;
        end[nodeCount] = nodeEnd;
        return nodeCount++;
    }

    private int addEdge(int from, int to, int node) {
        if (edgeCount == target.length) {
            low = Arrays.copyOf(low, 2 * edgeCount);
            high = Arrays.copyOf(high, 2 * edgeCount);
            target = Arrays.copyOf(target, 2 * edgeCount);
        }
        low[edgeCount] = (byte) from;
        high[edgeCount] = (byte) to;
        target[edgeCount] = node;
        return edgeCount++;
    }

    /** Rules that match the empty text: the least fixed point over "can be reached backwards from the end without a byte". */
    private void findNullable() {
        nullable = new boolean[bodies.size()];
        boolean[] empty = backwards(node -> kind[node] == PushdownAutomaton.SPLIT, true);
        for (int rule = 0; rule < nullable.length; rule++) {
            nullable[rule] = empty[start[rule]];
        }
    }

    /** Orders the rules so that one that may begin with another comes first; refuses those that may begin with themselves. */
    private void rankRules() {
        int ruleCount = bodies.size();
        int[][] begins = new int[ruleCount][];
        int[] callers = new int[ruleCount]; // rules that may begin with it
        for (int rule = 0; rule < ruleCount; rule++) {
            begins[rule] = rulesAtStart(rule);
            for (int called : begins[rule]) {
                callers[called]++;
            }
        }
        rank = new int[ruleCount];
        int[] ready = new int[ruleCount];
        int readyCount = 0;
        for (int rule = 0; rule < ruleCount; rule++) {
            if (callers[rule] == 0) {
                ready[readyCount++] = rule;
            }
        }
        for (int i = 0; i < readyCount; i++) {
            rank[ready[i]] = i;
            for (int called : begins[ready[i]]) {
                if (--callers[called] == 0) {
                    ready[readyCount++] = called;
                }
            }
        }
        if (readyCount < ruleCount) {
            throw new GrammarException("grammar: rule '" + nameOfCycle(begins, callers)
                    + "' is left-recursive: it may begin with itself; put what it always begins with in front, as in"
                    + " list ::= item (\",\" item)*");
        }
    }

    /** The name of a rule on a cycle: going on from any rule that is left over ends in one. */
    private String nameOfCycle(int[][] begins, int[] callers) {
        int rule = 0;
        while (callers[rule] == 0) {
            rule++;
        }
        // Each rule left over has a caller left over: walking to callers must come back to a rule seen before.
        boolean[] seen = new boolean[begins.length];
        while (!seen[rule]) {
            seen[rule] = true;
            int called = rule;
            for (int caller = 0; caller < begins.length; caller++) {
                if (callers[caller] > 0 && Arrays.stream(begins[caller]).anyMatch(begun -> begun == called)) {
                    rule = caller;
                    break;
                }
            }
        }
        int found = rule;
        return ruleIds.entrySet().stream()
                .filter(entry -> entry.getValue() == found)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("(a repeat)");
    }

    /** Rules that are called before any byte is read. */
    private int[] rulesAtStart(int rule) {
        var called = new TreeSet<Integer>();
        var seen = new HashSet<Integer>();
        var open = new ArrayDeque<Integer>(List.of(start[rule]));
        while (!open.isEmpty()) {
            int node = open.pop();
            if (!seen.add(node)) {
                continue;
            }
            if (kind[node] == PushdownAutomaton.SPLIT) {
                for (int edge = first[node]; edge < end[node]; edge++) {
                    open.push(target[edge]);
                }
            } else if (kind[node] == PushdownAutomaton.CALL) {
                called.add(first[node]);
                if (nullable[first[node]]) {
                    open.push(end[node]);
                }
            }
        }
        return called.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Drops edges to nodes from which the end of their rule cannot be reached. */
    private void prune() {
        boolean[] live = backwards(_ -> true, false);
        if (!live[start[0]]) {
            throw new UnmatchableException();
        }
        for (int node = 1; node < nodeCount; node++) {
            if (kind[node] == PushdownAutomaton.BYTES || kind[node] == PushdownAutomaton.SPLIT) {
                int kept = first[node];
                for (int edge = first[node]; edge < end[node]; edge++) {
                    if (live[target[edge]]) {
                        low[kept] = low[edge];
                        high[kept] = high[edge];
                        target[kept++] = target[edge];
                    }
                }
                end[node] = kept;
            }
        }
    }

    /**
     * Nodes from which the end of their rule is reached, a call taking its rule to the end first.
     *
     * @param passable nodes that may be passed on the way, calls aside
     * @param emptyCalls count only what calls reach without reading
     */
    private boolean[] backwards(IntPredicate passable, boolean emptyCalls) {
        Predecessors before = new Predecessors();
        boolean[] reached = new boolean[nodeCount];
        boolean[] ruleReached = new boolean[bodies.size()];
        int[][] rulesOfStart = rulesByStart();
        int[] open = new int[nodeCount];
        int openCount = 0;
        reached[PushdownAutomaton.END] = true;
        open[openCount++] = PushdownAutomaton.END;
        while (openCount > 0) {
            int node = open[--openCount];
            for (int rule : rulesOfStart[node] == null ? new int[0] : rulesOfStart[node]) {
                ruleReached[rule] = true;
                for (int i = before.callsFrom[rule]; i < before.callsFrom[rule + 1]; i++) {
                    int call = before.calls[i];
                    if (reached[end[call]] && !reached[call]) {
                        reached[call] = true;
                        open[openCount++] = call;
                    }
                }
            }
            for (int i = before.from[node]; i < before.from[node + 1]; i++) {
                int previous = before.nodes[i];
                boolean passes = switch (kind[previous]) {
                    case PushdownAutomaton.CALL -> ruleReached[first[previous]];
                    case PushdownAutomaton.TOKEN -> !emptyCalls;
                    default -> passable.test(previous);
                };
                if (passes && !reached[previous]) {
                    reached[previous] = true;
                    open[openCount++] = previous;
                }
            }
        }
        return reached;
    }

    private int[][] rulesByStart() {
        int[][] rules = new int[nodeCount][];
        for (int rule = 0; rule < bodies.size(); rule++) {
            int[] others = rules[start[rule]] == null ? new int[0] : rules[start[rule]];
            rules[start[rule]] = Arrays.copyOf(others, others.length + 1);
            rules[start[rule]][others.length] = rule;
        }
        return rules;
    }

    /** Edges backwards: the nodes that go on at a node, and the calls of a rule. */
    private final class Predecessors {
        private final int[] from = new int[nodeCount + 1];
        private final int[] nodes;
        private final int[] callsFrom = new int[bodies.size() + 1];
        private final int[] calls;

        Predecessors() {
            forEach((node, to) -> from[to + 1]++, rule -> callsFrom[rule + 1]++);
            sumUp(from);
            sumUp(callsFrom);
            nodes = new int[from[nodeCount]];
            calls = new int[callsFrom[bodies.size()]];
            int[] at = from.clone();
            int[] callAt = callsFrom.clone();
            int[] calling = new int[1];
            forEach(
                    (node, to) -> {
                        nodes[at[to]++] = node;
                        calling[0] = node;
                    },
                    rule -> calls[callAt[rule]++] = calling[0]);
        }

        private static void sumUp(int[] counts) {
            for (int i = 1; i < counts.length; i++) {
                counts[i] += counts[i - 1];
            }
        }

        private void forEach(NodePair edges, IntConsumer calledRules) {
            for (int node = 1; node < nodeCount; node++) {
                switch (kind[node]) {
                    case PushdownAutomaton.CALL -> {
                        edges.accept(node, end[node]);
                        calledRules.accept(first[node]);
                    }
                    case PushdownAutomaton.TOKEN -> edges.accept(node, end[node]);
                    default -> {
                        for (int edge = first[node]; edge < end[node]; edge++) {
                            edges.accept(node, target[edge]);
                        }
                    }
                }
            }
        }
    }

    private interface NodePair {
        void accept(int node, int to);
    }

    byte[] kind() {
        return Arrays.copyOf(kind, nodeCount);
    }

    int[] first() {
        return Arrays.copyOf(first, nodeCount);
    }

    int[] end() {
        return Arrays.copyOf(end, nodeCount);
    }

    byte[] low() {
        return Arrays.copyOf(low, edgeCount);
    }

    byte[] high() {
        return Arrays.copyOf(high, edgeCount);
    }

    int[] target() {
        return Arrays.copyOf(target, edgeCount);
    }

    int[] start() {
        return Arrays.copyOf(start, bodies.size());
    }

    int[] rank() {
        return rank;
    }

    boolean[] nullable() {
        return nullable;
    }

    List<Token> tokens() {
        return List.copyOf(tokens);
    }
}
