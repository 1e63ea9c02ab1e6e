package moka.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Turns big-endian data into little-endian. In a big-endian file the numbers of plain types are stored high byte first, and in each
 * quantized block the f16 fields; bytes of codes are as they were. Types whose codes or scales are themselves words of 16 or
 * more bits are not converted: no writer has settled their order.
 */
final class ByteSwap {
    private ByteSwap() {}

    /** Reverses each word of {@code width} bytes. */
    static void words(byte[] bytes, int width) {
        for (int begin = 0; begin + width <= bytes.length; begin += width) {
            for (int i = begin, j = begin + width - 1; i < j; i++, j--) {
                byte swapped = bytes[i];
                bytes[i] = bytes[j];
                bytes[j] = swapped;
            }
        }
    }

    static long littleLong(byte[] b, int at) {
        return (b[at] & 0xffL)
                | (b[at + 1] & 0xffL) << 8
                | (b[at + 2] & 0xffL) << 16
                | (b[at + 3] & 0xffL) << 24
                | (b[at + 4] & 0xffL) << 32
                | (b[at + 5] & 0xffL) << 40
                | (b[at + 6] & 0xffL) << 48
                | (b[at + 7] & 0xffL) << 56;
    }

    /** Reads a big-endian number and leaves it little-endian in its place. */
    static long reverseLong(byte[] b, int at) {
        long value = Long.reverseBytes(littleLong(b, at));
        for (int i = 0; i < 8; i++) {
            b[at + i] = (byte) (value >>> 8 * i);
        }
        return value;
    }

    /** Whether data of the type can be converted. */
    static boolean supports(TensorType type) {
        return halfOffsets(type).length > 0 || wordBytes(type) > 0;
    }

    /** The data of a big-endian tensor in little-endian memory of the arena; empty where the type is not supported. */
    static Optional<MemorySegment> tensor(TensorType type, MemorySegment data, Arena arena) {
        int[] halves = halfOffsets(type);
        int width = wordBytes(type);
        if (!supports(type)) {
            return Optional.empty();
        }
        MemorySegment copy = arena.allocate(data.byteSize(), 64);
        copy.copyFrom(data);
        switch (width) {
            case 1 -> {}
            case 2 -> swapShorts(copy);
            case 4 -> swapInts(copy);
            case 8 -> swapLongs(copy);
            default -> swapHalves(copy, type.blockBytes(), halves);
        }
        return Optional.of(copy.asReadOnly());
    }

    // Bytes of a word of a plain type; 1 where nothing swaps, 0 for blocks with f16 fields and unsupported types.
    private static int wordBytes(TensorType type) {
        return switch (type) {
            case F32, F16, BF16, F64, I8, I16, I32, I64 -> type.blockBytes();
            case MXFP4, NVFP4 -> 1; // scales of one byte
            default -> 0;
        };
    }

    // Where the f16 fields of a block begin.
    private static int[] halfOffsets(TensorType type) {
        return switch (type) {
            case Q4_0, Q5_0, Q8_0, Q1_0, Q2_0, IQ4_NL, IQ2_S, IQ3_S -> new int[] {0};
            case Q4_1, Q5_1, Q8_1, Q4_K, Q5_K -> new int[] {0, 2};
            case Q2_K -> new int[] {80, 82};
            case Q3_K -> new int[] {108};
            case Q6_K -> new int[] {208};
            case TQ1_0 -> new int[] {52};
            case TQ2_0 -> new int[] {64};
            default -> new int[0];
        };
    }

    private static void swapHalves(MemorySegment bytes, int blockBytes, int[] halves) {
        for (long block = 0; block < bytes.byteSize(); block += blockBytes) {
            for (int half : halves) {
                long at = block + half;
                bytes.set(SHORT, at, Short.reverseBytes(bytes.get(SHORT, at)));
            }
        }
    }

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static void swapShorts(MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += 2) {
            bytes.set(SHORT, at, Short.reverseBytes(bytes.get(SHORT, at)));
        }
    }

    private static void swapInts(MemorySegment bytes) {
        var layout = ValueLayout.JAVA_INT_UNALIGNED;
        for (long at = 0; at < bytes.byteSize(); at += 4) {
            bytes.set(layout, at, Integer.reverseBytes(bytes.get(layout, at)));
        }
    }

    private static void swapLongs(MemorySegment bytes) {
        var layout = ValueLayout.JAVA_LONG_UNALIGNED;
        for (long at = 0; at < bytes.byteSize(); at += 8) {
            bytes.set(layout, at, Long.reverseBytes(bytes.get(layout, at)));
        }
    }
}
