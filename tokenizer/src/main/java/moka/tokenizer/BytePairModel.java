package moka.tokenizer;

import java.util.Arrays;
import java.util.Optional;
import moka.gguf.MetadataValue.ArrayValue;

/**
 * Byte-pair encoding: text is cut into pieces, and in each the pair of symbols that comes first in a list of merges is merged until none
 * is left. Immutable once made; {@link #newEncoder} gives the working part.
 */
final class BytePairModel implements TextModel {
    private static final byte UNTRIED = 0;
    private static final byte WHOLE = 1;
    private static final byte SPLIT = 2;

    private final Vocabulary vocabulary;
    private final Splitter splitter;
    private final Options options;
    /** Tokens by the bytes they stand for, then symbols that merges make although they are no tokens. */
    private final ByteStrings symbols;

    private final ByteStringIndex index;
    /** Tokens whose texts have other characters than byte letters: special ones. */
    private final ByteStringIndex verbatim;

    private final MergeTable merges;
    private final Alphabet alphabet;
    /** Token of a single byte, or -1. */
    private final int[] byteTokens = new int[256];

    /** Whether merging the bytes of a token gives the token: found out when first asked; threads may find it out twice. */
    private final byte[] wholeness;

    /**
     * @param byteLevel symbols begin as bytes, and the file writes them in byte letters; else they begin as characters
     * @param escapeSpaces spaces are written U+2581
     * @param ignoreMerges a piece that is a token is taken whole, without merging
     * @param wholeLineEnds a run of line ends that is a token is taken whole
     */
    record Options(boolean byteLevel, boolean escapeSpaces, boolean ignoreMerges, boolean wholeLineEnds) {}

    /** @param mergeList {@code tokenizer.ggml.merges}: left and right symbol with a space between them */
    BytePairModel(Vocabulary vocabulary, Splitter splitter, Options options, Optional<ArrayValue> mergeList) {
        this.vocabulary = vocabulary;
        this.splitter = splitter;
        this.options = options;
        int tokenCount = vocabulary.size();
        symbols = new ByteStrings(tokenCount, 8);
        index = new ByteStringIndex(symbols, tokenCount);
        verbatim = new ByteStringIndex(vocabulary.texts(), 64);
        indexTokens();
        merges = new MergeTable(mergeList.map(ArrayValue::size).orElse(0));
        mergeList.ifPresent(this::readMerges);
        wholeness = new byte[tokenCount];
        alphabet = options.byteLevel ? byteAlphabet() : this::characters;
        findByteTokens();
    }

    private void indexTokens() {
        ByteStrings texts = vocabulary.texts();
        byte[] text = texts.bytes();
        var decoded = new byte[256];
        for (int id = 0; id < texts.size(); id++) {
            int from = texts.offset(id);
            int length = texts.length(id);
            if (options.byteLevel) {
                if (length > decoded.length) {
                    decoded = new byte[length];
                }
                length = ByteLetters.decode(text, from, from + length, decoded, 0);
                symbols.add(decoded, 0, Math.max(length, 0));
            } else {
                symbols.add(text, from, length);
            }
            if (length > 0) {
                index.add(id);
            } else {
                verbatim.add(id);
            }
        }
    }

    private void readMerges(ArrayValue mergeList) {
        var pair = new byte[256];
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
            if (right >= 0) {
                merges.add(symbol(pair, 0, left), symbol(pair, left, right), rank, symbol(pair, 0, left + right));
            }
        }
    }

    private int copy(byte[] from, int start, int end, byte[] to, int offset) {
        if (options.byteLevel) {
            return ByteLetters.decode(from, start, end, to, offset);
        }
        System.arraycopy(from, start, to, offset, end - start);
        return end - start;
    }

    private static int indexOfSpace(byte[] merge) {
        for (int i = 1; i < merge.length; i++) {
            if (merge[i] == ' ') {
                return i;
            }
        }
        return -1;
    }

    /** The symbol of a text; a new one if it is no token. */
    private int symbol(byte[] text, int from, int length) {
        int found = index.find(text, from, length);
        if (found < 0) {
            found = symbols.add(text, from, length);
            index.add(found);
        }
        return found;
    }

    private Alphabet byteAlphabet() {
        var symbolOfByte = new int[256];
        var one = new byte[1 + Utf8.PADDING];
        for (int b = 0; b < 256; b++) {
            one[0] = (byte) b;
            symbolOfByte[b] = index.find(one, 0, 1);
        }
        return (text, from, to, result, starts) -> {
            for (int i = from; i < to; i++) {
                result[i - from] = symbolOfByte[text[i] & 0xFF];
                starts[i - from] = i;
            }
            return to - from;
        };
    }

    private int characters(byte[] text, int from, int to, int[] result, int[] starts) {
        int count = 0;
        for (int at = from; at < to; count++) {
            int length = Math.min(Utf8.length(text[at]), to - at);
            result[count] = index.find(text, at, length);
            starts[count] = at;
            at += length;
        }
        return count;
    }

    private void findByteTokens() {
        Arrays.fill(byteTokens, -1);
        for (int b = 0; b < 256; b++) {
            byte[] text = new byte[6 + Utf8.PADDING];
            int length = 1;
            if (options.byteLevel) {
                text[0] = (byte) b;
            } else {
                length = Vocabulary.writeByteTokenText(b, text);
            }
            int found = index.find(text, 0, length);
            byteTokens[b] = found < vocabulary.size() ? found : -1;
        }
    }

    @Override
    public int find(String text) {
        byte[] bytes = Utf8.padded(text);
        int length = bytes.length - Utf8.PADDING;
        if (!options.byteLevel) {
            return tokenOrNone(index.find(bytes, 0, length));
        }
        var decoded = new byte[bytes.length];
        int decodedLength = ByteLetters.decode(bytes, 0, length, decoded, 0);
        return decodedLength < 0 ? verbatim.find(bytes, 0, length) : tokenOrNone(index.find(decoded, 0, decodedLength));
    }

    private int tokenOrNone(int symbol) {
        return symbol < vocabulary.size() ? symbol : -1;
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        return new Encoder(guard);
    }

    private final class Encoder implements TextEncoder {
        private final Guard guard;
        private final Merger merger = new Merger(merges, alphabet);
        private IdBuffer ids = new IdBuffer(0);
        private final Splitter.Sink encodePiece = this::encodePiece;

        Encoder(Guard guard) {
            this.guard = guard;
        }

        @Override
        public void encode(byte[] text, int from, int to, IdBuffer into) {
            ids = into;
            if (options.escapeSpaces) {
                byte[] escaped = Spaces.escaped(text, from, to, false);
                splitter.split(escaped, 0, escaped.length - Utf8.PADDING, encodePiece);
            } else {
                splitter.split(text, from, to, encodePiece);
            }
        }

        private void encodePiece(byte[] text, int from, int to) {
            int found = index.find(text, from, to - from);
            if (found >= 0 && found < wholeness.length && guard.allows(found) && takesWhole(found, text, from, to)) {
                ids.add(found);
            } else {
                merge(text, from, to);
            }
        }

        private boolean takesWhole(int token, byte[] text, int from, int to) {
            return options.ignoreMerges || options.wholeLineEnds && text[from] == '\n' || isWhole(token, text, from, to);
        }

        private boolean isWhole(int token, byte[] text, int from, int to) {
            byte known = wholeness[token];
            if (known == UNTRIED) {
                boolean whole = merger.merge(text, from, to) == 1 && merger.symbol(0) == token;
                known = whole ? WHOLE : SPLIT;
                wholeness[token] = known;
            }
            return known == WHOLE;
        }

        private void merge(byte[] text, int from, int to) {
            int count = merger.merge(text, from, to);
            for (int i = 0; i < count; i++) {
                int symbol = merger.symbol(i);
                if (symbol >= 0 && symbol < wholeness.length && guard.allows(symbol)) {
                    ids.add(symbol);
                } else {
                    addBytes(text, merger.start(i), merger.end(i));
                }
            }
        }

        /** A symbol that is no token: its bytes, as far as they are tokens. */
        private void addBytes(byte[] text, int from, int to) {
            for (int i = from; i < to; i++) {
                int token = byteTokens[text[i] & 0xFF];
                if (token >= 0) {
                    ids.add(token);
                }
            }
        }
    }
}
