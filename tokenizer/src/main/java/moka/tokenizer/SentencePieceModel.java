package moka.tokenizer;

import java.util.Arrays;

/**
 * SentencePiece's byte-pair encoding: the whole text is one piece, spaces are written U+2581, and of all neighbours whose texts together
 * are a token those with the highest score merge first. What is left and no token becomes byte tokens. Immutable but for what it finds out
 * when first asked.
 */
final class SentencePieceModel implements TextModel, Merges, PieceEncoder.Symbols {
    private final Vocabulary vocabulary;
    private final ByteStringIndex index;
    private final int longest;
    private final int[] byteTokens = new int[256];
    private final boolean spacePrefix;
    private final WordBoundaries boundaries;
    private final byte[] wholeness;

    /**
     * @param unknown the token for bytes that are no tokens, or -1 to drop them
     * @param spacePrefix whether a space is put before each stretch of text
     */
    SentencePieceModel(Vocabulary vocabulary, int unknown, boolean spacePrefix) {
        this.vocabulary = vocabulary;
        this.spacePrefix = spacePrefix;
        boundaries = new WordBoundaries().with(vocabulary.texts());
        wholeness = new byte[vocabulary.size()];
        index = new ByteStringIndex(vocabulary.texts(), vocabulary.size());
        int longestText = 0;
        for (int id = 0; id < vocabulary.size(); id++) {
            index.add(id);
            longestText = Math.max(longestText, vocabulary.texts().length(id));
        }
        longest = longestText;
        Arrays.fill(byteTokens, unknown);
        var text = new byte[6 + Utf8.PADDING];
        for (int b = 0; b < 256; b++) {
            int found = index.find(text, 0, Vocabulary.writeByteTokenText(b, text));
            if (found < 0) {
                text[0] = (byte) b;
                found = index.find(text, 0, 1);
            }
            if (found >= 0) {
                byteTokens[b] = found;
            }
        }
    }

    @Override
    public long merge(int left, int right, byte[] text, int from, int to) {
        if (to - from > longest) {
            return NONE;
        }
        int token = index.find(text, from, to - from);
        return token < 0 ? NONE : (long) order(vocabulary.score(token)) << 32 | token;
    }

    /** A number that is lower for higher scores. */
    private static int order(float score) {
        int bits = Float.floatToIntBits(0f - score);
        return bits < 0 ? bits ^ 0x7FFFFFFF : bits;
    }

    private int characters(byte[] text, int from, int to, int[] symbols, int[] starts) {
        int count = 0;
        for (int at = from; at < to; count++) {
            int length = Math.min(Utf8.length(text[at]), to - at);
            symbols[count] = index.find(text, at, length);
            starts[count] = at;
            at += length;
        }
        return count;
    }

    @Override
    public int find(String text) {
        byte[] bytes = Utf8.padded(text);
        return index.find(bytes, 0, bytes.length - Utf8.PADDING);
    }

    @Override
    public ByteStringIndex index() {
        return index;
    }

    @Override
    public byte[] wholeness() {
        return wholeness;
    }

    @Override
    public boolean takesWhole(byte first) {
        return false;
    }

    @Override
    public Merger newMerger() {
        return new Merger(this, this::characters);
    }

    @Override
    public int byteToken(byte b) {
        return byteTokens[b & 0xFF];
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        var pieces = new PieceEncoder(this, guard);
        return (text, from, to, ids) -> {
            byte[] escaped = Spaces.escaped(text, from, to, spacePrefix);
            int length = escaped.length - Utf8.PADDING;
            for (int at = 0; at < length; ) {
                int end = boundaries.end(escaped, at, length);
                pieces.encode(escaped, at, end, ids);
                at = end;
            }
        };
    }
}
