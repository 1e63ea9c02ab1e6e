package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.Codes;
import moka.engine.kernel.machine.Codes.Plane;
import moka.engine.kernel.machine.Codes.Spot;
import moka.engine.kernel.machine.PanelFormat;

/**
 * Reads the codes of a panel ({@link Codes}), four rows at a time: a quarter of four columns fills a register. Products here are of signed
 * bytes, so codes that are 128 too high, or come from a table, lose their offset on the way; others keep theirs ({@link #offset}).
 *
 * <p>Works with registers 20 to 29.
 */
final class CodeReader {
    private static final Vector TEMPORARY = Vector.v(20);
    private static final Vector FLIP = Vector.v(21);
    private static final Vector[] MASKS = {Vector.v(22), Vector.v(23)};
    private static final Vector TABLE = Vector.v(24);
    /** For each byte of a lane: that byte to all bytes of the lane. */
    private static final Vector[] REPEAT = Vector.run(25, 4);
    /** For each byte of a lane: how far its code is shifted. */
    private static final Vector DISTANCE = Vector.v(29);

    private final Codes codes;
    private final int flip;
    private final int offsetShift;

    CodeReader(PanelFormat format) {
        codes = format.codes();
        offsetShift = format.offsetShift();
        flip = codes.table() == null && offsetShift == 7 ? codes.flip() ^ 0x80 : codes.flip();
    }

    /** How much too high codes are. */
    int offset() {
        return offsetShift < 0 || offsetShift == 7 || codes.table() != null ? 0 : 1 << offsetShift;
    }

    /** {@code offset() = 1 << offsetShift()}, or -1. */
    int offsetShift() {
        return offset() == 0 ? -1 : offsetShift;
    }

    /** Loads the constants. */
    void constants(Assembler a) {
        for (int i = 0; i < codes.planes().size(); i++) {
            Plane plane = codes.planes().get(i);
            if (plane.bits() < 8) {
                Lanes.bytes(a, MASKS[i], (1 << plane.bits()) - 1 << plane.position());
            }
        }
        if (flip != 0) {
            Lanes.bytes(a, FLIP, flip);
        }
        byte[] table = codes.table();
        if (table != null) {
            byte[] signed = new byte[16];
            for (int i = 0; i < 16; i++) {
                signed[i] = (byte) (table[i] - (offsetShift < 0 ? 0 : 1 << offsetShift));
            }
            Lanes.table(a, TABLE, signed);
        }
        int spread = codes.planes().stream().mapToInt(plane -> plane.place().of(0, 0).spread()).max().orElse(0);
        if (spread != 0) {
            byte[] control = new byte[16];
            for (int part = 0; part < 4; part++) {
                for (int i = 0; i < 16; i++) {
                    control[i] = (byte) ((i & 12) + part);
                }
                Lanes.table(a, REPEAT[part], control);
            }
            for (int i = 0; i < 16; i++) {
                control[i] = (byte) (-spread * (i & 3));
            }
            Lanes.table(a, DISTANCE, control);
        }
    }

    /** {@code target} = the codes of a quarter; the block's run of dwords begins at {@code run}, with the first of the four rows. */
    void read(Assembler a, Memory run, int unit, int quarter, Vector target) {
        for (int i = 0; i < codes.planes().size(); i++) {
            Plane plane = codes.planes().get(i);
            Spot spot = plane.place().of(unit, quarter);
            Vector bits = i == 0 ? target : TEMPORARY;
            a.load(bits, run.plus(64 * spot.dword()));
            if (spot.spread() != 0) {
                spread(a, bits, spot);
                if (plane.position() > 0) {
                    a.shift(Instruction.SHL_16B, bits, bits, plane.position());
                }
                a.vector(Instruction.AND, bits, bits, MASKS[i]);
            } else if (plane.bits() < 8) {
                cut(a, bits, plane, spot.shift(), MASKS[i]);
            }
            if (i > 0) {
                a.vector(Instruction.ORR, target, target, bits);
            }
        }
        if (flip != 0) {
            a.vector(Instruction.EOR, target, target, FLIP);
        }
        if (codes.table() != null) {
            a.vector(Instruction.TBL, target, TABLE, target);
        }
    }

    /** The bits from {@code shift} on of each byte to their position; the mask is left out where the shift has cut already. */
    private static void cut(Assembler a, Vector bits, Plane plane, int shift, Vector mask) {
        int right = shift - plane.position();
        if (right > 0) {
            a.shift(Instruction.USHR_16B, bits, bits, right);
        } else if (right < 0) {
            a.shift(Instruction.SHL_16B, bits, bits, -right);
        }
        boolean cutAbove = right > 0 && shift + plane.bits() == 8;
        boolean cutBelow = plane.position() == 0;
        if (!(cutAbove && cutBelow)) {
            a.vector(Instruction.AND, bits, bits, mask);
        }
    }

    /** Four codes that follow each other within a byte of the lane, one to each byte. */
    private static void spread(Assembler a, Vector bits, Spot spot) {
        a.vector(Instruction.TBL, bits, bits, REPEAT[spot.shift() / 8]);
        if (spot.shift() % 8 != 0) {
            a.shift(Instruction.USHR_16B, bits, bits, spot.shift() % 8);
        }
        a.vector(Instruction.USHL_16B, bits, bits, DISTANCE);
    }
}
