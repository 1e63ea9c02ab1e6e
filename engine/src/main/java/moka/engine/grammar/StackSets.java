package moka.engine.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The states of a {@link PushdownAutomaton}, made as they are met. A state is a set of stacks, and every stack is a node to go on at over
 * the nodes to return to. Sets are shared: a set is a list of pairs (node, set of stacks below it), each node once, so stacks with a common
 * top share one entry and the sets below are united. Equal sets have equal numbers. That keeps ambiguous grammars small, and makes a step from
 * a state by a byte something to compute once and look up ever after: a deterministic automaton that grows with use.
 *
 * <p>Besides pairs a set may hold the empty stack ({@link #EMPTY}: the text may end here) and the hole ({@link #HOLE}: an unknown stack
 * below, used to learn what holds for every stack with the same top). A set is kept before calls are entered; entering them, leaving
 * finished rules and passing splits is its closure.
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

    private static final int UNKNOWN = -1;
    private static final int EMPTY_FLAG = 1;
    private static final int HOLE_FLAG = 2;

    /** Deeper nesting is taken for dead: far beyond any use, and short of what the recursion in {@link #union} can take. */
    private static final int DEEPEST = 2000;

    private final PushdownAutomaton automaton;
    private final int classCount;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Entry, Integer> numbers = new HashMap<>();
    private final Map<Long, Integer> unions = new HashMap<>();
    private final Closure[] closuresAtStart; // by rule: what it may begin with
    private int[] transitions = new int[64]; // [state][class]

    StackSets(PushdownAutomaton automaton) {
        this.automaton = automaton;
        classCount = automaton.classCount;
        closuresAtStart = new Closure[automaton.start.length];
        intern(new Pairs(), 0);
        intern(new Pairs(), EMPTY_FLAG);
        intern(new Pairs(), HOLE_FLAG);
    }

    /** The state before any text. */
    int start() {
        return singleton(automaton.start[0], EMPTY);
    }

    /** Number of states known so far. */
    int count() {
        return entries.size();
    }

    /** The state after a byte; {@link #DEAD} where it cannot follow. One table look-up where the step was taken before. */
    int step(int state, byte value) {
        return stepByClass(state, automaton.byteClass[value & 0xff] & 0xff);
    }

    int stepByClass(int state, int byteClass) {
        int next = transitions[state * classCount + byteClass];
        return next == UNKNOWN ? computeStep(state, byteClass) : next;
    }

    /** Whether the text may end in this state. */
    boolean isComplete(int state) {
        return (closure(state).flags & EMPTY_FLAG) != 0;
    }

    /** Whether nothing can follow but the end. */
    boolean canOnlyEnd(int state) {
        return closure(state).nodes.length == 0 && closure(state).tokenNodes.length == 0;
    }

    /** Whether the unknown stack is reached, so that what follows depends on it. */
    boolean reachesHole(int state) {
        return (closure(state).flags & HOLE_FLAG) != 0;
    }

    /** Token nodes (see {@link PushdownAutomaton#tokens}) that may come next. */
    int[] tokenNodes(int state) {
        return closure(state).tokenNodes;
    }

    /** The state after the token of a token node. */
    int stepToken(int state, int tokenNode) {
        Closure closure = closure(state);
        for (int i = 0; i < closure.tokenNodes.length; i++) {
            if (closure.tokenNodes[i] == tokenNode) {
                Pairs next = new Pairs();
                return intern(next, arrive(automaton.end[tokenNode], closure.tokenRests[i], next));
            }
        }
        return DEAD;
    }

    /** Stacks with only their top, over the hole, grouped by what lies below: what each group allows depends on its top alone, up to the hole. */
    List<Group> groups(int state) {
        Entry entry = entries.get(state);
        Map<Integer, Pairs> byRest = new HashMap<>();
        for (int i = 0; i < entry.nodes.length; i++) {
            byRest.computeIfAbsent(entry.rests[i], _ -> new Pairs()).add(entry.nodes[i], HOLE);
        }
        List<Group> groups = new ArrayList<>();
        byRest.forEach((rest, tops) -> groups.add(new Group(intern(tops, 0), rest)));
        return groups;
    }

    /** @param top a state whose stacks end in the hole @param rest the state in place of the hole */
    record Group(int top, int rest) {}

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
        Entry left = entries.get(a);
        Entry right = entries.get(b);
        Pairs both = new Pairs();
        for (int i = 0; i < left.nodes.length; i++) {
            both.add(left.nodes[i], left.rests[i]);
        }
        for (int i = 0; i < right.nodes.length; i++) {
            both.add(right.nodes[i], right.rests[i]);
        }
        int united = intern(both, left.flags | right.flags);
        unions.put(key, united);
        return united;
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
                Pairs pairs = fresh.new Pairs();
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

    private int singleton(int node, int rest) {
        if (node == PushdownAutomaton.END) {
            return rest;
        }
        Pairs pair = new Pairs();
        pair.add(node, rest);
        return intern(pair, 0);
    }

    private int computeStep(int state, int byteClass) {
        Closure closure = closure(state);
        int value = automaton.classByte[byteClass] & 0xff;
        Pairs next = new Pairs();
        int flags = 0;
        for (int i = 0; i < closure.nodes.length; i++) {
            int node = closure.nodes[i];
            for (int edge = automaton.first[node]; edge < automaton.end[node]; edge++) {
                if ((automaton.low[edge] & 0xff) <= value && value <= (automaton.high[edge] & 0xff)) {
                    flags |= arrive(automaton.target[edge], closure.rests[i], next);
                    break;
                }
            }
        }
        int stepped = intern(next, flags);
        transitions[state * classCount + byteClass] = stepped;
        return stepped;
    }

    /** Adds a node over a set; at the end of a rule, the set itself. Returns the flags added. */
    private int arrive(int node, int rest, Pairs to) {
        if (node != PushdownAutomaton.END) {
            to.add(node, rest);
            return 0;
        }
        Entry below = entries.get(rest);
        for (int i = 0; i < below.nodes.length; i++) {
            to.add(below.nodes[i], below.rests[i]);
        }
        return below.flags;
    }

    private int intern(Pairs pairs, int flags) {
        Entry entry = pairs.entry(flags);
        Integer known = numbers.get(entry);
        if (known != null) {
            return known;
        }
        for (int rest : entry.rests) {
            entry.depth = Math.max(entry.depth, entries.get(rest).depth + 1);
        }
        if (entry.depth > DEEPEST) {
            return DEAD;
        }
        int number = entries.size();
        entries.add(entry);
        numbers.put(entry, number);
        if (transitions.length < (number + 1) * classCount) {
            transitions = Arrays.copyOf(transitions, Math.max(2 * transitions.length, (number + 1) * classCount));
        }
        Arrays.fill(transitions, number * classCount, (number + 1) * classCount, UNKNOWN);
        return number;
    }

    private Closure closure(int state) {
        Entry entry = entries.get(state);
        Closure closure = entry.closure;
        if (closure == null) {
            closure = new ClosureOf(entry).closure();
            entry.closure = closure;
        }
        return closure;
    }

    /** What may come next: nodes with bytes and nodes with tokens, each over its set of stacks. */
    private record Closure(int[] nodes, int[] rests, int[] tokenNodes, int[] tokenRests, int flags) {}

    /** Calls are entered in an order in which callers come first, so that all stacks to return to are known when a rule is entered. */
    private final class ClosureOf {
        private final Pairs reading = new Pairs();
        private final Pairs tokens = new Pairs();
        private final Map<Integer, Integer> calls = new HashMap<>(); // rule to the stacks to return to
        private final PriorityQueue<Integer> ruleQueue =
                new PriorityQueue<>((a, b) -> Integer.compare(automaton.rank[a], automaton.rank[b]));
        private final HashSet<Long> seen = new HashSet<>();
        private final ArrayDeque<Long> open = new ArrayDeque<>();
        private int flags;

        ClosureOf(Entry entry) {
            push(entry);
        }

        Closure closure() {
            passWithoutReading();
            while (!ruleQueue.isEmpty()) {
                int rule = ruleQueue.poll();
                int rest = calls.get(rule);
                Closure beginning = beginning(rule);
                for (int node : beginning.nodes) {
                    reading.add(node, rest);
                }
                for (int node : beginning.tokenNodes) {
                    tokens.add(node, rest);
                }
                for (int node : beginning.rests) { // the calls it may begin with
                    call(node, rest);
                }
            }
            Entry bytes = reading.entry(0);
            Entry named = tokens.entry(0);
            return new Closure(bytes.nodes, bytes.rests, named.nodes, named.rests, flags);
        }

        private void push(Entry entry) {
            flags |= entry.flags;
            for (int i = 0; i < entry.nodes.length; i++) {
                push(entry.nodes[i], entry.rests[i]);
            }
        }

        private void push(int node, int rest) {
            long pair = ((long) node << 32) | rest;
            if (seen.add(pair)) {
                open.push(pair);
            }
        }

        /** Follows splits and the ends of rules from the stacks themselves; called rules are entered later and never left unread. */
        private void passWithoutReading() {
            while (!open.isEmpty()) {
                long pair = open.pop();
                int node = (int) (pair >> 32);
                int rest = (int) pair;
                switch (automaton.kind[node]) {
                    case PushdownAutomaton.RETURN -> push(entries.get(rest));
                    case PushdownAutomaton.BYTES -> reading.add(node, rest);
                    case PushdownAutomaton.TOKEN -> tokens.add(node, rest);
                    case PushdownAutomaton.SPLIT -> {
                        for (int edge = automaton.first[node]; edge < automaton.end[node]; edge++) {
                            push(automaton.target[edge], rest);
                        }
                    }
                    default -> {
                        call(node, rest);
                        if (automaton.nullable[automaton.first[node]]) {
                            push(automaton.end[node], rest);
                        }
                    }
                }
            }
        }

        private void call(int node, int rest) {
            int rule = automaton.first[node];
            int returning = singleton(automaton.end[node], rest);
            Integer others = calls.get(rule);
            if (others == null) {
                calls.put(rule, returning);
                ruleQueue.add(rule);
            } else {
                calls.put(rule, union(others, returning));
            }
        }
    }

    /** What a rule may begin with; its calls stand in {@code rests}. The same for all stacks, so computed once. */
    private Closure beginning(int rule) {
        if (closuresAtStart[rule] == null) {
            var seen = new HashSet<Integer>();
            var open = new ArrayDeque<Integer>(List.of(automaton.start[rule]));
            var reading = new ArrayList<Integer>();
            var tokens = new ArrayList<Integer>();
            var calls = new ArrayList<Integer>();
            while (!open.isEmpty()) {
                int node = open.pop();
                if (!seen.add(node)) {
                    continue;
                }
                switch (automaton.kind[node]) {
                    case PushdownAutomaton.RETURN -> {}
                    case PushdownAutomaton.BYTES -> reading.add(node);
                    case PushdownAutomaton.TOKEN -> tokens.add(node);
                    case PushdownAutomaton.SPLIT -> {
                        for (int edge = automaton.first[node]; edge < automaton.end[node]; edge++) {
                            open.push(automaton.target[edge]);
                        }
                    }
                    default -> {
                        calls.add(node);
                        if (automaton.nullable[automaton.first[node]]) {
                            open.push(automaton.end[node]);
                        }
                    }
                }
            }
            closuresAtStart[rule] = new Closure(ints(reading), ints(calls), ints(tokens), new int[0], 0);
        }
        return closuresAtStart[rule];
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    /** A set under construction: the sets below one node are united. */
    private final class Pairs {
        private final Map<Integer, Integer> rests = new HashMap<>();

        void add(int node, int rest) {
            Integer other = rests.get(node);
            rests.put(node, other == null ? rest : union(other, rest));
        }

        Entry entry(int flags) {
            int[] nodes = new int[rests.size()];
            int size = 0;
            for (int node : rests.keySet()) {
                nodes[size++] = node;
            }
            Arrays.sort(nodes);
            int[] below = new int[size];
            for (int i = 0; i < size; i++) {
                below[i] = rests.get(nodes[i]);
            }
            return new Entry(nodes, below, flags);
        }
    }

    /** A set of stacks; equal by its content. */
    private static final class Entry {
        private final int[] nodes;
        private final int[] rests;
        private final int flags;
        private int depth;
        private @Nullable Closure closure;

        Entry(int[] nodes, int[] rests, int flags) {
            this.nodes = nodes;
            this.rests = rests;
            this.flags = flags;
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
            return 31 * (31 * Arrays.hashCode(nodes) + Arrays.hashCode(rests)) + flags;
        }
    }
}
