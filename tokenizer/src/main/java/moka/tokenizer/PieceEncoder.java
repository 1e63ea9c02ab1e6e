package moka.tokenizer;

import java.util.Optional;

/**
 * Encodes pieces by merging: a piece that was met a moment ago is looked up, one that is a token and known to merge to it is that token, all
 * others are merged. Scratch space, not thread-safe.
 */
final class PieceEncoder {
    private static final byte UNTRIED = 0;
    private static final byte WHOLE = 1;
    private static final byte SPLIT = 2;

    private final Symbols symbols;
    private final Guard guard;
    private final PieceCache cache = new PieceCache();
    private Optional<Merger> merger = Optional.empty();

    /** What merging works with. Safe for use by many threads. */
    interface Symbols {
        /** Tokens by their bytes. */
        ByteStringIndex index();

        /** By id, whether merging the bytes of a token gives the token; threads that find it out at the same time find the same. */
        byte[] wholeness();

        /** Whether a piece that is a token and begins with a byte is taken whole without merging. */
        boolean takesWhole(byte first);

        Merger newMerger();

        /** The token of a byte of a symbol that is no token, or -1 to drop it. */
        int byteToken(byte b);
    }

    PieceEncoder(Symbols symbols, Guard guard) {
        this.symbols = symbols;
        this.guard = guard;
    }

    /** Appends the ids of {@code text[from, to)}. The array has {@link Utf8#PADDING} bytes after the text. */
    void encode(byte[] text, int from, int to, IdBuffer ids) {
        int length = to - from;
        if (length > PieceCache.LONGEST) {
            form(text, from, to, ids);
        } else if (!cache.find(text, from, length, ids)) {
            int before = ids.size();
            form(text, from, to, ids);
            cache.add(ids, before);
        }
    }

    private void form(byte[] text, int from, int to, IdBuffer ids) {
        int found = symbols.index().find(text, from, to - from);
        if (found >= 0 && guard.allows(found) && (symbols.takesWhole(text[from]) || isWhole(found, text, from, to))) {
            ids.add(found);
        } else {
            merge(text, from, to, ids);
        }
    }

    private boolean isWhole(int token, byte[] text, int from, int to) {
        byte known = symbols.wholeness()[token];
        if (known == UNTRIED) {
            Merger ready = merger();
            known = ready.merge(text, from, to) == 1 && ready.symbol(0) == token ? WHOLE : SPLIT;
            symbols.wholeness()[token] = known;
        }
        return known == WHOLE;
    }

    private void merge(byte[] text, int from, int to, IdBuffer ids) {
        Merger ready = merger();
        int count = ready.merge(text, from, to);
        int tokenCount = symbols.wholeness().length;
        for (int i = 0; i < count; i++) {
            int symbol = ready.symbol(i);
            if (symbol >= 0 && symbol < tokenCount && guard.allows(symbol)) {
                ids.add(symbol);
            } else {
                addBytes(text, ready.start(i), ready.end(i), ids);
            }
        }
    }

    private Merger merger() {
        if (merger.isEmpty()) {
            merger = Optional.of(symbols.newMerger());
        }
        return merger.get();
    }

    /** A symbol that is no token: its bytes, as far as they are tokens. */
    private void addBytes(byte[] text, int from, int to, IdBuffer ids) {
        for (int i = from; i < to; i++) {
            int token = symbols.byteToken(text[i]);
            if (token >= 0) {
                ids.add(token);
            }
        }
    }
}
