package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Products of rows of floats ({@link FloatKind}), where they lie in the file, with one row of activations: 16 rows at a time, a line of 64 bytes of each,
 * transposed dword by dword in registers. Each line is read once: rows of a power of two of bytes meet in one set of the first-level cache, which holds
 * fewer than 16 lines. Products are added as in {@link FloatKernel}: the results have the same bits.
 *
 * <p>{@code f(rows, rowBytes, activations, output, ahead, parameters)}; the parameters are those of {@link TileTail}, steps are lines of a row, count is
 * how often 16 rows; {@code ahead} is the first of as many bytes as are read, which are asked for in step.
 */
final class FloatRowsKernel {
    /** Bytes of a row that are taken at once. */
    static final int LINE = 64;

    private static final General ROWS = General.RDI;
    private static final General ACTIVATION = General.RAX;
    private static final General ACTIVATIONS = General.RDX;
    private static final General AHEAD = General.R8;
    private static final General PARAMETERS = General.R9;
    private static final General BIAS = General.R13;
    private static final General STEPS_LEFT = General.R14;
    private static final General COUNT_LEFT = General.R15;
    private static final SixteenRows LINES = new SixteenRows(General.R10, General.RBX, General.R11, General.R12, General.RSI, General.RBP);
    private static final RowAddresses OUTPUT = new RowAddresses(General.RCX, General.RAX, General.RAX, 1);

    private static final int DWORDS = 16;
    private static final Vector[] HALVES = {Vector.zmm(16), Vector.zmm(17), Vector.zmm(18), Vector.zmm(19)};
    private static final Vector LOW = Vector.zmm(20);
    private static final Vector HIGH = Vector.zmm(21);
    private static final Vector UPPER_WORDS = Vector.zmm(27);
    private static final Vector[] SUMS = {Vector.zmm(28), Vector.zmm(29)};

    private FloatRowsKernel() {}

    static Assembler emit(FloatKind kind, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, General.RBX, General.RBP, General.R12, BIAS, STEPS_LEFT, COUNT_LEFT);
        frame.enter(a);
        Registers.broadcast(a, UPPER_WORDS, 0xFFFF0000);
        TileTail.loadMasks(a, PARAMETERS);
        TileTail.loadBias(a, BIAS, PARAMETERS);
        a.load(COUNT_LEFT, PARAMETERS.at(TileTail.COUNT));
        Label nextRows = a.here();
        LINES.start(a, ROWS);
        a.move(ACTIVATION, ACTIVATIONS);
        a.load(STEPS_LEFT, PARAMETERS.at(TileTail.STEPS));
        Registers.zero(a, SUMS[0]);
        Registers.zero(a, SUMS[1]);
        a.align(32);
        Label nextStep = a.here();
        transposed(a);
        for (int dword = 0; dword < DWORDS; dword++) {
            a.prefetch(AHEAD.at(LINE * dword));
            multiply(a, kind, dword);
        }
        a.add(AHEAD, DWORDS * LINE);
        LINES.advance(a, LINE);
        a.add(ACTIVATION, kind == FloatKind.BF16_PAIRS ? LINE : 4 * LINE / kind.bytes());
        a.subtract(STEPS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, nextStep);

        a.vector(Instruction.VADDPS, SUMS[0], SUMS[0], SUMS[1]);
        TileTail.emit(a, new Vector[][] {{SUMS[0]}}, null, OUTPUT, BIAS, PARAMETERS, new Vector[] {LOW});
        OUTPUT.advance(a, 4 * PanelFormat.ROWS);
        a.address(ROWS, LINES.twelfth().at(LINES.stride(), 1, 0));
        a.address(ROWS, ROWS.at(LINES.stride(), 2, 0));
        Label withoutBias = a.label();
        a.test(BIAS, BIAS);
        a.jump(Condition.EQUAL, withoutBias);
        a.add(BIAS, 4 * PanelFormat.ROWS);
        a.bind(withoutBias);
        a.subtract(COUNT_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, nextRows);
        frame.leave(a);
        return a;
    }

    /** Registers 0 to 15 = the 16 dwords of a line, of all rows: first within four rows, then across. */
    private static void transposed(Assembler a) {
        for (int row = 0; row < PanelFormat.ROWS; row++) {
            a.vector(Instruction.VMOVDQU32, Vector.zmm(row), LINES.at(row, 0));
        }
        for (int row = 0; row < PanelFormat.ROWS; row += 4) {
            a.vector(Instruction.VPUNPCKLDQ, HALVES[0], Vector.zmm(row), Vector.zmm(row + 1));
            a.vector(Instruction.VPUNPCKHDQ, HALVES[1], Vector.zmm(row), Vector.zmm(row + 1));
            a.vector(Instruction.VPUNPCKLDQ, HALVES[2], Vector.zmm(row + 2), Vector.zmm(row + 3));
            a.vector(Instruction.VPUNPCKHDQ, HALVES[3], Vector.zmm(row + 2), Vector.zmm(row + 3));
            for (int i = 0; i < 2; i++) {
                a.vector(Instruction.VPUNPCKLQDQ, Vector.zmm(row + 2 * i), HALVES[i], HALVES[i + 2]);
                a.vector(Instruction.VPUNPCKHQDQ, Vector.zmm(row + 2 * i + 1), HALVES[i], HALVES[i + 2]);
            }
        }
        for (int i = 0; i < 4; i++) {
            for (int pair = 0; pair < 2; pair++) {
                a.vector(Instruction.VSHUFF32X4, HALVES[pair], Vector.zmm(8 * pair + i), Vector.zmm(8 * pair + 4 + i), 0x44);
                a.vector(Instruction.VSHUFF32X4, HALVES[2 + pair], Vector.zmm(8 * pair + i), Vector.zmm(8 * pair + 4 + i), 0xEE);
            }
            for (int lane = 0; lane < 4; lane++) {
                int half = lane / 2 * 2;
                a.vector(Instruction.VSHUFF32X4, Vector.zmm(4 * lane + i), HALVES[half], HALVES[half + 1], lane % 2 == 0 ? 0x88 : 0xDD);
            }
        }
    }

    /** Adds the products of a dword of each row: of one column or two. */
    private static void multiply(Assembler a, FloatKind kind, int dword) {
        Vector weights = Vector.zmm(dword);
        switch (kind) {
            case F32 -> a.vector(Instruction.VFMADD231PS, SUMS[dword % 2], weights, ACTIVATION.at(4 * dword).broadcasting());
            case BF16_PAIRS -> a.vector(Instruction.VDPBF16PS, SUMS[dword % 2], weights, ACTIVATION.at(4 * dword).broadcasting());
            case F16 -> {
                a.store(Instruction.VPMOVDW, LOW.as(256), weights);
                a.vector(Instruction.VCVTPH2PS, LOW, LOW.as(256));
                a.vector(Instruction.VPSRLD, weights, weights, 16);
                a.store(Instruction.VPMOVDW, HIGH.as(256), weights);
                a.vector(Instruction.VCVTPH2PS, HIGH, HIGH.as(256));
                pair(a, dword);
            }
            case BF16 -> {
                a.vector(Instruction.VPSLLD, LOW, weights, 16);
                a.vector(Instruction.VPANDD, HIGH, weights, UPPER_WORDS);
                pair(a, dword);
            }
        }
    }

    private static void pair(Assembler a, int dword) {
        a.vector(Instruction.VFMADD231PS, SUMS[0], LOW, ACTIVATION.at(8 * dword).broadcasting());
        a.vector(Instruction.VFMADD231PS, SUMS[1], HIGH, ACTIVATION.at(8 * dword + 4).broadcasting());
    }
}
