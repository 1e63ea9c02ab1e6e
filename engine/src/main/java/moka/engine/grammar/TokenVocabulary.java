package moka.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.function.IntFunction;
import moka.tokenizer.Tokenizer;

/**
 * The tokens of a model as bytes, and as a trie that is walked with the states of a grammar. Made once per model; immutable and safe for use
 * by many threads. Memory: about 12 bytes per trie node (some 2.5 nodes a token) and the bytes of the tokens.
 *
 * <p>The trie lies in one array in depth-first order: a node's subtree is the nodes from it up to {@link #subtreeEnd}, so a walk is a loop
 * over rising indices that leaps over what cannot match.
 */
public final class TokenVocabulary {
    private final byte[][] pieces; // by token id; empty for tokens without text
    private final int[] endOfGeneration; // token ids
    private final boolean[] endsGeneration; // by token id
    private final IntFunction<byte[]> specialPieces;
    final byte[] nodeByte; // [nodeCount]; node 0 is the root
    final short[] depth; // [nodeCount]; 0 for the root
    final int[] subtreeEnd; // [nodeCount]
    final int[] firstToken; // [nodeCount]: a token that ends here, or -1
    final int[] nextToken; // by token id: another token with the same bytes, or -1
    final int longest; // bytes of the longest token

    private TokenVocabulary(byte[][] pieces, Set<Integer> endOfGeneration, IntFunction<byte[]> specialPieces) {
        this.pieces = pieces;
        this.specialPieces = specialPieces;
        this.endOfGeneration =
                endOfGeneration.stream().mapToInt(Integer::intValue).sorted().toArray();
        endsGeneration = new boolean[pieces.length];
        for (int token : endOfGeneration) {
            endsGeneration[token] = true;
        }
        Integer[] sorted = sortedTokens();
        int nodeCount = 1;
        int longestPiece = 0;
        for (int i = 0; i < sorted.length; i++) {
            byte[] piece = pieces[sorted[i]];
            nodeCount += piece.length - (i == 0 ? 0 : sharedLength(pieces[sorted[i - 1]], piece));
            longestPiece = Math.max(longestPiece, piece.length);
        }
        longest = longestPiece;
        nodeByte = new byte[nodeCount];
        depth = new short[nodeCount];
        subtreeEnd = new int[nodeCount];
        firstToken = new int[nodeCount];
        nextToken = new int[pieces.length];
        Arrays.fill(firstToken, -1);
        Arrays.fill(nextToken, -1);
        fill(sorted);
    }

    /** The vocabulary of a tokenizer. Control tokens have no text; tokens that end the generation are allowed where a text may end. */
    public static TokenVocabulary of(Tokenizer tokenizer) {
        byte[][] pieces = new byte[tokenizer.vocabularySize()][];
        for (int id = 0; id < pieces.length; id++) {
            pieces[id] = tokenizer.isControl(id) ? new byte[0] : tokenizer.piece(id, false);
        }
        return new TokenVocabulary(pieces, tokenizer.endOfGeneration(), id -> tokenizer.piece(id, true));
    }

    /** A vocabulary from the bytes of its tokens. */
    static TokenVocabulary of(byte[][] pieces, Set<Integer> endOfGeneration) {
        return new TokenVocabulary(pieces, endOfGeneration, id -> pieces[id]);
    }

    public int size() {
        return pieces.length;
    }

    byte[] piece(int token) {
        return pieces[token];
    }

    boolean isEndOfGeneration(int token) {
        return endsGeneration[token];
    }

    /** Ids of the tokens that end the generation. */
    int[] endOfGeneration() {
        return endOfGeneration;
    }

    int nodeCount() {
        return nodeByte.length;
    }

    /** The token that is written so, control tokens included; -1 where there is none. Cost: the vocabulary. */
    int tokenOfText(String text) {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        for (int id = 0; id < pieces.length; id++) {
            if (Arrays.equals(specialPieces.apply(id), wanted)) {
                return id;
            }
        }
        return -1;
    }

    /** Tokens with text that do not end the generation, by their bytes. */
    private Integer[] sortedTokens() {
        Integer[] tokens = new Integer[pieces.length];
        int count = 0;
        for (int id = 0; id < pieces.length; id++) {
            if (pieces[id].length > 0 && pieces[id].length <= Short.MAX_VALUE && !endsGeneration[id]) {
                tokens[count++] = id;
            }
        }
        Integer[] sorted = Arrays.copyOf(tokens, count);
        Arrays.sort(sorted, (a, b) -> Arrays.compareUnsigned(pieces[a], pieces[b]));
        return sorted;
    }

    private void fill(Integer[] sorted) {
        int[] path = new int[longest + 1]; // node at each depth of the token before
        int pathLength = 0;
        int node = 0;
        byte[] before = {};
        for (int token : sorted) {
            byte[] piece = pieces[token];
            int shared = sharedLength(before, piece);
            for (; pathLength > shared; pathLength--) {
                subtreeEnd[path[pathLength]] = node + 1;
            }
            for (; pathLength < piece.length; ) {
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
}
