package moka.gguf;

import java.lang.foreign.MemorySegment;

/**
 * A tensor of an open file.
 *
 * @param name the name, such as {@code blk.0.attn_q.weight}
 * @param type how its elements are stored
 * @param shape lengths of the dimensions as the file gives them: the first is the length of a row (the fastest varying)
 * @param data the bytes, inside the map of the file; valid until the file is closed
 */
public record GgufTensor(String name, TensorType type, long[] shape, MemorySegment data) {
    /** Length of a row, in elements. */
    public long columns() {
        return shape.length == 0 ? 1 : shape[0];
    }

    /** Number of rows: the product of all dimensions but the first. */
    public long rows() {
        long rows = 1;
        for (int i = 1; i < shape.length; i++) {
            rows *= shape[i];
        }
        return rows;
    }

    /** Number of elements. */
    public long elements() {
        return columns() * rows();
    }
}
