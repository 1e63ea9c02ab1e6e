package moka.engine.grammar;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/** From which nodes the end of their rule can be reached, found backwards from the end: a least fixed point. */
final class BackwardReach {
    private final AutomatonNodes nodes;
    private final int[] starts;
    private final int[][] rulesOfStart;
    private final Predecessors before;

    /** @param starts first node of each rule */
    BackwardReach(AutomatonNodes nodes, int[] starts) {
        this.nodes = nodes;
        this.starts = starts;
        rulesOfStart = rulesByStart();
        before = new Predecessors();
    }

    /** Rules that match the empty text. */
    boolean[] nullableRules() {
        boolean[] empty = reached(node -> nodes.kind[node] == PushdownAutomaton.SPLIT);
        boolean[] nullable = new boolean[starts.length];
        for (int rule = 0; rule < nullable.length; rule++) {
            nullable[rule] = empty[starts[rule]];
        }
        return nullable;
    }

    /** Nodes from which some text leads to the end. */
    boolean[] liveNodes() {
        return reached(_ -> true);
    }

    /**
     * Nodes from which the end of their rule is reached, a call taking its rule to the end first.
     *
     * @param passable nodes that may be passed on the way, calls aside
     */
    private boolean[] reached(IntPredicate passable) {
        boolean[] found = new boolean[nodes.count];
        boolean[] ruleReached = new boolean[starts.length];
        int[] open = new int[nodes.count];
        int openCount = 0;
        found[PushdownAutomaton.END] = true;
        open[openCount++] = PushdownAutomaton.END;
        while (openCount > 0) {
            int node = open[--openCount];
            for (int rule : rulesOfStart[node] == null ? new int[0] : rulesOfStart[node]) {
                ruleReached[rule] = true;
                for (int i = before.callsFrom[rule]; i < before.callsFrom[rule + 1]; i++) {
                    int call = before.calls[i];
                    if (found[nodes.end[call]] && !found[call]) {
                        found[call] = true;
                        open[openCount++] = call;
                    }
                }
            }
            for (int i = before.from[node]; i < before.from[node + 1]; i++) {
                int previous = before.previous[i];
                boolean passes = nodes.kind[previous] == PushdownAutomaton.CALL
                        ? ruleReached[nodes.first[previous]]
                        : passable.test(previous);
                if (passes && !found[previous]) {
                    found[previous] = true;
                    open[openCount++] = previous;
                }
            }
        }
        return found;
    }

    private int[][] rulesByStart() {
        int[][] rules = new int[nodes.count][];
        for (int rule = 0; rule < starts.length; rule++) {
            int[] others = rules[starts[rule]] == null ? new int[0] : rules[starts[rule]];
            rules[starts[rule]] = Arrays.copyOf(others, others.length + 1);
            rules[starts[rule]][others.length] = rule;
        }
        return rules;
    }

    /** Edges backwards: the nodes that go on at a node, and the calls of a rule. */
    private final class Predecessors {
        private final int[] from = new int[nodes.count + 1];
        private final int[] previous;
        private final int[] callsFrom = new int[starts.length + 1];
        private final int[] calls;

        Predecessors() {
            forEach((node, to) -> from[to + 1]++, rule -> callsFrom[rule + 1]++);
            sumUp(from);
            sumUp(callsFrom);
            previous = new int[from[nodes.count]];
            calls = new int[callsFrom[starts.length]];
            int[] at = from.clone();
            int[] callAt = callsFrom.clone();
            int[] calling = new int[1];
            forEach(
                    (node, to) -> {
                        previous[at[to]++] = node;
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
            for (int node = 1; node < nodes.count; node++) {
                switch (nodes.kind[node]) {
                    case PushdownAutomaton.CALL -> {
                        edges.accept(node, nodes.end[node]);
                        calledRules.accept(nodes.first[node]);
                    }
                    case PushdownAutomaton.TOKEN -> edges.accept(node, nodes.end[node]);
                    default -> {
                        for (int edge = nodes.first[node]; edge < nodes.end[node]; edge++) {
                            edges.accept(node, nodes.target[edge]);
                        }
                    }
                }
            }
        }
    }

    private interface NodePair {
        void accept(int node, int to);
    }
}
