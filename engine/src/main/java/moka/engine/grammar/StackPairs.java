package moka.engine.grammar;

import java.util.Arrays;

/** A set of stacks under construction: pairs of node and set below; the sets below one node are united in the end. */
final class StackPairs {
    private long[] pairs = new long[4]; // node in the upper half, rest in the lower
    private int count;

    void add(int node, int rest) {
        if (count == pairs.length) {
            pairs = Arrays.copyOf(pairs, 2 * count);
        }
        pairs[count++] = ((long) node << 32) | rest;
    }

    void addAll(int[] nodes, int[] rests) {
        for (int i = 0; i < nodes.length; i++) {
            add(nodes[i], rests[i]);
        }
    }

    void clear() {
        count = 0;
    }

    StackSets.Entry entry(StackSets sets, int flags) {
        Arrays.sort(pairs, 0, count);
        int distinct = 0;
        for (int i = 0; i < count; i++) {
            distinct += i == 0 || node(i) != node(i - 1) ? 1 : 0;
        }
        int[] nodes = new int[distinct];
        int[] rests = new int[distinct];
        int at = -1;
        for (int i = 0; i < count; i++) {
            int node = node(i);
            int rest = (int) pairs[i];
            if (at >= 0 && nodes[at] == node) {
                rests[at] = sets.union(rests[at], rest);
            } else {
                nodes[++at] = node;
                rests[at] = rest;
            }
        }
        return new StackSets.Entry(nodes, rests, flags);
    }

    private int node(int index) {
        return (int) (pairs[index] >> 32);
    }
}
