package moka.tokenizer;

import java.util.Optional;
import moka.gguf.MetadataValue.ArrayValue;

/**
 * Byte-pair encoding: text is cut into pieces, and in each the pair of symbols that comes first in a list of merges is merged until none
 * is left. Immutable but for what it finds out when first asked; {@link #newEncoder} gives the working part.
 */
final class BytePairModel implements TextModel {
    private static final byte UNTRIED = 0;
    private static final byte WHOLE = 1;
    private static final byte SPLIT = 2;

    private final Splitter splitter;
    private final Options options;
    /** Tokens by the bytes that they stand for. */
    private final ByteStringIndex index;
    /** Tokens whose texts have other characters than byte letters: special ones. */
    private final ByteStringIndex verbatim;
    /** Whether merging the bytes of a token gives the token; threads that find it out at the same time find the same. */
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
    public TextEncoder newEncoder(Guard guard) {
        return new Encoder(guard);
    }

    private final class Encoder implements TextEncoder {
        private final Guard guard;
        private final PieceCache cache = new PieceCache();
        private final Splitter.Sink encodePiece = this::encodePiece;
        private IdBuffer ids = new IdBuffer(0);
        private Optional<Merger> merger = Optional.empty();

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
            int length = to - from;
            if (length > PieceCache.LONGEST) {
                form(text, from, to);
            } else if (!cache.find(text, from, length, ids)) {
                int before = ids.size();
                form(text, from, to);
                cache.add(ids, before);
            }
        }

        private void form(byte[] text, int from, int to) {
            int found = index.find(text, from, to - from);
            if (found >= 0 && guard.allows(found) && takesWhole(found, text, from, to)) {
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
                Merger ready = merger();
                known = ready.merge(text, from, to) == 1 && ready.symbol(0) == token ? WHOLE : SPLIT;
                wholeness[token] = known;
            }
            return known == WHOLE;
        }

        private void merge(byte[] text, int from, int to) {
            Merger ready = merger();
            int count = ready.merge(text, from, to);
            for (int i = 0; i < count; i++) {
                int symbol = ready.symbol(i);
                if (symbol >= 0 && symbol < wholeness.length && guard.allows(symbol)) {
                    ids.add(symbol);
                } else {
                    addBytes(text, ready.start(i), ready.end(i));
                }
            }
        }

        private Merger merger() {
            if (merger.isEmpty()) {
                merger = Optional.of(new Merger(rules().table(), rules().alphabet()));
            }
            return merger.get();
        }

        /** A symbol that is no token: its bytes, as far as they are tokens. */
        private void addBytes(byte[] text, int from, int to) {
            for (int i = from; i < to; i++) {
                int token = rules().byteToken(text[i]);
                if (token >= 0) {
                    ids.add(token);
                }
            }
        }
    }
}
