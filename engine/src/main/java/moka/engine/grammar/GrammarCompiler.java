package moka.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private final Map<String, Integer> ruleIds = new LinkedHashMap<>();
    private final List<Expression> bodies = new ArrayList<>(); // by rule id; repeats add rules of their own
    private final Map<Expression, Integer> bodyRules = new HashMap<>(); // those of repeats
    private final List<Token> tokens = new ArrayList<>();

    private final AutomatonNodes nodes = new AutomatonNodes();
    private int[] start = new int[16];

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
        return compiler.finish();
    }

    private PushdownAutomaton finish() {
        int[] starts = starts();
        var reach = new BackwardReach(nodes, starts);
        boolean[] nullable = reach.nullableRules();
        int[] ranks = new RuleOrder(nodes, starts, nullable, this::nameOf).ranks();
        boolean[] live = reach.liveNodes();
        if (!live[starts[0]]) {
            throw new UnmatchableException();
        }
        nodes.prune(live);
        nodes.trim();
        return new PushdownAutomaton(nodes, starts, ranks, nullable, tokens);
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
                yield nodes.split(starts);
            }
            case Text(String text) -> {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                int node = next;
                for (int i = bytes.length - 1; i >= 0; i--) {
                    int edge = nodes.addEdge(bytes[i] & 0xff, bytes[i] & 0xff, node);
                    node = nodes.addNode(PushdownAutomaton.BYTES, edge, edge + 1);
                }
                yield node;
            }
            case Characters(CodePoints set) -> compile(set, next);
            case Repeat repeat -> compile(repeat, next);
            case Reference(String rule) -> nodes.addNode(PushdownAutomaton.CALL, ruleIds.get(rule), next);
            case Token token -> {
                tokens.add(token);
                yield nodes.addNode(PushdownAutomaton.TOKEN, tokens.size() - 1, next);
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
            return repeated(repeat, next, following -> nodes.addNode(PushdownAutomaton.CALL, rule, following));
        }
        return repeated(repeat, next, following -> compile(body, following));
    }

    private int repeated(Repeat repeat, int next, IntUnaryOperator body) {
        int node = next;
        if (repeat.max() == Expression.UNBOUNDED) {
            int loop = nodes.addNode(PushdownAutomaton.SPLIT, 0, 0);
            int again = body.applyAsInt(loop);
            nodes.first[loop] = nodes.addEdge(0, 0, again);
            nodes.addEdge(0, 0, next);
            nodes.end[loop] = nodes.edgeCount;
            node = loop;
        }
        for (int i = repeat.min(); i < repeat.max(); i++) {
            node = nodes.split(body.applyAsInt(node), next);
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
            return nodes.split();
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
        int from = nodes.edgeCount;
        edges.forEach(edge -> nodes.addEdge(edge[0], edge[1], edge[2]));
        int node = nodes.addNode(PushdownAutomaton.BYTES, from, nodes.edgeCount);
        known.put(key, node);
        return node;
    }

    private int[] starts() {
        return Arrays.copyOf(start, bodies.size());
    }

    private String nameOf(int rule) {
        return ruleIds.entrySet().stream()
                .filter(entry -> entry.getValue() == rule)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("(a repeat)");
    }
}
