package moka.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * SentencePiece's precompiled normalization: the longest prefix of the text that is in a double array is replaced. Layout: size of the
 * array in bytes (uint32, little-endian), the array (uint32 units), then replacements that end in NUL.
 *
 * <p>A unit has the label of the edge to it in bits 0 to 7 and bit 31, whether a value follows in bit 8, the distance to its children in
 * bits 10 to 30, shifted by 8 more if bit 9 is set; the unit of a value has the offset of its replacement in bits 0 to 30. (Darts-clone's
 * format, as in sentencepiece's {@code normalizer.cc}.)
 */
final class CharacterMap {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** Bytes of the longest text that is replaced at once: known maps have up to 18; a damaged one may lead around in circles. */
    private static final int LONGEST_MATCH = 256;

    /** A map that replaces nothing. */
    static final CharacterMap NONE = new CharacterMap(new int[0], new byte[0]);

    private final int[] units;
    private final byte[] replacements;

    private CharacterMap(int[] units, byte[] replacements) {
        this.units = units;
        this.replacements = replacements;
    }

    /** @throws TokenizerException if the sizes do not fit */
    static CharacterMap of(byte[] blob) {
        if (blob.length < 4) {
            throw new TokenizerException("'tokenizer.ggml.precompiled_charsmap' has " + blob.length + " bytes, expected at least 4");
        }
        long arrayBytes = (int) INT.get(blob, 0) & 0xFFFFFFFFL;
        if (arrayBytes + 4 > blob.length) {
            throw new TokenizerException("'tokenizer.ggml.precompiled_charsmap' has " + blob.length + " bytes, but its array alone has "
                    + arrayBytes);
        }
        var units = new int[(int) arrayBytes / 4];
        for (int i = 0; i < units.length; i++) {
            units[i] = (int) INT.get(blob, 4 + 4 * i);
        }
        return new CharacterMap(units, java.util.Arrays.copyOfRange(blob, 4 + (int) arrayBytes, blob.length));
    }

    byte[] replacements() {
        return replacements;
    }

    /**
     * The longest match at the beginning of {@code text[from, to)}: its length in the upper 32 bits, the offset of its replacement in the
     * lower; 0 if there is none.
     */
    long longestMatch(byte[] text, int from, int to) {
        if (units.length == 0) {
            return 0;
        }
        long match = 0;
        int node = offset(unit(0));
        int limit = Math.min(to, from + LONGEST_MATCH);
        for (int at = from; at < limit; at++) {
            int b = text[at] & 0xFF;
            if (b == 0) {
                break;
            }
            node ^= b;
            int unit = unit(node);
            if ((unit & 0x800000FF) != b) {
                break;
            }
            node ^= offset(unit);
            if ((unit >> 8 & 1) != 0) {
                match = (long) (at - from + 1) << 32 | unit(node) & 0x7FFFFFFF;
            }
        }
        return match;
    }

    /** End of the replacement that begins at an offset. */
    int replacementEnd(int offset) {
        int end = offset;
        while (end < replacements.length && replacements[end] != 0) {
            end++;
        }
        return end;
    }

    /** A unit; one that no edge leads to outside of the array. */
    private int unit(int index) {
        return index >= 0 && index < units.length ? units[index] : 0x80000000;
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }
}
