package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Memory;

/**
 * Addresses of up to six rows at a constant distance, by three registers: the first row, the fourth, and the distance.
 *
 * @param fourth unused for three rows or less
 */
record RowAddresses(General first, General fourth, General stride, int count) {
    static final int MOST = 6;

    /** Sets the registers; {@code stride} holds the distance already. */
    void start(Assembler a, General from) {
        if (from != first) {
            a.move(first, from);
        }
        if (count > 3) {
            a.address(fourth, first.at(stride, 2, 0));
            a.add(fourth, stride);
        }
    }

    Memory at(int row, int displacement) {
        General base = row < 3 ? first : fourth;
        return row % 3 == 0 ? base.at(displacement) : base.at(stride, row % 3, displacement);
    }

    /** Moves all rows on. */
    void advance(Assembler a, int bytes) {
        a.add(first, bytes);
        if (count > 3) {
            a.add(fourth, bytes);
        }
    }
}
