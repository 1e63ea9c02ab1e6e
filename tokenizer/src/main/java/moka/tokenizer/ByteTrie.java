package moka.tokenizer;

import java.util.Arrays;

/**
 * A trie of byte strings, each with a token. Nodes are numbered, the root is 0. A node holds its token and the edge to its first child, so
 * that a step along a word reads one long; edges to other children are found by open addressing over (node, byte). Built by one thread, then
 * safe for use by many.
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

    private static final int MAX_NODES = 1 << 23;
    private static final long MORE_CHILDREN = 1L << 63;

    /** First child's byte (bits 0 to 7) and number (bits 8 to 31); token + 1 (bits 32 to 62); whether there are {@link #MORE_CHILDREN}. */
    private long[] nodes;

    private int nodeCount = 1;

    /** The nodes that the root's edges lead to: every walk begins there. */
    private final int[] rootChildren = new int[256];

    /** Further edges: {@code node << 8 | byte} in the upper 32 bits, the node that it leads to in the lower; 0 is free. */
    private long[] edges = new long[1 << 10];

    private int edgeCount;
    private int shift = Integer.numberOfLeadingZeros(edges.length) + 1;

    ByteTrie(int nodeCapacity) {
        nodes = new long[Math.max(nodeCapacity, 64)];
        Arrays.fill(rootChildren, NONE);
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
        if (token(node) == NONE) {
            nodes[node] |= (token + 1L) << 32;
        }
    }

    /** The node that a byte leads to, or {@link #NONE}. */
    int child(int node, byte b) {
        if (node == ROOT) {
            return rootChildren[b & 0xFF];
        }
        long n = nodes[node];
        int first = (int) n;
        if ((byte) first == b && first != 0) {
            return first >>> 8;
        }
        return n < 0 ? furtherChild(node << 8 | b & 0xFF) : NONE;
    }

    private int furtherChild(int edge) {
        int mask = edges.length - 1;
        int slot = edge * 0x9E3779B9 >>> shift;
        while (true) {
            long found = edges[slot];
            if (found == 0) {
                return NONE;
            }
            if ((int) (found >>> 32) == edge) {
                return (int) found;
            }
            slot = slot + 1 & mask;
        }
    }

    /** The token whose text ends at a node, or {@link #NONE}. */
    int token(int node) {
        return ((int) (nodes[node] >>> 32) & Integer.MAX_VALUE) - 1;
    }

    /** The token of a whole string, or {@link #NONE}. */
    int find(byte[] text, int from, int length) {
        int node = ROOT;
        for (int i = from; i < from + length && node != NONE; i++) {
            node = child(node, text[i]);
        }
        return node == NONE ? NONE : token(node);
    }

    private int addNode(int parent, byte b) {
        int node = nodeCount++;
        if (nodeCount > MAX_NODES) {
            throw new TokenizerException("the vocabulary's texts are too long: they make more than " + MAX_NODES + " trie nodes");
        }
        if (node == nodes.length) {
            nodes = Arrays.copyOf(nodes, node * 2);
        }
        if (parent == ROOT) {
            rootChildren[b & 0xFF] = node;
        } else if ((int) nodes[parent] == 0) {
            nodes[parent] |= (long) node << 8 | b & 0xFF;
        } else {
            nodes[parent] |= MORE_CHILDREN;
            if (++edgeCount * 2 > edges.length) {
                grow();
            }
            link((long) (parent << 8 | b & 0xFF) << 32 | node);
        }
        return node;
    }

    private void link(long edge) {
        int slot = (int) (edge >>> 32) * 0x9E3779B9 >>> shift;
        while (edges[slot] != 0) {
            slot = slot + 1 & edges.length - 1;
        }
        edges[slot] = edge;
    }

    private void grow() {
        long[] old = edges;
        edges = new long[old.length * 2];
        shift--;
        for (long edge : old) {
            if (edge != 0) {
                link(edge);
            }
        }
    }
}
