package moka.gguf;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import moka.gguf.GgufException.Level;

/** Reads the entries of the tensors and checks where their data lies. */
final class TensorTableReader {
    /** Name length, one byte of name, dimension count, type, offset. */
    private static final int SMALLEST_ENTRY = 8 + 1 + 4 + 4 + 8;

    /**
     * An entry.
     *
     * @param begin the byte of the file where the entry begins
     * @param offset where the data begins, counted from the begin of all tensor data
     * @param bytes length of the data
     */
    record Entry(String name, TensorType type, long[] shape, long begin, long offset, long bytes) {
        /** For messages: tensor 'blk.3.ffn_down.weight' (Q4_K, 3072 x 8192). */
        String subject() {
            return Wording.tensor(name) + " (" + type + ", " + Wording.shape(shape) + ")";
        }
    }

    private TensorTableReader() {}

    static List<Entry> read(Cursor in, long count) {
        in.at(Level.TENSOR_INFO, () -> "tensor count");
        if (count > Limits.TENSORS) {
            throw in.fault(
                    8,
                    "count " + count + " of tensors",
                    "at most " + Limits.TENSORS
                            + (count > in.remaining() / SMALLEST_ENTRY
                                    ? "; so many do not fit before the end of file (truncated or damaged)"
                                    : ""));
        }
        List<Entry> entries = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long i = 0; i < count; i++) {
            Entry entry = readEntry(in, i + 1, count);
            if (!names.add(entry.name)) {
                throw in.fault(entry.begin, "duplicate name", "each name once");
            }
            entries.add(entry);
        }
        return entries;
    }

    private static Entry readEntry(Cursor in, long number, long count) {
        in.at(Level.TENSOR_INFO, () -> "tensor " + number + " of " + count);
        long begin = in.position();
        String name = in.name("tensor name", Limits.TENSOR_NAME_BYTES);
        in.at(Level.TENSOR_INFO, () -> Wording.tensor(name));
        long shapeAt = in.position();
        long[] shape = shape(in);
        TensorType type = type(in);
        long bytes = bytes(in, shapeAt, type, shape);
        long offset = in.u64("the offset");
        return new Entry(name, type, shape, begin, offset, bytes);
    }

    private static long[] shape(Cursor in) {
        long at = in.position();
        long dimensions = in.u32("the number of dimensions");
        if (dimensions > Limits.DIMENSIONS) {
            throw in.fault(at, dimensions + " dimensions", "at most " + Limits.DIMENSIONS);
        }
        var shape = new long[(int) dimensions];
        for (int i = 0; i < shape.length; i++) {
            at = in.position();
            shape[i] = in.u64("dimension " + (i + 1));
            if (shape[i] <= 0) {
                throw in.fault(at, "dimension " + (i + 1) + " is " + Long.toUnsignedString(shape[i]), "1 to 2^63-1");
            }
        }
        return shape;
    }

    private static TensorType type(Cursor in) {
        long at = in.position();
        long id = in.u32("the tensor type");
        return TensorType.byId((int) id).orElseThrow(() -> {
            String removed = TensorType.removed(id);
            return in.fault(
                    at,
                    "tensor type " + id + (removed.isEmpty() ? "" : " (" + removed + ")"),
                    "a published type of GGUF",
                    removed.isEmpty()
                            ? "unknown: from a newer or private version of the format"
                            : "removed from the format: quantize the model again");
        });
    }

    private static long bytes(Cursor in, long shapeAt, TensorType type, long[] shape) {
        long columns = shape.length == 0 ? 1 : shape[0];
        if (columns % type.blockElements() != 0) {
            throw in.fault(
                    shapeAt,
                    type + " rows of " + columns + " elements",
                    "a multiple of the block size " + type.blockElements());
        }
        long elements = columns;
        for (int i = 1; i < shape.length; i++) {
            if (Math.multiplyHigh(elements, shape[i]) != 0 || elements * shape[i] < 0) {
                throw in.fault(
                        shapeAt,
                        "number of elements of shape " + Wording.shape(shape) + " overflows",
                        "less than 2^63 elements");
            }
            elements *= shape[i];
        }
        try {
            return Math.multiplyExact(elements / type.blockElements(), type.blockBytes());
        } catch (ArithmeticException e) {
            throw in.fault(
                    shapeAt,
                    "number of bytes of " + type + " " + Wording.shape(shape) + " overflows",
                    "less than 2^63 bytes");
        }
    }

    /**
     * Checks that the data of every tensor begins aligned, lies within the file and on no other tensor.
     *
     * @param dataBegin byte of the file where tensor data begins: the end of the entries, aligned
     */
    static void checkPlaces(Cursor in, List<Entry> entries, long dataBegin, int alignment) {
        for (Entry entry : entries) {
            in.at(Level.DATA, entry::subject);
            if (entry.offset < 0 || entry.offset > Long.MAX_VALUE - dataBegin) {
                throw in.fault(
                        entry.begin,
                        "offset " + Long.toUnsignedString(entry.offset),
                        "an offset within the file's " + Wording.bytes(in.size()));
            }
            if (entry.offset % alignment != 0) {
                throw in.fault(entry.begin, "offset " + entry.offset, "a multiple of the alignment " + alignment);
            }
            if (entry.bytes > in.size() - dataBegin - entry.offset) {
                throw pastEnd(in, entry, dataBegin, alignment);
            }
        }
        checkOverlap(in, entries);
    }

    private static GgufException pastEnd(Cursor in, Entry entry, long dataBegin, int alignment) {
        long begin = dataBegin + entry.offset;
        String end = entry.bytes > Long.MAX_VALUE - begin ? "2^63 or more" : Wording.grouped(begin + entry.bytes);
        String why = dataBegin > in.size()
                ? "tensor data begins at byte " + Wording.grouped(dataBegin) + " by the alignment " + alignment
                        + ", beyond the end of file: truncated or damaged"
                : "it lies beyond the end of file: truncated, the download is incomplete";
        return in.fault(
                begin,
                "data at offset " + entry.offset + " ends at byte " + end,
                "at most the file's " + Wording.bytes(in.size()),
                why);
    }

    private static void checkOverlap(Cursor in, List<Entry> entries) {
        List<Entry> byPlace = new ArrayList<>(entries);
        byPlace.sort((a, b) -> Long.compare(a.offset, b.offset));
        for (int i = 1; i < byPlace.size(); i++) {
            Entry before = byPlace.get(i - 1);
            Entry entry = byPlace.get(i);
            if (entry.offset < before.offset + before.bytes) {
                in.at(Level.DATA, entry::subject);
                throw in.fault(
                        entry.begin,
                        "data at offset " + entry.offset + " overlaps with " + Wording.tensor(before.name),
                        "at least " + (before.offset + before.bytes));
            }
        }
    }
}
