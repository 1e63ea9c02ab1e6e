package moka.tokenizer;

/** RWKV's tokenizer: the longest token that the text begins with, again and again; on bytes. Immutable once made. */
final class GreedyModel implements TextModel {
    private final Vocabulary vocabulary;
    private final ByteTrie trie;
    private final int unknown;

    /** @param unknown the token for a byte that begins no token, or -1 to drop it */
    GreedyModel(Vocabulary vocabulary, int unknown) {
        this.vocabulary = vocabulary;
        this.unknown = unknown;
        trie = new ByteTrie(vocabulary.size() * 2);
        for (int id = 0; id < vocabulary.size(); id++) {
            byte[] text = PythonEscapes.decode(vocabulary.texts().get(id));
            if (text.length > 0) {
                trie.add(text, 0, text.length, id);
            }
        }
    }

    @Override
    public int find(String text) {
        byte[] bytes = Utf8.padded(text);
        return trie.find(bytes, 0, bytes.length - Utf8.PADDING);
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        return (text, from, to, ids) -> {
            int at = from;
            while (at < to) {
                int end = at;
                int token = -1;
                int node = trie.child(ByteTrie.ROOT, text[at]);
                for (int next = at + 1; node != ByteTrie.NONE; next++) {
                    int found = trie.token(node);
                    if (found != ByteTrie.NONE && guard.allows(found)) {
                        token = found;
                        end = next;
                    }
                    if (next >= to) {
                        break;
                    }
                    node = trie.child(node, text[next]);
                }
                if (token < 0) {
                    token = unknown;
                    end = at + 1;
                }
                if (token >= 0) {
                    ids.add(token);
                }
                at = end;
            }
        };
    }
}
