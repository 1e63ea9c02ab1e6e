package moka.tokenizer;

import java.util.Arrays;

/**
 * SentencePiece's unigram model, as T5 has it: text is normalized, and of all ways to cut it into tokens the one with the best sum of
 * scores is taken (Viterbi, in double precision). Immutable once made.
 */
final class UnigramModel implements TextModel {
    private static final byte[] SPACE = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};
    /** U+FFFD. */
    private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};
    /** How much worse than the worst token an unknown character is. */
    private static final float UNKNOWN_PENALTY = 10;

    private final Vocabulary vocabulary;
    private final ByteTrie trie;
    /** Tokens that text never becomes; ascending. */
    private final int[] special;

    private final CharacterMap characterMap;
    private final int unknown;
    private final boolean spacePrefix;
    private final boolean mergeSpaces;
    private final float unknownScore;

    /**
     * @param spacePrefix a space is put before each stretch of text
     * @param mergeSpaces runs of spaces become one, and those at the ends are dropped
     */
    UnigramModel(Vocabulary vocabulary, CharacterMap characterMap, int unknown, boolean spacePrefix, boolean mergeSpaces) {
        this.vocabulary = vocabulary;
        this.characterMap = characterMap;
        this.unknown = unknown;
        this.spacePrefix = spacePrefix;
        this.mergeSpaces = mergeSpaces;
        trie = new ByteTrie(vocabulary.size() * 2);
        var others = new IdBuffer(16);
        float lowest = Float.MAX_VALUE;
        ByteStrings texts = vocabulary.texts();
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.is(id, Attributes.NORMAL)) {
                lowest = Math.min(lowest, vocabulary.score(id));
            }
            if (vocabulary.is(id, Attributes.NORMAL | Attributes.USER_DEFINED | Attributes.UNUSED)) {
                trie.add(texts.bytes(), texts.offset(id), texts.length(id), id);
            } else {
                others.add(id);
            }
        }
        special = others.toArray();
        unknownScore = lowest - UNKNOWN_PENALTY;
    }

    @Override
    public int find(String text) {
        byte[] bytes = Utf8.padded(text);
        int length = bytes.length - Utf8.PADDING;
        int found = trie.find(bytes, 0, length);
        for (int id : special) {
            boolean earlier = found < 0 || id < found;
            if (earlier && Arrays.equals(vocabulary.texts().get(id), Arrays.copyOf(bytes, length))) {
                return id;
            }
        }
        return found;
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        return (text, from, to, ids) -> {
            byte[] normalized = new Normalization(to - from).of(text, from, to);
            cut(normalized, guard, ids);
        };
    }

    /** Viterbi, left to right: a token replaces another that ends at the same place only if it is strictly better. */
    private void cut(byte[] text, Guard guard, IdBuffer ids) {
        if (text.length == 0) {
            return;
        }
        var scores = new double[text.length + 1];
        var tokens = new int[text.length + 1];
        var starts = new int[text.length + 1];
        Arrays.fill(scores, 1, scores.length, Double.NEGATIVE_INFINITY);
        for (int at = 0; at < text.length; ) {
            int next = Math.min(text.length, at + Utf8.length(text[at]));
            boolean characterIsToken = false;
            double score = scores[at];
            int node = trie.child(ByteTrie.ROOT, text[at]);
            for (int end = at + 1; node != ByteTrie.NONE; end++) {
                int token = trie.token(node);
                if (token != ByteTrie.NONE && guard.allows(token)) {
                    characterIsToken |= end == next;
                    double candidate = score + (vocabulary.is(token, Attributes.USER_DEFINED) ? 0 : vocabulary.score(token));
                    if (candidate > scores[end]) {
                        scores[end] = candidate;
                        tokens[end] = token;
                        starts[end] = at;
                    }
                }
                if (end >= text.length) {
                    break;
                }
                node = trie.child(node, text[end]);
            }
            if (!characterIsToken && score + unknownScore > scores[next]) {
                scores[next] = score + unknownScore;
                tokens[next] = unknown;
                starts[next] = at;
            }
            at = next;
        }
        collect(tokens, starts, text.length, ids);
    }

    /** The best path, read from its end; unknown tokens beside each other are one. */
    private void collect(int[] tokens, int[] starts, int length, IdBuffer ids) {
        var path = new IdBuffer(length / 2);
        for (int end = length; end > 0; end = starts[end]) {
            boolean repeated = tokens[end] == unknown && path.size() > 0 && path.get(path.size() - 1) == unknown;
            if (!repeated) {
                path.add(tokens[end]);
            }
        }
        for (int i = path.size() - 1; i >= 0; i--) {
            if (path.get(i) >= 0) {
                ids.add(path.get(i));
            }
        }
    }

    /** Replaces characters, and writes spaces as the vocabulary has them. */
    private final class Normalization {
        /** Text grows to the elevenfold at most (U+FDFA); what grows beyond this is a damaged map. */
        private static final int GROWTH = 64;

        private final int longest;
        private byte[] result;
        private int size;
        private boolean inWord;
        private boolean prefixed;

        Normalization(int length) {
            longest = (int) Math.min(Integer.MAX_VALUE - 8, (length + 16L) * GROWTH);
            result = new byte[length + length / 4 + 16];
        }

        byte[] of(byte[] text, int from, int to) {
            for (int at = from; at < to; ) {
                long match = characterMap.longestMatch(text, at, to);
                if (match != 0) {
                    int offset = (int) match;
                    append(characterMap.replacements(), offset, characterMap.replacementEnd(offset));
                    at += (int) (match >>> 32);
                } else if (Utf8.isDecodable(text, at, to)) {
                    int end = at + Utf8.length(text[at]);
                    append(text, at, end);
                    at = end;
                } else {
                    append(REPLACEMENT, 0, REPLACEMENT.length);
                    at++;
                }
            }
            return Arrays.copyOf(result, size);
        }

        private void append(byte[] from, int start, int end) {
            for (int i = start; i < end; i++) {
                if (from[i] == ' ') {
                    inWord = false;
                    if (!mergeSpaces) {
                        appendSpace();
                    }
                    continue;
                }
                if (!inWord) {
                    inWord = true;
                    if (mergeSpaces || spacePrefix && !prefixed) {
                        appendSpace();
                        prefixed = true;
                    }
                }
                reserve(1);
                result[size++] = from[i];
            }
        }

        private void appendSpace() {
            reserve(SPACE.length);
            System.arraycopy(SPACE, 0, result, size, SPACE.length);
            size += SPACE.length;
        }

        private void reserve(int more) {
            if (size + more > longest) {
                throw new TokenizerException(
                        "'tokenizer.ggml.precompiled_charsmap' makes text more than " + GROWTH + " times as long: it is damaged");
            }
            if (size + more > result.length) {
                result = Arrays.copyOf(result, (int) Math.min(longest, result.length * 2L));
            }
        }
    }
}
