package moka.tokenizer;

import java.util.Arrays;

/**
 * A trie of byte strings, each with a token. Nodes are numbered, the root is 0; an edge is found by open addressing over (node, byte), so
 * that a step costs one or two reads however many children a node has. Built by one thread, then safe for use by many.
 */
final class ByteTrie {
    static final int ROOT = 0;
    /** No node, or no token. */
    static final int NONE = -1;
    /**
     * Bytes of the longest string: no published vocabulary has longer ones, and every place of a text may cost as many steps as the longest
     * is long.
     */
    static final int LONGEST = 1024;

    /** {@code node << 8 | byte}, plus 1 so that 0 is a free slot. */
    private int[] edges;

    private int[] targets;
    private int[] tokens;
    private int nodeCount = 1;
    private int shift;

    ByteTrie(int nodeCapacity) {
        int slots = Integer.highestOneBit(Math.max(nodeCapacity, 64)) * 4;
        edges = new int[slots];
        targets = new int[slots];
        tokens = new int[slots / 2];
        Arrays.fill(tokens, NONE);
        shift = Integer.numberOfLeadingZeros(slots) + 1;
    }

    /** Adds a string, unless it is longer than {@link #LONGEST}; of equal ones the first keeps its token. */
    void add(byte[] text, int from, int length, int token) {
        if (length > LONGEST) {
            return;
        }
        int node = ROOT;
        for (int i = from; i < from + length; i++) {
            int next = child(node, text[i]);
            if (next == NONE) {
                next = addNode(node, text[i]);
            }
            node = next;
        }
        if (tokens[node] == NONE) {
            tokens[node] = token;
        }
    }

    /** The node that a byte leads to, or {@link #NONE}. */
    int child(int node, byte b) {
        int edge = (node << 8 | b & 0xFF) + 1;
        int mask = edges.length - 1;
        int slot = edge * 0x9E3779B9 >>> shift;
        while (true) {
            int found = edges[slot];
            if (found == edge) {
                return targets[slot];
            }
            if (found == 0) {
                return NONE;
            }
            slot = slot + 1 & mask;
        }
    }

    /** The token whose text ends at a node, or {@link #NONE}. */
    int token(int node) {
        return tokens[node];
    }

    private int addNode(int parent, byte b) {
        int node = nodeCount++;
        if (nodeCount > 1 << 23) {
            throw new TokenizerException("the vocabulary's texts are too long: they make more than " + (1 << 23) + " trie nodes");
        }
        if (nodeCount * 2 > edges.length) {
            grow();
        }
        link((parent << 8 | b & 0xFF) + 1, node);
        return node;
    }

    private void link(int edge, int target) {
        int slot = edge * 0x9E3779B9 >>> shift;
        while (edges[slot] != 0) {
            slot = slot + 1 & edges.length - 1;
        }
        edges[slot] = edge;
        targets[slot] = target;
    }

    private void grow() {
        int[] oldEdges = edges;
        int[] oldTargets = targets;
        edges = new int[oldEdges.length * 2];
        targets = new int[oldEdges.length * 2];
        shift--;
        int nodes = tokens.length;
        tokens = Arrays.copyOf(tokens, nodes * 2);
        Arrays.fill(tokens, nodes, nodes * 2, NONE);
        for (int i = 0; i < oldEdges.length; i++) {
            if (oldEdges[i] != 0) {
                link(oldEdges[i], oldTargets[i]);
            }
        }
    }
}
