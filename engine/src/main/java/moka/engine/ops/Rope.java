package moka.engine.ops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.RopeTable;

/**
 * Rotary position embedding with all scalings: a table of cosines and sines that grows as positions are used. Shared by the sessions of a
 * model.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">RoFormer</a>
 * @see <a href="https://arxiv.org/abs/2309.00071">YaRN</a>
 */
public final class Rope implements RopeTable {
    /** A sine takes a microsecond before the compiler has come: a first table of 512 positions was a tenth of the start of a small model. */
    private static final int FIRST_ROWS = 64;
    /** Up to here the table doubles. */
    private static final int DOUBLING_ROWS = 1024;

    private final int rotatedLength;
    private final boolean halves;
    private final double[] frequencies;
    private final double magnitude;
    private volatile MemorySegment table = MemorySegment.NULL;

    /**
     * @param rotatedLength rotated values of a head
     * @param halves whether pairs are half a head apart (NeoX) or adjacent
     * @param frequencies angle of each pair at position 1, in radians
     * @param magnitude factor of cosines and sines
     */
    public Rope(int rotatedLength, boolean halves, double[] frequencies, double magnitude) {
        if (frequencies.length != rotatedLength / 2) {
            throw new IllegalArgumentException(
                    frequencies.length + " frequencies, expected " + rotatedLength / 2);
        }
        this.rotatedLength = rotatedLength;
        this.halves = halves;
        this.frequencies = frequencies.clone();
        this.magnitude = magnitude;
    }

    @Override
    public int rotatedLength() {
        return rotatedLength;
    }

    @Override
    public boolean halves() {
        return halves;
    }

    @Override
    public MemorySegment table(int positions) {
        MemorySegment now = table;
        return now.byteSize() >= rowBytes() * positions ? now : grow(positions);
    }

    private long rowBytes() {
        return 4L * rotatedLength;
    }

    private synchronized MemorySegment grow(int positions) {
        MemorySegment old = table;
        int first = (int) (old.byteSize() / rowBytes());
        if (first >= positions) {
            return old;
        }
        int grown = first < DOUBLING_ROWS ? 2 * first : first + first / 2;
        int rows = Math.max(positions, Math.max(FIRST_ROWS, grown));
        // Collected when no session looks at it any more: a reader may still hold the old table.
        MemorySegment next = Arena.ofAuto().allocate(rows * rowBytes(), 64);
        MemorySegment.copy(old, 0, next, 0, first * rowBytes());
        for (int position = first; position < rows; position++) {
            for (int i = 0; i < frequencies.length; i++) {
                double angle = position * frequencies[i];
                long offset = position * rowBytes() + 8L * i;
                next.set(ValueLayout.JAVA_FLOAT, offset, (float) (Math.cos(angle) * magnitude));
                next.set(ValueLayout.JAVA_FLOAT, offset + 4, (float) (Math.sin(angle) * magnitude));
            }
        }
        table = next;
        return next;
    }
}
