package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.ActivationRow;
import moka.engine.kernel.machine.PanelFormat;
import moka.engine.kernel.machine.Scales;

/**
 * Turns a panel into records for {@link TileCode} or {@link MatrixTileCode}. A record is one unit of 32 columns of 16 rows: 512 bytes of signed codes,
 * float32 scales of each group, minimums of each group.
 *
 * <pre>
 *   for sdot    8 vectors of 64 bytes: byte 4r + j of vector q = row r, column 4q + j
 *   for smmla   4 vectors of 128 bytes: byte 8r + j of vector o = row r, column 8o + j
 * </pre>
 *
 * <p>{@code f(panel, record, recordStride, blocks, -, -)}; four rows at a time.
 */
final class UnpackCode {
    private static final General RUN = General.X6;
    private static final General NARROW = General.X7;
    private static final General CODES = General.X8;
    private static final General SCALES = General.X9;
    private static final General BLOCKS = General.X10;
    private static final General QUADS = General.X11;
    private static final General QUAD_RUN = General.X12;
    private static final General QUAD_NARROW = General.X13;
    private static final General QUAD_CODES = General.X14;
    private static final General QUAD_SCALES = General.X15;
    private static final Vector OFFSET = Vector.v(30);

    private UnpackCode() {}

    static byte[] emit(PanelFormat format, boolean matrix) {
        var a = new Assembler();
        var frame = new Frame(16 * format.blockElements() / format.scales().groupLength() * 2);
        var codes = new CodeReader(format);
        Scales scales = format.scales();
        int groups = ActivationRow.UNIT / scales.groupLength();
        int blockGroups = groups * format.units();
        frame.enter(a);
        codes.constants(a);
        if (codes.offset() != 0) {
            Lanes.bytes(a, OFFSET, codes.offset());
        }
        a.add(QUAD_RUN, General.X0, format.run());
        a.move(QUAD_NARROW, General.X0);
        a.move(QUAD_CODES, General.X1);
        a.add(QUAD_SCALES, General.X1, 512);
        a.set(QUADS, 4);
        Label nextQuad = a.here();
        a.move(RUN, QUAD_RUN);
        a.move(NARROW, QUAD_NARROW);
        a.move(CODES, QUAD_CODES);
        a.move(SCALES, QUAD_SCALES);
        a.move(BLOCKS, General.X3);
        Label nextBlock = a.here();
        new ScaleReader(format)
                .read(a, NARROW.at(0), RUN.at(0), (group, minimum) -> General.SP.at(16 * (group + (minimum ? blockGroups : 0))));
        for (int unit = 0; unit < format.units(); unit++) {
            for (int quarter = 0; quarter < 8; quarter++) {
                Vector weight = Vector.v(quarter);
                codes.read(a, RUN.at(0), unit, quarter, weight);
                if (codes.offset() != 0) {
                    a.vector(Instruction.SUB_16B, weight, weight, OFFSET);
                }
                if (!matrix) {
                    a.store(weight, CODES.at(64 * quarter));
                } else if (quarter % 2 == 1) {
                    // Two quarters of a row side by side.
                    Vector before = Vector.v(quarter - 1);
                    a.vector(Instruction.ZIP1_4S, Vector.v(16), before, weight);
                    a.vector(Instruction.ZIP2_4S, Vector.v(17), before, weight);
                    a.store(Vector.v(16), CODES.at(64 * (quarter - 1)));
                    a.store(Vector.v(17), CODES.at(64 * (quarter - 1) + 16));
                }
            }
            for (int group = 0; group < groups; group++) {
                for (int part = 0; part < (scales.hasMinimums() ? 2 : 1); part++) {
                    a.load(Vector.v(18), General.SP.at(16 * (unit * groups + group + part * blockGroups)));
                    a.store(Vector.v(18), SCALES.at(64 * (group + part * groups)));
                }
            }
            a.add(CODES, CODES, General.X2, 0);
            a.add(SCALES, SCALES, General.X2, 0);
        }
        a.add(RUN, format.panelBlockBytes());
        a.add(NARROW, format.panelBlockBytes());
        a.subtractAndTest(BLOCKS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextBlock);
        a.add(QUAD_RUN, 16);
        a.add(QUAD_NARROW, 4 * format.narrowBytes());
        a.add(QUAD_CODES, matrix ? 32 : 16);
        a.add(QUAD_SCALES, 16);
        a.subtractAndTest(QUADS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextQuad);
        frame.leave(a);
        return a.toBytes();
    }
}
