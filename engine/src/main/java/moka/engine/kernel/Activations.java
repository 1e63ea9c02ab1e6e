package moka.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongFunction;

/**
 * Rows of float32, off-heap: one row a token.
 *
 * @param segment the memory, 64-byte aligned, in native byte order
 * @param rows how many rows there is room for
 * @param columns values of a row
 * @param stride floats from one row to the next: {@code columns} rounded up to 16
 */
public record Activations(MemorySegment segment, int rows, int columns, int stride) {
    /** Zeroed memory for {@code rows} rows. */
    public static Activations allocate(Arena arena, int rows, int columns) {
        return of(bytes -> arena.allocate(bytes, 64), rows, columns);
    }

    /** Rows in memory of this many bytes, zeroed and aligned to 64 bytes. */
    public static Activations of(LongFunction<MemorySegment> memory, int rows, int columns) {
        int stride = (columns + 15) & -16;
        return new Activations(memory.apply(4L * rows * stride), rows, columns, stride);
    }

    /** Some of the rows. */
    public Activations view(int firstRow, int count) {
        long bytes = Math.min(4L * count * stride, segment.byteSize() - offset(firstRow));
        return new Activations(segment.asSlice(offset(firstRow), bytes), count, columns, stride);
    }

    /** Every {@code step}th row. */
    public Activations every(int step, int firstRow, int count) {
        return new Activations(segment.asSlice(offset(firstRow)), count, columns, step * stride);
    }

    /** Some of the columns of all rows. */
    public Activations columns(int firstColumn, int count) {
        return new Activations(segment.asSlice(4L * firstColumn), rows, count, stride);
    }

    /** Some of the columns of each of the heads that lie side by side in a row: {@code [row][head]} as rows of their own. */
    public Activations heads(int heads, int firstColumn, int count) {
        if (stride != columns || columns % heads != 0) {
            throw new IllegalArgumentException(columns + " values of " + heads + " heads in rows of " + stride);
        }
        return new Activations(segment.asSlice(4L * firstColumn), rows * heads, count, columns / heads);
    }

    /** Byte offset of a row. */
    public long offset(int row) {
        return 4L * row * stride;
    }

    /** Address of a row. */
    public long address(int row) {
        return segment.address() + offset(row);
    }

    public float get(int row, int column) {
        return segment.get(ValueLayout.JAVA_FLOAT, offset(row) + 4L * column);
    }

    public void set(int row, int column, float value) {
        segment.set(ValueLayout.JAVA_FLOAT, offset(row) + 4L * column, value);
    }

    /** Copies values of one row out. */
    public void read(int row, int column, float[] target, int targetOffset, int count) {
        MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, offset(row) + 4L * column, target, targetOffset, count);
    }

    /** Copies values of one row in. */
    public void write(int row, int column, float[] source, int sourceOffset, int count) {
        MemorySegment.copy(source, sourceOffset, segment, ValueLayout.JAVA_FLOAT, offset(row) + 4L * column, count);
    }
}
