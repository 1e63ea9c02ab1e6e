package moka.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.function.IntFunction;
import moka.tokenizer.Tokenizer;

/**
 * The tokens of a model as grammars see them: bytes, tries and those that end the generation. Made once per model (some 0.2 s and 10 MB for
 * 128,000 tokens); immutable and safe for use by many threads.
 */
public final class TokenVocabulary {
    private static final int KEY_BYTES = 5; // of a piece in a key; the id has the rest
    private static final int ID_BITS = 64 - 8 * KEY_BYTES;
    private static final int MOST_TOKENS = (1 << ID_BITS) - 1;

    private final byte[][] pieces; // by token id; empty for tokens without text
    private final int[] endOfGeneration; // token ids
    private final boolean[] endsGeneration; // by token id
    private final IntFunction<byte[]> specialPieces;
    private final TokenTrie all;
    private final TokenTrie special; // those that are not plain
    private final PlainTokens plain;

    private TokenVocabulary(byte[][] pieces, Set<Integer> endOfGeneration, IntFunction<byte[]> specialPieces) {
        this.pieces = pieces;
        this.specialPieces = specialPieces;
        this.endOfGeneration =
                endOfGeneration.stream().mapToInt(Integer::intValue).sorted().toArray();
        endsGeneration = new boolean[pieces.length];
        for (int token : endOfGeneration) {
            endsGeneration[token] = true;
        }
        int[] sorted = sortedTokens();
        all = new TokenTrie(sorted, pieces);
        plain = new PlainTokens(sorted, pieces);
        special = new TokenTrie(plain.others(), pieces);
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

    /** All tokens with text that do not end the generation. */
    TokenTrie all() {
        return all;
    }

    /** Those of them that are not {@link #plain()}. */
    TokenTrie special() {
        return special;
    }

    PlainTokens plain() {
        return plain;
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

    /** Tokens with text that do not end the generation, by their bytes. Sorts numbers of the first bytes and the id, then what those leave open. */
    private int[] sortedTokens() {
        long[] keys = new long[pieces.length];
        int count = 0;
        for (int id = 0; id < pieces.length; id++) {
            if (pieces[id].length > 0 && pieces[id].length <= Short.MAX_VALUE && !endsGeneration[id]) {
                keys[count++] = key(pieces[id], id);
            }
        }
        Arrays.sort(keys, 0, count);
        int[] sorted = new int[count];
        for (int i = 0; i < count; i++) {
            sorted[i] = (int) keys[i] & MOST_TOKENS;
        }
        for (int from = 0; from < count; ) {
            int to = from + 1;
            while (to < count && keys[to] >> ID_BITS == keys[from] >> ID_BITS) {
                to++;
            }
            sortByBytes(sorted, from, to);
            from = to;
        }
        return sorted;
    }

    /** Ascending as the first bytes are, seen as unsigned and with zeros behind their end. */
    private static long key(byte[] piece, int id) {
        long key = 0;
        for (int i = 0; i < KEY_BYTES; i++) {
            key = key << 8 | (i < piece.length ? piece[i] & 0xff : 0);
        }
        return (key << ID_BITS | id) ^ Long.MIN_VALUE;
    }

    private void sortByBytes(int[] tokens, int from, int to) {
        if (to - from > 1) {
            Integer[] some = new Integer[to - from];
            Arrays.setAll(some, i -> tokens[from + i]);
            Arrays.sort(some, (a, b) -> Arrays.compareUnsigned(pieces[a], pieces[b]));
            for (int i = 0; i < some.length; i++) {
                tokens[from + i] = some[i];
            }
        }
    }
}
