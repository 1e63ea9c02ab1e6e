package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Sixteen results of a matrix and one row of activations, from the integer sums of {@link RowProductsCode} and the scales of 16 rows
 * ({@link PackKernel#scales}): lanes are rows, operations and their order are those of {@link StreamKernel}, and so are the bits.
 */
final class RowScalesCode {
    private static final General SCALES = General.RDI;
    private static final General BIAS = General.R13;
    private static final General TURNS = General.RBX;
    private static final RowAddresses ACTIVATIONS = new RowAddresses(General.RSI, General.RAX, General.RAX, 1);
    private static final RowAddresses OUTPUT = new RowAddresses(General.R8, General.RAX, General.RAX, 1);
    private static final SixteenRows SUMS = new SixteenRows(General.RDX, General.R10, General.R11, General.R12, General.RCX, General.R15);

    private static final int GROUPS_AT_ONCE = 4;
    private static final Vector RESULT = Vector.zmm(8);
    private static final Vector TEMPORARY = Vector.zmm(9);

    private RowScalesCode() {}

    /** Blocks that are taken at once. */
    static int turnBlocks(PanelFormat format) {
        return Math.max(1, GROUPS_AT_ONCE / groups(format));
    }

    /** Groups of a block. */
    private static int groups(PanelFormat format) {
        return format.blockElements() / format.scales().groupLength();
    }

    /** The results of 16 rows. */
    static void emit(Assembler a, PanelFormat format, General parameters, General ahead) {
        var scales = new ScaleReader(format.scales());
        int groups = groups(format);
        a.load(SCALES, parameters.at(RowsKernel.SCALES));
        a.load(ACTIVATIONS.first(), parameters.at(RowsKernel.ACTIVATIONS));
        a.load(SUMS.first(), parameters.at(RowsKernel.SUMS));
        a.load(SUMS.stride(), parameters.at(RowsKernel.SUMS_STRIDE));
        SUMS.start(a, SUMS.first());
        a.load(OUTPUT.first(), parameters.at(RowsKernel.OUTPUT));
        TileTail.loadBias(a, BIAS, parameters);
        a.load(TURNS, parameters.at(TileTail.STEPS));
        Registers.zero(a, RESULT);
        Label nextTurn = a.here();
        RowsAhead.ask(a, ahead, RowsAhead.bytesOfTurn(format));
        int turnGroups = turnBlocks(format) * groups;
        Vector[] sums = new Vector[0];
        for (int i = 0; i < turnGroups; i++) {
            int block = i / groups;
            int at = block * RowsKernel.scalesBytes(format);
            if (i % groups == 0) {
                scales.block(a, SCALES, at + format.narrow(0, 1), at + format.run(0, 1));
            }
            if (i % GROUPS_AT_ONCE == 0) {
                sums = SUMS.transposed(a, 4 * i, 0);
            }
            int record = i * format.scales().groupLength() / ActivationRow.UNIT * ActivationRow.RECORD_BYTES;
            group(a, format, sums[i % GROUPS_AT_ONCE], i % groups, record, at + format.run(0, 1));
        }
        a.add(SCALES, turnBlocks(format) * RowsKernel.scalesBytes(format));
        SUMS.advance(a, 4 * turnGroups);
        ACTIVATIONS.advance(a, ActivationRow.RECORD_BYTES * turnBlocks(format) * format.units());
        a.subtract(TURNS, 1);
        a.jump(Condition.NOT_EQUAL, nextTurn);
        TileTail.emit(a, new Vector[][] {{RESULT}}, ACTIVATIONS, OUTPUT, BIAS, parameters, new Vector[] {TEMPORARY});
    }

    /** Adds a group of columns. */
    private static void group(Assembler a, PanelFormat format, Vector sum, int group, int record, int run) {
        Scales scales = format.scales();
        var reader = new ScaleReader(scales);
        int groupsOfUnit = ActivationRow.UNIT / scales.groupLength();
        int part = group % groupsOfUnit;
        if (format.offsetShift() >= 0) {
            int negative = record + ByteProducts.negativeSum(part, groupsOfUnit);
            a.vector(Instruction.VPSLLD, TEMPORARY, ACTIVATIONS.at(0, negative).broadcasting(), format.offsetShift());
            a.vector(Instruction.VPADDD, sum, sum, TEMPORARY);
        }
        a.vector(Instruction.VCVTDQ2PS, sum, sum);
        a.vector(Instruction.VPADDD, sum, sum, ACTIVATIONS.at(0, record + ActivationRow.EXPONENT).broadcasting());
        a.vector(Instruction.VFMADD231PS, RESULT, sum, reader.scale(a, SCALES, run, group));
        if (scales.hasMinimums()) {
            Vector minimum = reader.minimum(a, SCALES, run, group);
            a.vector(StreamKernel.minimumInstruction(scales), RESULT, minimum,
                    ACTIVATIONS.at(0, record + StreamKernel.scaledSum(part, groupsOfUnit)).broadcasting());
        }
    }
}
