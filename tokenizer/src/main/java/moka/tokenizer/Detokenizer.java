package moka.tokenizer;

import java.io.ByteArrayOutputStream;

/** Bytes of tokens and of sequences of them. Immutable. */
final class Detokenizer {
    private static final byte[] EMPTY = {};

    /** How the texts of normal tokens are written in the file. */
    enum Writing {
        /** Byte letters of GPT-2. */
        BYTE_LETTERS,
        /** Byte letters, but a mark at the end of texts that are DNA. */
        BYTE_LETTERS_OR_DNA,
        /** Spaces as U+2581. */
        ESCAPED_SPACES,
        /** As it is. */
        VERBATIM,
        /** Python's escapes, as RWKV has them. */
        PYTHON_ESCAPES
    }

    private final Vocabulary vocabulary;
    private final Writing writing;

    Detokenizer(Vocabulary vocabulary, Writing writing) {
        this.vocabulary = vocabulary;
        this.writing = writing;
    }

    /** @param special whether control and unknown tokens give their text, else nothing */
    byte[] piece(int id, boolean special) {
        boolean hidden = vocabulary.is(id, Attributes.CONTROL | Attributes.UNKNOWN);
        if (hidden && !special) {
            return EMPTY;
        }
        byte[] text = vocabulary.texts().get(id);
        if (writing == Writing.BYTE_LETTERS_OR_DNA) {
            text = DnaModel.withoutMarker(text);
        }
        if (writing == Writing.PYTHON_ESCAPES) {
            return PythonEscapes.decode(text);
        }
        if (writing == Writing.VERBATIM) {
            return vocabulary.is(id, Attributes.BYTE) ? new byte[] {vocabulary.byteOf(id)} : text;
        }
        if (hidden || vocabulary.is(id, Attributes.USER_DEFINED)) {
            return text;
        }
        if (vocabulary.is(id, Attributes.NORMAL)) {
            return writing == Writing.ESCAPED_SPACES ? Spaces.unescaped(text) : decodeLetters(text);
        }
        return vocabulary.is(id, Attributes.BYTE) ? new byte[] {vocabulary.byteOf(id)} : EMPTY;
    }

    private static byte[] decodeLetters(byte[] text) {
        var result = new byte[text.length];
        int length = ByteLetters.decode(text, 0, text.length, result, 0);
        return length < 0 ? text : java.util.Arrays.copyOf(result, length);
    }

    /** Bytes of {@code ids[from, to)}. @param dropSpace whether a space at the beginning is dropped */
    byte[] decode(int[] ids, int from, int to, boolean special, boolean dropSpace) {
        var result = new ByteArrayOutputStream((to - from) * 4);
        for (int i = from; i < to; i++) {
            byte[] piece = piece(ids[i], special);
            int skip = i == from && dropSpace && piece.length > 0 && piece[0] == ' ' ? 1 : 0;
            result.write(piece, skip, piece.length - skip);
        }
        return result.toByteArray();
    }

    /**
     * Drops spaces that word-wise tokenizers put before punctuation: before {@code ? ! . ,}, around a lone apostrophe, and before
     * {@code 's 'm 're 've}.
     */
    static byte[] cleaned(byte[] text) {
        var out = text.clone();
        int length = dropBeforePunctuation(out, out.length);
        length = dropAroundApostrophe(out, length);
        length = dropBeforeContraction(out, length);
        return java.util.Arrays.copyOf(out, length);
    }

    private static int dropBeforePunctuation(byte[] text, int length) {
        int to = Math.min(length, 1);
        for (int i = 1; i < length; i++) {
            byte b = text[i];
            if (text[i - 1] == ' ' && (b == '?' || b == '!' || b == '.' || b == ',')) {
                to--;
            }
            text[to++] = b;
        }
        return to;
    }

    private static int dropAroundApostrophe(byte[] text, int length) {
        int to = Math.min(length, 1);
        for (int i = 1; i < length; i++) {
            byte b = text[i];
            if (b == '\'' && i + 1 < length && text[i - 1] == ' ' && text[i + 1] == ' ') {
                to--;
                text[++i] = 0;
            }
            text[to++] = b;
        }
        return to;
    }

    private static int dropBeforeContraction(byte[] text, int length) {
        int to = Math.min(length, 1);
        for (int i = 1; i < length; i++) {
            byte b = text[i];
            if (text[i - 1] == ' ' && b == '\'' && i + 1 < length && isShortened(text[i + 1], i + 2 < length ? text[i + 2] : 0)) {
                to--;
            }
            text[to++] = b;
        }
        return to;
    }

    private static boolean isShortened(byte a, byte b) {
        return a == 's' || a == 'm' || (a == 'r' || a == 'v') && b == 'e';
    }
}
