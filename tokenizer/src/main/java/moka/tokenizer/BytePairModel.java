package moka.tokenizer;

import java.util.Optional;
import moka.gguf.MetadataValue.ArrayValue;

/**
 * Byte-pair encoding: text is cut into pieces, and in each the pair of symbols that comes first in a list of merges is merged until none
 * is left. Immutable but for what it finds out when first asked; {@link #newEncoder} gives the working part.
 */
final class BytePairModel implements TextModel, PieceEncoder.Symbols {
    private final Splitter splitter;
    private final Options options;
    /** Tokens by the bytes that they stand for. */
    private final ByteStringIndex index;
    /** Tokens whose texts have other characters than byte letters: special ones. */
    private final ByteStringIndex verbatim;
    private final byte[] wholeness;

    private final Optional<ArrayValue> mergeList;
    /** Read when a piece first needs it: with {@link Options#ignoreMerges}, a chat's first words do not. */
    private volatile Optional<MergeRules> rules = Optional.empty();

    /**
     * @param byteLevel symbols begin as bytes, and the file writes them in byte letters; else they begin as characters
     * @param escapeSpaces spaces are written U+2581
     * @param ignoreMerges a piece that is a token is taken whole, without merging
     * @param wholeLineEnds a run of line ends that is a token is taken whole
     */
    record Options(boolean byteLevel, boolean escapeSpaces, boolean ignoreMerges, boolean wholeLineEnds) {}

    /** @param mergeList {@code tokenizer.ggml.merges}: left and right symbol with a space between them */
    BytePairModel(Vocabulary vocabulary, Splitter splitter, Options options, Optional<ArrayValue> mergeList) {
        this.splitter = splitter;
        this.options = options;
        this.mergeList = mergeList;
        wholeness = new byte[vocabulary.size()];
        verbatim = new ByteStringIndex(vocabulary.texts(), 64);
        if (options.byteLevel) {
            index = new ByteStringIndex(decodedTexts(vocabulary.texts()), vocabulary.size());
        } else {
            index = new ByteStringIndex(vocabulary.texts(), vocabulary.size());
        }
        for (int id = 0; id < vocabulary.size(); id++) {
            if (index.strings().length(id) > 0) {
                index.add(id);
            } else {
                verbatim.add(id);
            }
        }
    }

    /** The bytes that the texts stand for; empty where a text is not written in byte letters. */
    private static ByteStrings decodedTexts(ByteStrings texts) {
        var decoded = new ByteStrings(texts.size(), 8);
        var buffer = new byte[256];
        for (int id = 0; id < texts.size(); id++) {
            int from = texts.offset(id);
            int length = texts.length(id);
            if (length > buffer.length) {
                buffer = new byte[length];
            }
            decoded.add(buffer, 0, Math.max(0, ByteLetters.decode(texts.bytes(), from, from + length, buffer, 0)));
        }
        return decoded;
    }

    @Override
    public int find(String text) {
        byte[] bytes = Utf8.padded(text);
        int length = bytes.length - Utf8.PADDING;
        if (!options.byteLevel) {
            return index.find(bytes, 0, length);
        }
        var decoded = new byte[bytes.length];
        int decodedLength = ByteLetters.decode(bytes, 0, length, decoded, 0);
        return decodedLength < 0 ? verbatim.find(bytes, 0, length) : index.find(decoded, 0, decodedLength);
    }

    private MergeRules rules() {
        return rules.orElseGet(this::readRules);
    }

    private synchronized MergeRules readRules() {
        if (rules.isEmpty()) {
            rules = Optional.of(MergeRules.read(index, wholeness.length, options.byteLevel, mergeList));
        }
        return rules.get();
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
        return options.ignoreMerges || options.wholeLineEnds && first == '\n';
    }

    @Override
    public Merger newMerger() {
        return new Merger(rules().table(), rules().alphabet());
    }

    @Override
    public int byteToken(byte b) {
        return rules().byteToken(b);
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        return options.escapeSpaces ? escapingEncoder(guard) : new Encoder(guard);
    }

    private TextEncoder escapingEncoder(Guard guard) {
        var pieces = new PieceEncoder(this, guard);
        WordBoundaries boundaries = rules().wordBoundaries();
        return (text, from, to, ids) -> {
            byte[] escaped = Spaces.escaped(text, from, to, false);
            splitter.split(escaped, 0, escaped.length - Utf8.PADDING, (line, start, lineEnd) -> {
                for (int at = start; at < lineEnd; ) {
                    int end = boundaries.end(line, at, lineEnd);
                    pieces.encode(line, at, end, ids);
                    at = end;
                }
            });
        };
    }

    private final class Encoder implements TextEncoder {
        private final PieceEncoder pieces;
        private final Splitter.Sink encodePiece = this::encodePiece;
        private IdBuffer ids = new IdBuffer(0);

        Encoder(Guard guard) {
            pieces = new PieceEncoder(BytePairModel.this, guard);
        }

        @Override
        public void encode(byte[] text, int from, int to, IdBuffer into) {
            ids = into;
            splitter.split(text, from, to, encodePiece);
        }

        private void encodePiece(byte[] text, int from, int to) {
            pieces.encode(text, from, to, ids);
        }
    }
}
