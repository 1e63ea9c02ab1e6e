package moka.engine.grammar;

import java.util.Arrays;

/**
 * Tokens as a trie of bytes, in one array in depth-first order: a node's subtree is the nodes from it up to {@link #subtreeEnd}, so a walk is
 * a loop over rising indices that leaps over what cannot match. Immutable. Memory: 11 bytes a node.
 */
final class TokenTrie {
    private final byte[] nodeByte; // [nodeCount]; node 0 is the root
    private final short[] depth; // [nodeCount]; 0 for the root
    private final int[] subtreeEnd; // [nodeCount]
    private final int[] firstToken; // [nodeCount]: a token that ends here, or -1
    private final int[] nextToken; // by token id: another token with the same bytes, or -1
    private final int longest;

    /** @param tokens ids sorted by their bytes @param pieces bytes by token id, none of those tokens' empty */
    TokenTrie(int[] tokens, byte[][] pieces) {
        int nodeCount = 1;
        int longestPiece = 0;
        byte[] before = {};
        for (int token : tokens) {
            nodeCount += pieces[token].length - sharedLength(before, pieces[token]);
            longestPiece = Math.max(longestPiece, pieces[token].length);
            before = pieces[token];
        }
        longest = longestPiece;
        nodeByte = new byte[nodeCount];
        depth = new short[nodeCount];
        subtreeEnd = new int[nodeCount];
        firstToken = new int[nodeCount];
        nextToken = new int[pieces.length];
        Arrays.fill(firstToken, -1);
        Arrays.fill(nextToken, -1);
        fill(tokens, pieces);
    }

    private void fill(int[] tokens, byte[][] pieces) {
        int[] path = new int[longest + 1]; // node at each depth of the token before
        int pathLength = 0;
        int node = 0;
        byte[] before = {};
        for (int token : tokens) {
            byte[] piece = pieces[token];
            for (int shared = sharedLength(before, piece); pathLength > shared; pathLength--) {
                subtreeEnd[path[pathLength]] = node + 1;
            }
            while (pathLength < piece.length) {
                node++;
                nodeByte[node] = piece[pathLength];
                path[++pathLength] = node;
                depth[node] = (short) pathLength;
            }
            nextToken[token] = firstToken[path[pathLength]];
            firstToken[path[pathLength]] = token;
            before = piece;
        }
        for (; pathLength >= 0; pathLength--) {
            subtreeEnd[path[pathLength]] = node + 1;
        }
    }

    private static int sharedLength(byte[] a, byte[] b) {
        int mismatch = Arrays.mismatch(a, b);
        return mismatch < 0 ? a.length : mismatch;
    }

    int nodeCount() {
        return nodeByte.length;
    }

    /** Told the nodes that were reached. */
    interface Visitor {
        /** @param inner whether the node has children */
        void reached(int node, int state, boolean inner);
    }

    /**
     * Sets the bits of all tokens below a node whose bytes may follow a state.
     *
     * @param state the state at the node
     * @param words bits by token id
     */
    void allow(StackSets states, int state, int node, long[] words, Visitor visitor) {
        int[] stateAt = new int[longest + 1]; // by depth
        int end = subtreeEnd[node];
        stateAt[depth[node]] = state;
        for (int at = node + 1; at < end; ) {
            int level = depth[at];
            int next = states.step(stateAt[level - 1], nodeByte[at]);
            if (next == StackSets.DEAD) {
                at = subtreeEnd[at];
                continue;
            }
            stateAt[level] = next;
            for (int token = firstToken[at]; token >= 0; token = nextToken[token]) {
                words[token >> 6] |= 1L << token;
            }
            visitor.reached(at, next, subtreeEnd[at] > at + 1);
            at++;
        }
    }
}
