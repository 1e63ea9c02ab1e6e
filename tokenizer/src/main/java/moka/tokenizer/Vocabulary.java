package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue.ArrayValue;

/** The tokens of a file: texts as they are written there, scores, attributes. Not changed after loading. */
final class Vocabulary {
    private final ByteStrings texts;
    private final float[] scores;
    private final int[] attributes;

    private Vocabulary(ByteStrings texts, float[] scores, int[] attributes) {
        this.texts = texts;
        this.scores = scores;
        this.attributes = attributes;
    }

    /** @throws TokenizerException if the lists of the file do not fit each other */
    static Vocabulary read(Metadata metadata) {
        ArrayValue tokens = metadata.requireArray("tokenizer.ggml.tokens");
        int size = tokens.size();
        if (size == 0 || size > ByteStringIndex.MAX_SIZE) {
            throw new TokenizerException(metadata.source() + ": 'tokenizer.ggml.tokens' has " + size + " tokens, expected 1 to "
                    + ByteStringIndex.MAX_SIZE);
        }
        var texts = new ByteStrings(size, 10);
        for (int id = 0; id < size; id++) {
            byte[] text = tokens.stringBytes(id);
            if (text.length == 0) {
                text = ("[EMPTY_" + id + "]").getBytes(StandardCharsets.UTF_8);
            }
            texts.add(text, 0, text.length);
        }
        return new Vocabulary(texts, scores(metadata, size), attributes(metadata, size));
    }

    private static float[] scores(Metadata metadata, int size) {
        String key = "tokenizer.ggml.scores";
        if (!metadata.contains(key)) {
            return new float[size];
        }
        ArrayValue array = metadata.requireArray(key);
        checkLength(metadata, key, array, size);
        return array.floats();
    }

    private static int[] attributes(Metadata metadata, int size) {
        String key = "tokenizer.ggml.token_type";
        var attributes = new int[size];
        if (!metadata.contains(key)) {
            Arrays.fill(attributes, Attributes.NORMAL);
            return attributes;
        }
        ArrayValue array = metadata.requireArray(key);
        checkLength(metadata, key, array, size);
        long[] types = array.longs();
        for (int id = 0; id < size; id++) {
            attributes[id] = Attributes.ofTokenType(types[id]);
        }
        return attributes;
    }

    private static void checkLength(Metadata metadata, String key, ArrayValue array, int size) {
        if (array.size() < size) {
            throw new TokenizerException(
                    metadata.source() + ": '" + key + "' has " + array.size() + " entries, expected one for each of " + size + " tokens");
        }
    }

    int size() {
        return texts.size();
    }

    /** Texts of all tokens as the file writes them, by id. */
    ByteStrings texts() {
        return texts;
    }

    String text(int id) {
        return new String(texts.bytes(), texts.offset(id), texts.length(id), StandardCharsets.UTF_8);
    }

    float score(int id) {
        return scores[id];
    }

    int attributes(int id) {
        return attributes[id];
    }

    boolean is(int id, int anyOf) {
        return (attributes[id] & anyOf) != 0;
    }

    /** For changes at load only. */
    void setAttributes(int id, int value) {
        attributes[id] = value;
    }

    /** The byte that a {@link Attributes#BYTE} token such as {@code <0x0A>} stands for; 0 if it is written otherwise. */
    byte byteOf(int id) {
        byte[] bytes = texts.bytes();
        int at = texts.offset(id);
        if (texts.length(id) != 6) {
            return 0;
        }
        return (byte) (Character.digit(bytes[at + 3], 16) << 4 | Character.digit(bytes[at + 4], 16));
    }

    /** Writes {@code <0xXX>}. @return its length */
    static int writeByteTokenText(int b, byte[] to) {
        String hex = "0123456789ABCDEF";
        to[0] = '<';
        to[1] = '0';
        to[2] = 'x';
        to[3] = (byte) hex.charAt(b >> 4 & 15);
        to[4] = (byte) hex.charAt(b & 15);
        to[5] = '>';
        return 6;
    }
}
