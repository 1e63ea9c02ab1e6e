package moka.engine.grammar;

import java.util.Arrays;

/** The nodes and edges of an automaton while they are made: see {@link PushdownAutomaton} for what they are. */
final class AutomatonNodes {
    private static final int MOST_NODES = 4_000_000;

    byte[] kind = new byte[256];
    int[] first = new int[256];
    int[] end = new int[256];
    int count = 1; // node 0 is END
    byte[] low = new byte[256];
    byte[] high = new byte[256];
    int[] target = new int[256];
    int edgeCount;

    /** @throws GrammarException if there are too many */
    int addNode(byte nodeKind, int nodeFirst, int nodeEnd) {
        if (count == kind.length) {
            if (count >= MOST_NODES) {
                throw new GrammarException("grammar: more than " + MOST_NODES + " automaton nodes: make repeats and enumerations smaller");
            }
            kind = Arrays.copyOf(kind, 2 * count);
            first = Arrays.copyOf(first, 2 * count);
            end = Arrays.copyOf(end, 2 * count);
        }
        kind[count] = nodeKind;
        first[count] = nodeFirst;
        end[count] = nodeEnd;
        return count++;
    }

    /** @param from smallest byte @param to largest byte @param node where it leads */
    int addEdge(int from, int to, int node) {
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

    /** A node that goes on at each of these; none of its own for a single one. */
    int split(int... targets) {
        if (targets.length == 1) {
            return targets[0];
        }
        int from = edgeCount;
        for (int node : targets) {
            addEdge(0, 0, node);
        }
        return addNode(PushdownAutomaton.SPLIT, from, edgeCount);
    }

    /** Drops edges to nodes that are not live. */
    void prune(boolean[] live) {
        for (int node = 1; node < count; node++) {
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

    /** Gives back what was allotted in advance. */
    void trim() {
        kind = Arrays.copyOf(kind, count);
        first = Arrays.copyOf(first, count);
        end = Arrays.copyOf(end, count);
        low = Arrays.copyOf(low, edgeCount);
        high = Arrays.copyOf(high, edgeCount);
        target = Arrays.copyOf(target, edgeCount);
    }
}
