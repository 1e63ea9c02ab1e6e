package moka.engine.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The states of a {@link PushdownAutomaton}, made as they are met. A state is a set of stacks, and every stack is a node to go on at over
 * the nodes to return to. Sets are shared: a set is a list of pairs (node, set of stacks below it), each node once, so stacks with a common
 * top share one entry and the sets below are united. Equal sets have equal numbers. That keeps ambiguous grammars small, and makes a step from
 * a state by a byte something to compute once and look up ever after: a deterministic automaton that grows with use.
 *
 * <p>Besides pairs a set may hold the empty stack ({@link #EMPTY}: the text may end here) and the hole ({@link #HOLE}: an unknown stack
 * below, used to learn what holds for every stack with the same top). A set is kept before calls are entered; what may come next is its
 * {@link StackClosure}.
 *
 * <p>Not thread-safe; one per sequence.
 */
final class StackSets {
    /** No stack at all: nothing can follow. */
    static final int DEAD = 0;

    /** The empty stack: the text may end. */
    static final int EMPTY = 1;

    /** An unknown stack. */
    static final int HOLE = 2;

    static final int EMPTY_FLAG = 1;
    static final int HOLE_FLAG = 2;

    private static final int UNKNOWN = -1;

    /** What the recursion in {@link #union} may take; sets of deep stacks share what is below, so it is short as a rule. */
    private static final int DEEPEST_UNION = 1500;

    /** Some 150 MB: beyond what any grammar of use comes to. */
    private static final int MOST_PAIRS = 8_000_000;

    private final PushdownAutomaton automaton;
    private final int classCount;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Entry, Integer> numbers = new HashMap<>();
    private final Map<Long, Integer> unions = new HashMap<>();
    private final StackClosure closures;
    private final int[] unknown; // [class]: the row of states that no step was taken from
    private int[][] transitions = new int[64][]; // [state][class]
    private int pairCount;
    private int unionDepth;

    StackSets(PushdownAutomaton automaton) {
        this.automaton = automaton;
        classCount = automaton.classCount;
        closures = new StackClosure(automaton, this);
        unknown = new int[classCount];
        Arrays.fill(unknown, UNKNOWN);
        intern(new StackPairs(), 0);
        intern(new StackPairs(), EMPTY_FLAG);
        intern(new StackPairs(), HOLE_FLAG);
    }

    /** The state before any text. */
    int start() {
        return over(automaton.start[0], EMPTY);
    }

    /** Number of states known so far. */
    int count() {
        return entries.size();
    }

    /** Number of stacks in all states, those with a common top counted once: what the memory goes with. */
    int pairCount() {
        return pairCount;
    }

    /** The state after a byte; {@link #DEAD} where it cannot follow. One table look-up where the step was taken before. */
    int step(int state, byte value) {
        return stepByClass(state, automaton.byteClass[value & 0xff] & 0xff);
    }

    int stepByClass(int state, int byteClass) {
        int next = transitions[state][byteClass];
        return next == UNKNOWN ? computeStep(state, byteClass) : next;
    }

    /** Whether the text may end in this state. */
    boolean isComplete(int state) {
        return (closure(state).flags() & EMPTY_FLAG) != 0;
    }

    /** Whether nothing can follow but the end. */
    boolean canOnlyEnd(int state) {
        return closure(state).nodes().length == 0 && closure(state).tokenNodes().length == 0;
    }

    /** Whether the unknown stack is reached, so that what follows depends on it. */
    boolean reachesHole(int state) {
        return (closure(state).flags() & HOLE_FLAG) != 0;
    }

    /** Number of byte values that may follow, counted for each node by itself: whether a state is narrow or broad. */
    int breadth(int state) {
        int values = 0;
        for (int node : closure(state).nodes()) {
            for (int edge = automaton.first[node]; edge < automaton.end[node]; edge++) {
                values += (automaton.high[edge] & 0xff) - (automaton.low[edge] & 0xff) + 1;
            }
        }
        return values;
    }

    /** Token nodes (see {@link PushdownAutomaton#tokens}) that may come next. */
    int[] tokenNodes(int state) {
        return closure(state).tokenNodes();
    }

    /** The state after the token of a token node. */
    int stepToken(int state, int tokenNode) {
        StackClosure.Next closure = closure(state);
        for (int i = 0; i < closure.tokenNodes().length; i++) {
            if (closure.tokenNodes()[i] == tokenNode) {
                StackPairs next = new StackPairs();
                return intern(next, arrive(automaton.end[tokenNode], closure.tokenRests()[i], next));
            }
        }
        return DEAD;
    }

    /** Stacks with only their top, over the hole, grouped by what lies below: what each group allows depends on its top alone, up to the hole. */
    List<Group> groups(int state) {
        Entry entry = entries.get(state);
        if (entry.nodes.length == 1) {
            return List.of(new Group(over(entry.nodes[0], HOLE), entry.rests[0]));
        }
        Map<Integer, StackPairs> byRest = new HashMap<>();
        for (int i = 0; i < entry.nodes.length; i++) {
            byRest.computeIfAbsent(entry.rests[i], _ -> new StackPairs()).add(entry.nodes[i], HOLE);
        }
        List<Group> groups = new ArrayList<>();
        byRest.forEach((rest, tops) -> groups.add(new Group(intern(tops, 0), rest)));
        return groups;
    }

    /** @param top a state whose stacks end in the hole @param rest the state in place of the hole */
    record Group(int top, int rest) {}

    /** The state of several groups: their tops over their rests. */
    int joined(List<Group> groups) {
        StackPairs pairs = new StackPairs();
        for (Group group : groups) {
            for (int node : entries.get(group.top).nodes) {
                pairs.add(node, group.rest);
            }
        }
        return intern(pairs, 0);
    }

    /** The top nodes of a state: with a hole below each, they stand for it in caches that outlive this object. */
    int[] nodes(int state) {
        return entries.get(state).nodes;
    }

    int union(int a, int b) {
        if (a == b || b == DEAD) {
            return a;
        }
        if (a == DEAD) {
            return b;
        }
        long key = ((long) Math.min(a, b) << 32) | Math.max(a, b);
        Integer known = unions.get(key);
        if (known != null) {
            return known;
        }
        if (unionDepth == DEEPEST_UNION) {
            throw tooAmbiguous();
        }
        Entry left = entries.get(a);
        Entry right = entries.get(b);
        StackPairs both = new StackPairs();
        both.addAll(left.nodes, left.rests);
        both.addAll(right.nodes, right.rests);
        unionDepth++;
        int united;
        try {
            united = intern(both, left.flags | right.flags);
        } finally {
            unionDepth--;
        }
        unions.put(key, united);
        return united;
    }

    private void count(int pairs) {
        pairCount += pairs;
        if (pairCount > MOST_PAIRS) {
            throw tooAmbiguous();
        }
    }

    private static GrammarException tooAmbiguous() {
        return new GrammarException("grammar: the text can be read in too many ways: more than " + MOST_PAIRS
                + " stacks, or ways that stay apart over " + DEEPEST_UNION + " levels; make the grammar less ambiguous");
    }

    /** The set of one stack: a node over a set; at the end of a rule, the set itself. */
    int over(int node, int rest) {
        if (node == PushdownAutomaton.END) {
            return rest;
        }
        StackPairs pair = new StackPairs();
        pair.add(node, rest);
        return intern(pair, 0);
    }

    Entry entry(int state) {
        return entries.get(state);
    }

    /** Puts states, and the sets they are made of, into fresh sets of the same automaton; returns their numbers there. */
    int[] copyInto(StackSets fresh, int[] states) {
        boolean[] used = new boolean[entries.size()];
        for (int state : states) {
            used[state] = true;
        }
        for (int number = used.length - 1; number >= 0; number--) { // the sets below were made before the set above
            if (used[number]) {
                for (int rest : entries.get(number).rests) {
                    used[rest] = true;
                }
            }
        }
        int[] copies = new int[used.length];
        for (int number = 0; number < used.length; number++) {
            if (used[number]) {
                Entry entry = entries.get(number);
                StackPairs pairs = new StackPairs();
                for (int i = 0; i < entry.nodes.length; i++) {
                    pairs.add(entry.nodes[i], copies[entry.rests[i]]);
                }
                copies[number] = fresh.intern(pairs, entry.flags);
            }
        }
        int[] result = new int[states.length];
        for (int i = 0; i < states.length; i++) {
            result[i] = copies[states[i]];
        }
        return result;
    }

    private int computeStep(int state, int byteClass) {
        StackClosure.Next closure = closure(state);
        int value = automaton.classByte[byteClass] & 0xff;
        StackPairs next = new StackPairs();
        int flags = 0;
        for (int i = 0; i < closure.nodes().length; i++) {
            int node = closure.nodes()[i];
            for (int edge = automaton.first[node]; edge < automaton.end[node]; edge++) {
                if ((automaton.low[edge] & 0xff) <= value && value <= (automaton.high[edge] & 0xff)) {
                    flags |= arrive(automaton.target[edge], closure.rests()[i], next);
                    break;
                }
            }
        }
        int stepped = intern(next, flags);
        if (transitions[state] == unknown) {
            transitions[state] = unknown.clone();
        }
        transitions[state][byteClass] = stepped;
        return stepped;
    }

    /** Adds a node over a set; at the end of a rule, the set itself. Returns the flags added. */
    int arrive(int node, int rest, StackPairs to) {
        if (node != PushdownAutomaton.END) {
            to.add(node, rest);
            return 0;
        }
        Entry below = entries.get(rest);
        to.addAll(below.nodes, below.rests);
        return below.flags;
    }

    int intern(StackPairs pairs, int flags) {
        Entry entry = pairs.entry(this, flags);
        Integer known = numbers.get(entry);
        if (known != null) {
            return known;
        }
        int number = entries.size();
        count(entry.nodes.length);
        entries.add(entry);
        numbers.put(entry, number);
        if (transitions.length == number) {
            transitions = Arrays.copyOf(transitions, 2 * number);
        }
        transitions[number] = unknown;
        return number;
    }

    private StackClosure.Next closure(int state) {
        Entry entry = entries.get(state);
        StackClosure.Next closure = entry.closure;
        if (closure == null) {
            closure = closures.of(entry);
            count(closure.nodes().length + closure.tokenNodes().length);
            entry.closure = closure;
        }
        return closure;
    }

    /** A set of stacks; equal by its content. */
    static final class Entry {
        final int[] nodes; // ascending
        final int[] rests; // by node: the set below
        final int flags;
        private final int hash;
        private StackClosure.@Nullable Next closure;

        Entry(int[] nodes, int[] rests, int flags) {
            this.nodes = nodes;
            this.rests = rests;
            this.flags = flags;
            hash = 31 * (31 * Arrays.hashCode(nodes) + Arrays.hashCode(rests)) + flags;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Entry entry
                    && flags == entry.flags
                    && Arrays.equals(nodes, entry.nodes)
                    && Arrays.equals(rests, entry.rests);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }
}
