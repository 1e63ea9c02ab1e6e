package moka.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * A byte-pair vocabulary with tokens for DNA: what stands between {@code <dna>} and {@code </dna>} is cut into groups of six letters, the
 * last filled with A. In the file, the texts of these tokens end in U+E000, which tells them from text of the same letters.
 */
final class DnaModel implements TextModel {
    /** Last character of the texts of DNA tokens, in UTF-8. */
    private static final byte[] MARKER = "\uE000".getBytes(StandardCharsets.UTF_8);

    private static final int GROUP = 6;
    private static final byte[] OPEN = "<dna>".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLOSE = "</dna>".getBytes(StandardCharsets.US_ASCII);

    private final TextModel text;
    private final int open;
    private final int close;
    private final int unknownGroup;

    DnaModel(TextModel text) {
        this.text = text;
        open = text.find("<dna>");
        close = text.find("</dna>");
        unknownGroup = text.find("<oov>");
    }

    /** The text of a token without the marker. */
    static byte[] withoutMarker(byte[] tokenText) {
        int end = tokenText.length - MARKER.length;
        boolean marked = end > 0 && java.util.Arrays.equals(tokenText, end, tokenText.length, MARKER, 0, MARKER.length);
        return marked ? java.util.Arrays.copyOf(tokenText, end) : tokenText;
    }

    @Override
    public int find(String tokenText) {
        return text.find(tokenText);
    }

    @Override
    public TextEncoder newEncoder(Guard guard) {
        TextEncoder encoder = text.newEncoder(guard);
        if (open < 0 || close < 0 || unknownGroup < 0) {
            return encoder;
        }
        return (bytes, from, to, ids) -> {
            int at = from;
            while (at < to) {
                int start = indexOf(OPEN, bytes, at, to);
                if (at < start) {
                    encoder.encode(bytes, at, start, ids);
                }
                if (start == to) {
                    return;
                }
                ids.add(open);
                int content = start + OPEN.length;
                int end = indexOf(CLOSE, bytes, content, to);
                encodeGroups(bytes, content, end, ids);
                if (end == to) {
                    return;
                }
                ids.add(close);
                at = end + CLOSE.length;
            }
        };
    }

    private void encodeGroups(byte[] bytes, int from, int to, IdBuffer ids) {
        for (int at = from; at < to; at += GROUP) {
            var group = new StringBuilder();
            for (int i = at; i < at + GROUP; i++) {
                int letter = i < to ? bytes[i] : 'A';
                group.append((char) (letter >= 'a' && letter <= 'z' ? letter - 32 : letter & 0xFF));
            }
            int token = text.find(group.append('\uE000').toString());
            ids.add(token >= 0 ? token : unknownGroup);
        }
    }

    /** Where a word is found, or {@code to}. */
    private static int indexOf(byte[] word, byte[] bytes, int from, int to) {
        for (int at = from; at + word.length <= to; at++) {
            if (java.util.Arrays.equals(bytes, at, at + word.length, word, 0, word.length)) {
                return at;
            }
        }
        return to;
    }
}
