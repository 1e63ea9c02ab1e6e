package moka.tokenizer;

import java.util.Optional;
import moka.gguf.MetadataValue.ArrayValue;

/**
 * The merges of a byte-pair vocabulary, with the symbols that they begin with. Symbols are numbered as the tokens with the same bytes;
 * those that are no tokens (merges may pass through such) have the numbers after. Immutable once read.
 */
final class MergeRules {
    private final ByteStringIndex tokens;
    private final int tokenCount;
    private final boolean byteLevel;
    private final ByteStringIndex others = new ByteStringIndex(new ByteStrings(16, 8), 16);
    private final MergeTable table;
    private final Alphabet alphabet;
    /** Token of a single byte, or -1. */
    private final int[] byteTokens = new int[256];

    private MergeRules(ByteStringIndex tokens, int tokenCount, boolean byteLevel, int mergeCount) {
        this.tokens = tokens;
        this.tokenCount = tokenCount;
        this.byteLevel = byteLevel;
        if (mergeCount > MergeTable.MAX_MERGES) {
            throw new TokenizerException(
                    "'tokenizer.ggml.merges' has " + mergeCount + " entries, expected at most " + MergeTable.MAX_MERGES);
        }
        if (tokenCount > MergeTable.MAX_SYMBOLS) {
            throw new TokenizerException("a vocabulary with merges has " + tokenCount + " tokens, expected at most " + MergeTable.MAX_SYMBOLS);
        }
        table = new MergeTable(mergeCount);
        var symbolOfByte = new int[256];
        alphabet = byteLevel ? bytes(symbolOfByte) : this::characters;
        findBytes(symbolOfByte);
    }

    /** @param tokens by the bytes that they stand for */
    static MergeRules read(ByteStringIndex tokens, int tokenCount, boolean byteLevel, Optional<ArrayValue> mergeList) {
        var rules = new MergeRules(tokens, tokenCount, byteLevel, mergeList.map(ArrayValue::size).orElse(0));
        mergeList.ifPresent(rules::read);
        return rules;
    }

    MergeTable table() {
        return table;
    }

    Alphabet alphabet() {
        return alphabet;
    }

    int byteToken(byte b) {
        return byteTokens[b & 0xFF];
    }

    WordBoundaries wordBoundaries() {
        return new WordBoundaries().with(tokens.strings()).with(others.strings());
    }

    private void read(ArrayValue mergeList) {
        var pair = new byte[256];
        int merged = 0;
        var recent = new RecentSymbols();
        for (int rank = 0; rank < mergeList.size(); rank++) {
            byte[] merge = mergeList.stringBytes(rank);
            int space = indexOfSpace(merge);
            if (space < 0) {
                continue;
            }
            if (pair.length < merge.length + Utf8.PADDING) {
                pair = new byte[merge.length + Utf8.PADDING];
            }
            int left = copy(merge, 0, space, pair, 0);
            int right = left < 0 ? -1 : copy(merge, space + 1, merge.length, pair, left);
            if (right > 0) {
                merged = merged(pair, left + right, merged);
                table.add(recent.find(pair, 0, left, this::symbol), recent.find(pair, left, right, this::symbol), rank, merged);
            }
        }
    }

    /** A symbol may begin with a space where the file writes spaces so. */
    private static int indexOfSpace(byte[] merge) {
        for (int i = 1; i < merge.length; i++) {
            if (merge[i] == ' ') {
                return i;
            }
        }
        return -1;
    }

    private int copy(byte[] from, int start, int end, byte[] to, int offset) {
        if (byteLevel) {
            return ByteLetters.decode(from, start, end, to, offset);
        }
        System.arraycopy(from, start, to, offset, end - start);
        return end - start;
    }

    /** The symbol that a merge makes: as a rule that of the merge before it or the next, which lie near in memory. */
    private int merged(byte[] text, int length, int before) {
        for (int guess = before; guess <= before + 1; guess++) {
            if (guess < tokenCount && tokens.isFound(guess, text, 0, length)) {
                return guess;
            }
        }
        return symbol(text, 0, length);
    }

    private int symbol(byte[] text, int from, int length) {
        int token = tokens.find(text, from, length);
        if (token >= 0) {
            return token;
        }
        int other = others.find(text, from, length);
        if (other < 0) {
            other = others.strings().add(text, from, length);
            others.add(other);
            if (tokenCount + other >= MergeTable.MAX_SYMBOLS) {
                throw new TokenizerException("vocabulary and merges have more than " + MergeTable.MAX_SYMBOLS + " different texts");
            }
        }
        return tokenCount + other;
    }

    private void findBytes(int[] symbolOfByte) {
        var text = new byte[6 + Utf8.PADDING];
        for (int b = 0; b < 256; b++) {
            text[0] = (byte) b;
            if (byteLevel) {
                symbolOfByte[b] = symbol(text, 0, 1);
                byteTokens[b] = tokens.find(text, 0, 1);
            } else {
                byteTokens[b] = tokens.find(text, 0, Vocabulary.writeByteTokenText(b, text));
            }
        }
    }

    private static Alphabet bytes(int[] symbolOfByte) {
        return (text, from, to, symbols, starts) -> {
            for (int i = from; i < to; i++) {
                symbols[i - from] = symbolOfByte[text[i] & 0xFF];
                starts[i - from] = i;
            }
            return to - from;
        };
    }

    private int characters(byte[] text, int from, int to, int[] symbols, int[] starts) {
        int count = 0;
        for (int at = from; at < to; count++) {
            int length = Math.min(Utf8.length(text[at]), to - at);
            int token = tokens.find(text, at, length);
            int other = token >= 0 ? -1 : others.find(text, at, length);
            symbols[count] = other >= 0 ? tokenCount + other : token;
            starts[count] = at;
            at += length;
        }
        return count;
    }
}
