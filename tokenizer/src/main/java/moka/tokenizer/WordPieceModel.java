package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/**
 * BERT's tokenizer: text is cleaned, lower-cased and stripped of accents where the model was trained so, cut into words at white space,
 * punctuation and Chinese characters, and each word is covered by the longest tokens from the left; a word that cannot be is one unknown
 * token. The first token of a word carries U+2581 in the file. Immutable once made.
 *
 * <p>This follows the tokenizer that the models were trained with (transformers' BertTokenizer), not llama.cpp, where they differ.
 */
final class WordPieceModel implements TextModel {
    private static final byte[] WORD_BEGINNING = "\u2581".getBytes(StandardCharsets.UTF_8);
    /** Longer words are unknown, as in the original. */
    private static final int LONGEST_WORD = 100;

    private final ByteTrie trie;
    private final int unknown;
    private final boolean lowercase;
    private final boolean stripAccents;

    WordPieceModel(Vocabulary vocabulary, int unknown, boolean lowercase, boolean stripAccents) {
        this.unknown = unknown;
        this.lowercase = lowercase;
        this.stripAccents = stripAccents;
        trie = new ByteTrie(vocabulary.size() * 2);
        ByteStrings texts = vocabulary.texts();
        for (int id = 0; id < vocabulary.size(); id++) {
            trie.add(texts.bytes(), texts.offset(id), texts.length(id), id);
        }
    }

    @Override
    public int find(String text) {
        byte[] bytes = Utf8.padded(text);
        return trie.find(bytes, 0, bytes.length - Utf8.PADDING);
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        return new Encoder(guard);
    }

    private final class Encoder implements TextEncoder {
        private final Guard guard;
        private final byte[] word = new byte[WORD_BEGINNING.length + 4 * (LONGEST_WORD + 1)];
        private int wordEnd = WORD_BEGINNING.length;
        private int wordLength;
        private IdBuffer ids = new IdBuffer(0);

        Encoder(Guard guard) {
            this.guard = guard;
            System.arraycopy(WORD_BEGINNING, 0, word, 0, WORD_BEGINNING.length);
        }

        @Override
        public void encode(byte[] text, int from, int to, IdBuffer into) {
            ids = into;
            for (int at = from; at < to; at += Utf8.length(text[at])) {
                int b = text[at];
                if (b >= 'a' && b <= 'z' || !lowercase && b >= 'A' && b <= 'Z') {
                    append(b);
                } else {
                    accept(Utf8.codePoint(text, at));
                }
            }
            finishWord();
        }

        private void accept(int codePoint) {
            if (isDropped(codePoint)) {
                return;
            }
            if ((CharacterClasses.of(codePoint) & CharacterClasses.SPACE) != 0) {
                finishWord();
            } else if (isChinese(codePoint)) {
                finishWord();
                acceptDecomposed(codePoint);
                finishWord();
            } else {
                acceptDecomposed(codePoint);
            }
        }

        private void acceptDecomposed(int codePoint) {
            if (stripAccents && codePoint >= 0xC0 && CharacterClasses.isAssigned(codePoint)) {
                String decomposed = Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFD);
                for (int i = 0; i < decomposed.length(); i += Character.charCount(decomposed.codePointAt(i))) {
                    int c = decomposed.codePointAt(i);
                    if (Character.getType(c) != Character.NON_SPACING_MARK) {
                        acceptCased(c);
                    }
                }
            } else {
                acceptCased(codePoint);
            }
        }

        private void acceptCased(int codePoint) {
            if (lowercase && codePoint == 0x130) {
                append('i');
                append(0x307);
                return;
            }
            int c = lowercase ? WordsModel.lowercase(codePoint) : codePoint;
            if (isPunctuation(c)) {
                finishWord();
                append(c);
                finishWord();
            } else {
                append(c);
            }
        }

        private void append(int codePoint) {
            if (wordLength < LONGEST_WORD) {
                wordEnd = Utf8.put(codePoint, word, wordEnd);
            }
            wordLength++;
        }

        private void finishWord() {
            if (wordLength == 0) {
                return;
            }
            int before = ids.size();
            if (wordLength > LONGEST_WORD || !coverWord()) {
                ids.truncate(before);
                if (unknown >= 0) {
                    ids.add(unknown);
                }
            }
            wordLength = 0;
            wordEnd = WORD_BEGINNING.length;
        }

        private boolean coverWord() {
            for (int at = 0; at < wordEnd; ) {
                int end = at;
                int token = -1;
                int node = trie.child(ByteTrie.ROOT, word[at]);
                for (int next = at + 1; node != ByteTrie.NONE; next++) {
                    int found = trie.token(node);
                    if (found != ByteTrie.NONE && guard.allows(found)) {
                        token = found;
                        end = next;
                    }
                    if (next >= wordEnd) {
                        break;
                    }
                    node = trie.child(node, word[next]);
                }
                if (token < 0) {
                    return false;
                }
                ids.add(token);
                at = end;
            }
            return true;
        }
    }

    /** NUL, U+FFFD, and the general category Other but for tabs and line ends (unassigned code points stay). */
    private static boolean isDropped(int codePoint) {
        if (codePoint >= ' ' && codePoint < 0x7F || codePoint == '\t' || codePoint == '\n' || codePoint == '\r') {
            return false;
        }
        return codePoint == 0xFFFD
                || switch (Character.getType(codePoint)) {
                    case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
                    default -> false;
                };
    }

    private static boolean isPunctuation(int codePoint) {
        return (CharacterClasses.of(codePoint) & CharacterClasses.PUNCTUATION) != 0
                || codePoint < 0x80 && (CharacterClasses.of(codePoint) & CharacterClasses.SYMBOL) != 0;
    }

    /** The ranges of the original (one begins at U+2B920, probably by mistake). */
    private static boolean isChinese(int c) {
        return c >= 0x4E00 && c <= 0x9FFF
                || c >= 0x3400 && c <= 0x4DBF
                || c >= 0x20000 && c <= 0x2A6DF
                || c >= 0x2A700 && c <= 0x2B73F
                || c >= 0x2B740 && c <= 0x2B81F
                || c >= 0x2B920 && c <= 0x2CEAF
                || c >= 0xF900 && c <= 0xFAFF
                || c >= 0x2F800 && c <= 0x2FA1F;
    }
}
