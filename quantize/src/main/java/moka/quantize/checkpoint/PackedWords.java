package moka.quantize.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import moka.gguf.SafetensorsTensor;
import moka.gguf.SafetensorsType;
import moka.quantize.QuantizeException;

/** A tensor of 32-bit words in rows. */
record PackedWords(MemorySegment data, long rows, long columns) {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** @throws QuantizeException if it is of another type or shape */
    static PackedWords of(SafetensorsTensor tensor, long rows, long columns) {
        long[] shape = tensor.shape();
        if (tensor.type() != SafetensorsType.I32 || shape.length != 2 || shape[0] != rows || shape[1] != columns) {
            throw new QuantizeException("tensor '" + tensor.name() + "' is " + tensor.type() + " of " + Arrays.toString(shape)
                    + ", expected I32 of [" + rows + ", " + columns + "]");
        }
        return new PackedWords(tensor.data(), rows, columns);
    }

    int get(long row, long column) {
        return data.get(INT, 4 * (row * columns + column));
    }

    /** The {@code bits} bits from bit {@code index * bits} on of the words of a column, read downwards as one stream. */
    int downwards(int index, int bits, long column) {
        long bit = (long) index * bits;
        int shift = (int) (bit & 31);
        long value = (get(bit >> 5, column) & 0xffff_ffffL) >>> shift;
        if (shift + bits > 32) {
            value |= (get((bit >> 5) + 1, column) & 0xffff_ffffL) << 32 - shift;
        }
        return (int) value & (1 << bits) - 1;
    }

    /** The {@code bits} bits from bit {@code index * bits} on of the words of a row, read as one stream. */
    int across(long row, long index, int bits) {
        long bit = index * bits;
        int shift = (int) (bit & 31);
        long value = (get(row, bit >> 5) & 0xffff_ffffL) >>> shift;
        if (shift + bits > 32) {
            value |= (get(row, (bit >> 5) + 1) & 0xffff_ffffL) << 32 - shift;
        }
        return (int) value & (1 << bits) - 1;
    }
}
