package moka.engine.grammar;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.function.IntFunction;

/** The order of rules by what they may begin with, which left-recursive ones do not have. */
final class RuleOrder {
    private final AutomatonNodes nodes;
    private final int[] starts;
    private final boolean[] nullable;
    private final IntFunction<String> nameOfRule;

    /** @param starts first node of each rule @param nullable whether a rule matches the empty text @param nameOfRule for messages */
    RuleOrder(AutomatonNodes nodes, int[] starts, boolean[] nullable, IntFunction<String> nameOfRule) {
        this.nodes = nodes;
        this.starts = starts;
        this.nullable = nullable;
        this.nameOfRule = nameOfRule;
    }

    /** Numbers for the rules: one that may begin with another has a lower one. @throws GrammarException if a rule may begin with itself */
    int[] ranks() {
        int ruleCount = starts.length;
        int[][] begins = new int[ruleCount][];
        int[] callers = new int[ruleCount]; // rules that may begin with it
        for (int rule = 0; rule < ruleCount; rule++) {
            begins[rule] = rulesAtStart(rule);
            for (int called : begins[rule]) {
                callers[called]++;
            }
        }
        int[] rank = new int[ruleCount];
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
        return rank;
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
        return nameOfRule.apply(rule);
    }

    /** Rules that are called before any byte is read. */
    private int[] rulesAtStart(int rule) {
        var called = new TreeSet<Integer>();
        var seen = new HashSet<Integer>();
        var open = new ArrayDeque<Integer>(List.of(starts[rule]));
        while (!open.isEmpty()) {
            int node = open.pop();
            if (!seen.add(node)) {
                continue;
            }
            if (nodes.kind[node] == PushdownAutomaton.SPLIT) {
                for (int edge = nodes.first[node]; edge < nodes.end[node]; edge++) {
                    open.push(nodes.target[edge]);
                }
            } else if (nodes.kind[node] == PushdownAutomaton.CALL) {
                called.add(nodes.first[node]);
                if (nullable[nodes.first[node]]) {
                    open.push(nodes.end[node]);
                }
            }
        }
        return called.stream().mapToInt(Integer::intValue).toArray();
    }
}
