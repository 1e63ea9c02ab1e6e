package moka.engine.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A state in panels, {@code [columns / width][rows][width]} float32, read and written by rows of any columns.
 *
 * @param at float that it begins at
 */
record StatePanels(MemorySegment segment, long at, int rows, int width) {
    void read(int row, int column, float[] target, int count) {
        for (int done = 0; done < count; ) {
            int run = Math.min(count - done, width - (column + done) % width);
            MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, offset(row, column + done), target, done, run);
            done += run;
        }
    }

    void write(int row, int column, float[] source, int count) {
        for (int done = 0; done < count; ) {
            int run = Math.min(count - done, width - (column + done) % width);
            MemorySegment.copy(source, done, segment, ValueLayout.JAVA_FLOAT, offset(row, column + done), run);
            done += run;
        }
    }

    private long offset(int row, int column) {
        return 4 * (at + ((long) (column / width) * rows + row) * width + column % width);
    }
}
