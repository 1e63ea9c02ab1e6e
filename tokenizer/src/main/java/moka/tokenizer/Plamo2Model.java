package moka.tokenizer;

/**
 * PLaMo 2's tokenizer: of all ways to cut the text into tokens that with the best sum of scores, found from the end of the text to its
 * beginning. Scores count in steps of 1e-4; a character that no token covers costs 1000 and becomes byte tokens. Immutable once made.
 */
final class Plamo2Model implements TextModel {
    private static final long UNKNOWN_COST = 10_000_000;
    /** Scores beyond this (a million) are cut, so that sums over the longest text do not overflow. */
    private static final double HIGHEST_COST = 1e10;
    private static final int BYTE_ORDER_MARK = 0xFEFF;

    private final Vocabulary vocabulary;
    private final ByteTrie trie;
    private final int[] byteTokens = new int[256];

    Plamo2Model(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        trie = new ByteTrie(vocabulary.size() * 2);
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.is(id, Attributes.BYTE)) {
                byteTokens[vocabulary.byteOf(id) & 0xFF] = id;
            } else {
                trie.add(vocabulary.texts().bytes(), vocabulary.texts().offset(id), vocabulary.texts().length(id), id);
            }
        }
    }

    @Override
    public int find(String text) {
        byte[] bytes = Utf8.padded(text);
        return trie.find(bytes, 0, bytes.length - Utf8.PADDING);
    }

    /** The score in steps of 1e-4, rounded half away from zero, with its sign turned. */
    private long cost(int token) {
        float score = vocabulary.score(token);
        long steps = Math.round(Math.min(HIGHEST_COST, Math.abs(score * 1e4)));
        return score < 0 ? steps : -steps;
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        return (text, from, to, ids) -> {
            int start = Utf8.codePoint(text, from) == BYTE_ORDER_MARK ? Math.min(to, from + Utf8.length(text[from])) : from;
            var costs = new long[to - start + 1];
            var tokens = new int[to - start];
            var ends = new int[to - start];
            for (int at = to - 1; at >= start; at--) {
                if ((text[at] & 0xC0) != 0x80) {
                    choose(text, at, to, start, guard, costs, tokens, ends);
                }
            }
            for (int at = start; at < to; at = ends[at - start]) {
                int token = tokens[at - start];
                if (token >= 0) {
                    ids.add(token);
                } else {
                    for (int i = at; i < ends[at - start]; i++) {
                        ids.add(byteTokens[text[i] & 0xFF]);
                    }
                }
            }
        };
    }

    /** Notes the best token at {@code at}: of equally good ones the longest. */
    private void choose(byte[] text, int at, int to, int start, Guard guard, long[] costs, int[] tokens, int[] ends) {
        long best = Long.MAX_VALUE;
        int bestToken = -1;
        int bestEnd = at;
        int node = trie.child(ByteTrie.ROOT, text[at]);
        for (int end = at + 1; node != ByteTrie.NONE; end++) {
            int token = trie.token(node);
            boolean whole = end == to || (text[end] & 0xC0) != 0x80;
            if (token != ByteTrie.NONE && whole && guard.allows(token)) {
                long cost = costs[end - start] + cost(token);
                if (cost <= best) {
                    best = cost;
                    bestToken = token;
                    bestEnd = end;
                }
            }
            if (end >= to) {
                break;
            }
            node = trie.child(node, text[end]);
        }
        int afterCharacter = Math.min(to, at + Utf8.length(text[at]));
        if (costs[afterCharacter - start] + UNKNOWN_COST < best) {
            best = costs[afterCharacter - start] + UNKNOWN_COST;
            bestToken = -1;
            bestEnd = afterCharacter;
        }
        costs[at - start] = best;
        tokens[at - start] = bestToken;
        ends[at - start] = bestEnd;
    }
}
