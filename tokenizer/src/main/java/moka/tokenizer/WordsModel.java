package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.SPACE;

/** A tokenizer that forms tokens within words and loses the white space between them. */
final class WordsModel implements TextModel {
    private final TextModel words;
    private final boolean lowercase;

    WordsModel(TextModel words, boolean lowercase) {
        this.words = words;
        this.lowercase = lowercase;
    }

    @Override
    public int find(String text) {
        return words.find(text);
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        TextEncoder encoder = words.newEncoder(guard);
        return (text, from, to, ids) -> {
            int at = from;
            while (at < to) {
                int end = WordRule.withoutClasses(text, at, to, SPACE);
                if (lowercase && at < end) {
                    byte[] lower = lowercase(text, at, end);
                    encoder.encode(lower, 0, lower.length - Utf8.PADDING, ids);
                } else if (at < end) {
                    encoder.encode(text, at, end, ids);
                }
                at = WordRule.run(text, end, to, SPACE);
            }
        };
    }

    private static byte[] lowercase(byte[] text, int from, int to) {
        // Lower case forms are at most one byte longer than their capitals (U+023A) and capitals at least two bytes long then.
        var result = new byte[(to - from) * 3 / 2 + 4 + Utf8.PADDING];
        int end = 0;
        for (int at = from; at < to; at += Utf8.length(text[at])) {
            end = Utf8.put(lowercase(Utf8.codePoint(text, at)), result, end);
        }
        return java.util.Arrays.copyOf(result, end + Utf8.PADDING);
    }

    /** The lower case form of a code point as Unicode 15.1 has it. */
    static int lowercase(int codePoint) {
        return CharacterClasses.isAssigned(codePoint) ? Character.toLowerCase(codePoint) : codePoint;
    }
}
