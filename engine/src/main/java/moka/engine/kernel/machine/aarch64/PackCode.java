package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.PanelFormat;

/**
 * Packs 16 rows of a file into a panel ({@link PanelFormat}): four rows at a time, four dwords of each are transposed. Reads nothing outside the rows.
 *
 * <p>Two-byte elements may be split: the first elements of the dwords of 16 rows, then the second.
 *
 * <p>{@code f(rows, rowStride, panel, blocks, -, -)}.
 */
final class PackCode {
    private static final General[] ROWS = {General.X6, General.X7, General.X8, General.X9};
    private static final General PANEL = General.X10;
    private static final General NARROW = General.X11;
    private static final General BLOCKS = General.X12;
    private static final General QUADS = General.X13;
    private static final General QUAD_PANEL = General.X14;
    private static final General QUAD_NARROW = General.X15;
    private static final General VALUE = General.X16;

    private PackCode() {}

    static byte[] emit(PanelFormat format) {
        return emit(format.blockBytes(), format.narrowOffset(), format.narrowBytes(), format.runOffset(), false);
    }

    /** Elements of two or four bytes, 16 bytes of a row at a time. */
    static byte[] emit(boolean splitPairs) {
        return emit(16, 0, 0, 0, splitPairs);
    }

    private static byte[] emit(int blockBytes, int narrowOffset, int narrowBytes, int runOffset, boolean splitPairs) {
        int runDwords = (blockBytes - narrowBytes) / 4;
        int quadBytes = splitPairs ? 8 : 16;
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        a.add(QUAD_PANEL, General.X2, PanelFormat.ROWS * narrowBytes);
        a.move(QUAD_NARROW, General.X2);
        a.set(QUADS, 4);
        Label nextQuad = a.here();
        a.move(ROWS[0], General.X0);
        for (int row = 1; row < 4; row++) {
            a.add(ROWS[row], ROWS[row - 1], General.X1, 0);
        }
        a.move(PANEL, QUAD_PANEL);
        a.move(NARROW, QUAD_NARROW);
        a.move(BLOCKS, General.X3);
        Label nextBlock = a.here();
        for (int row = 0; row < 4 && narrowBytes > 0; row++) {
            if (narrowBytes == 2) {
                a.load16(VALUE, ROWS[row].at(narrowOffset));
                a.store16(VALUE, NARROW.at(2 * row));
            } else {
                a.load8(VALUE, ROWS[row].at(narrowOffset));
                a.store8(VALUE, NARROW.at(row));
            }
        }
        for (int dword = 0; dword < runDwords; dword += 4) {
            // The last four may overlap those before.
            int from = Math.min(dword, runDwords - 4);
            transpose(a, runOffset + 4 * from, 64 * from, splitPairs);
        }
        for (General row : ROWS) {
            a.add(row, blockBytes);
        }
        a.add(PANEL, PanelFormat.ROWS * blockBytes);
        a.add(NARROW, PanelFormat.ROWS * blockBytes);
        a.subtractAndTest(BLOCKS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextBlock);
        a.add(General.X0, General.X0, General.X1, 2);
        a.add(QUAD_PANEL, quadBytes);
        a.add(QUAD_NARROW, 4 * narrowBytes);
        a.subtractAndTest(QUADS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextQuad);
        frame.leave(a);
        return a.toBytes();
    }

    private static void transpose(Assembler a, int source, int target, boolean splitPairs) {
        Vector[] in = Vector.run(0, 4);
        Vector[] half = Vector.run(16, 4);
        for (int row = 0; row < 4; row++) {
            // Blocks begin anywhere: an offset that cannot be encoded is added first.
            if (source % 16 == 0 || source < 256) {
                a.load(in[row], ROWS[row].at(source));
            } else {
                a.add(VALUE, ROWS[row], source);
                a.load(in[row], VALUE.at(0));
            }
        }
        a.vector(Instruction.ZIP1_4S, half[0], in[0], in[2]);
        a.vector(Instruction.ZIP2_4S, half[1], in[0], in[2]);
        a.vector(Instruction.ZIP1_4S, half[2], in[1], in[3]);
        a.vector(Instruction.ZIP2_4S, half[3], in[1], in[3]);
        a.vector(Instruction.ZIP1_4S, in[0], half[0], half[2]);
        a.vector(Instruction.ZIP2_4S, in[1], half[0], half[2]);
        a.vector(Instruction.ZIP1_4S, in[2], half[1], half[3]);
        a.vector(Instruction.ZIP2_4S, in[3], half[1], half[3]);
        for (int i = 0; i < 4; i++) {
            if (splitPairs) {
                a.vector(Instruction.UZP1_8H, half[0], in[i], in[i]);
                a.vector(Instruction.UZP2_8H, half[1], in[i], in[i]);
                a.store64(half[0], PANEL.at(target + 64 * i));
                a.store64(half[1], PANEL.at(target + 64 * i + 32));
            } else {
                a.store(in[i], PANEL.at(target + 64 * i));
            }
        }
    }
}
