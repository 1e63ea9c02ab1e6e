package moka.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An unscaled rotation for tests: pair i turns by {@code position * base^(-2i / rotatedLength)}. */
public final class PlainRope implements RopeTable {
    private final int rotatedLength;
    private final boolean halves;
    private final MemorySegment table;

    public PlainRope(Arena arena, int rotatedLength, boolean halves, double base, int positions) {
        this.rotatedLength = rotatedLength;
        this.halves = halves;
        int pairs = rotatedLength / 2;
        table = arena.allocate(8L * positions * pairs, 64);
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < pairs; i++) {
                double angle = position * Math.pow(base, -2.0 * i / rotatedLength);
                table.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * (position * pairs + i), (float) Math.cos(angle));
                table.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * (position * pairs + i) + 1, (float) Math.sin(angle));
            }
        }
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
        return table;
    }
}
