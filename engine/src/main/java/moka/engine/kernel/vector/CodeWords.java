package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntToLongFunction;
import moka.engine.runtime.ProcessMemory;

/** Eight codes at once, in the bytes of a {@code long}, the first in the lowest. */
final class CodeWords {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, LE);

    static final long ONES = 0x0101010101010101L;

    private CodeWords() {}

    static long word(long address) {
        return MEMORY.get(LONG, address & ADDRESS);
    }

    static int i32(long address) {
        return MEMORY.get(INT, address & ADDRESS);
    }

    static int u16(long address) {
        return MEMORY.get(SHORT, address & ADDRESS) & 0xFFFF;
    }

    static int u8(long address) {
        return MEMORY.get(ValueLayout.JAVA_BYTE, address & ADDRESS) & 0xFF;
    }

    static float f16(long address) {
        return Float.float16ToFloat(MEMORY.get(SHORT, address & ADDRESS));
    }

    static void put(byte[] codes, int at, long word) {
        WORDS.set(codes, at, word);
    }

    /** The byte {@code whole} in each code. */
    static long repeat(int whole) {
        return (whole & 0xFF) * ONES;
    }

    /** Nibbles of 8 bytes: the low ones as codes from {@code low}, the high ones from {@code high}, each with some bits set. */
    static void putNibbles(long word, byte[] codes, int low, long lowBits, int high, long highBits) {
        put(codes, low, word & repeat(15) | lowBits);
        put(codes, high, word >>> 4 & repeat(15) | highBits);
    }

    /** The same factor for the two groups of 32 elements. */
    static void pair(float[] factors, int first, float factor) {
        factors[first] = factor;
        factors[first + 1] = factor;
    }

    /** The same factor for all groups of a block. */
    static void fill(float[] factors, int first, int groups, float factor) {
        for (int i = first; i < first + groups; i++) {
            factors[i] = factor;
        }
    }

    /** For each number of {@code bits} bits the word that holds {@code set} where a bit is set, and {@code clear} elsewhere. */
    static long[] ofBits(int bits, int set, int clear) {
        return table(1 << bits, i -> {
            long word = 0;
            for (int bit = 0; bit < 8; bit++) {
                word |= (((i >> bit & 1) != 0 ? set : clear) & 0xFFL) << 8 * bit;
            }
            return word;
        });
    }

    /** What each number of few bits stands for as a factor. */
    static float[] factors(int length, IntToFloatFunction factor) {
        var factors = new float[length];
        for (int i = 0; i < length; i++) {
            factors[i] = factor.of(i);
        }
        return factors;
    }

    /** A float for an int. */
    interface IntToFloatFunction {
        float of(int number);
    }

    static long[] table(int length, IntToLongFunction entry) {
        var table = new long[length];
        Arrays.setAll(table, entry);
        return table;
    }

    /** The entries of a codebook as words: {@code [entries][length]} bytes, {@code length} at most 8. */
    static long[] words(byte[] codebook, int length) {
        return table(codebook.length / length, i -> {
            long word = 0;
            for (int k = 0; k < length; k++) {
                word |= (codebook[i * length + k] & 0xFFL) << 8 * k;
            }
            return word;
        });
    }

    /** Magnitudes of 1 and more, negated where the mask has a byte of ones: no carry leaves a byte. */
    static long negate(long magnitudes, long mask) {
        return (magnitudes ^ mask) + (mask & ONES);
    }
}
