package moka.engine.grammar;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What may come next in a set of stacks: splits are passed, finished rules left and calls entered until nodes with bytes or tokens are
 * reached. Rules are entered in an order in which callers come first ({@link PushdownAutomaton#rank}), so that all stacks to return to are known
 * when a rule is entered, and each is entered once. A rule that may be empty is passed at its call and never left unread, so entering is a
 * matter of what it may begin with, found once for all stacks ({@link Beginning}).
 */
final class StackClosure {
    private final PushdownAutomaton automaton;
    private final StackSets sets;
    private final @Nullable Beginning[] beginnings; // by rule
    private final @Nullable StackPairs[] returns; // by rule: stacks to return to
    private final int[] returnFlags; // by rule
    private final int[] ruleOfRank;
    private final BitSet called = new BitSet(); // ranks
    private final LongWorklist open = new LongWorklist();
    private final StackPairs reading = new StackPairs();
    private final StackPairs tokens = new StackPairs();
    private int flags;

    StackClosure(PushdownAutomaton automaton, StackSets sets) {
        this.automaton = automaton;
        this.sets = sets;
        int ruleCount = automaton.start.length;
        beginnings = new Beginning[ruleCount];
        returns = new StackPairs[ruleCount];
        returnFlags = new int[ruleCount];
        ruleOfRank = new int[ruleCount];
        for (int rule = 0; rule < ruleCount; rule++) {
            ruleOfRank[automaton.rank[rule]] = rule;
        }
    }

    /** Nodes with bytes and nodes with tokens, each over its set of stacks; flags as in {@link StackSets}. */
    record Next(int[] nodes, int[] rests, int[] tokenNodes, int[] tokenRests, int flags) {}

    /**
     * What a rule may begin with. Calls at its end ("tail calls") are looked through, because what follows them is what follows the rule.
     *
     * @param calls other calls
     */
    private record Beginning(int[] reading, int[] tokens, int[] calls) {}

    Next of(StackSets.Entry entry) {
        reading.clear();
        tokens.clear();
        open.clear();
        flags = 0;
        push(entry);
        while (!open.isEmpty()) {
            long pair = open.pop();
            pass((int) (pair >> 32), (int) pair);
        }
        for (int rank = called.nextSetBit(0); rank >= 0; rank = called.nextSetBit(rank)) {
            called.clear(rank);
            int rule = ruleOfRank[rank];
            enter(rule, Objects.requireNonNull(returns[rule]));
        }
        StackSets.Entry bytes = reading.entry(sets, 0);
        StackSets.Entry named = tokens.entry(sets, 0);
        return new Next(bytes.nodes, bytes.rests, named.nodes, named.rests, flags);
    }

    private void push(StackSets.Entry entry) {
        flags |= entry.flags;
        for (int i = 0; i < entry.nodes.length; i++) {
            open.push(((long) entry.nodes[i] << 32) | entry.rests[i]);
        }
    }

    private void pass(int node, int rest) {
        switch (automaton.kind[node]) {
            case PushdownAutomaton.RETURN -> push(sets.entry(rest));
            case PushdownAutomaton.BYTES -> reading.add(node, rest);
            case PushdownAutomaton.TOKEN -> tokens.add(node, rest);
            case PushdownAutomaton.SPLIT -> {
                for (int edge = automaton.first[node]; edge < automaton.end[node]; edge++) {
                    open.push(((long) automaton.target[edge] << 32) | rest);
                }
            }
            default -> {
                call(node, rest);
                if (automaton.nullable[automaton.first[node]]) {
                    open.push(((long) automaton.end[node] << 32) | rest);
                }
            }
        }
    }

    private void call(int node, int rest) {
        int rule = automaton.first[node];
        StackPairs stacks = returns[rule];
        if (stacks == null) {
            stacks = new StackPairs();
            returns[rule] = stacks;
        }
        returnFlags[rule] |= sets.arrive(automaton.end[node], rest, stacks);
        called.set(automaton.rank[rule]);
    }

    private void enter(int rule, StackPairs stacks) {
        int rest = sets.intern(stacks, returnFlags[rule]);
        stacks.clear();
        returnFlags[rule] = 0;
        Beginning beginning = beginning(rule);
        for (int node : beginning.reading) {
            reading.add(node, rest);
        }
        for (int node : beginning.tokens) {
            tokens.add(node, rest);
        }
        for (int node : beginning.calls) {
            call(node, rest);
        }
    }

    private Beginning beginning(int rule) {
        Beginning known = beginnings[rule];
        if (known != null) {
            return known;
        }
        var nodes = new LongWorklist();
        int[][] found = new int[PushdownAutomaton.CALL + 2][]; // by kind
        Arrays.fill(found, new int[0]);
        nodes.push(automaton.start[rule]);
        while (!nodes.isEmpty()) {
            int node = (int) nodes.pop();
            byte kind = automaton.kind[node];
            boolean tail = kind == PushdownAutomaton.CALL && automaton.end[node] == PushdownAutomaton.END;
            if (tail) {
                nodes.push(automaton.start[automaton.first[node]]);
            } else if (kind == PushdownAutomaton.SPLIT) {
                for (int edge = automaton.first[node]; edge < automaton.end[node]; edge++) {
                    nodes.push(automaton.target[edge]);
                }
            } else if (kind != PushdownAutomaton.RETURN) {
                found[kind] = Arrays.copyOf(found[kind], found[kind].length + 1);
                found[kind][found[kind].length - 1] = node;
                if (kind == PushdownAutomaton.CALL && automaton.nullable[automaton.first[node]]) {
                    nodes.push(automaton.end[node]);
                }
            }
        }
        Beginning beginning = new Beginning(
                found[PushdownAutomaton.BYTES], found[PushdownAutomaton.TOKEN], found[PushdownAutomaton.CALL]);
        beginnings[rule] = beginning;
        return beginning;
    }
}
