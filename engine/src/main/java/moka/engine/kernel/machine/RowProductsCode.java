package moka.engine.kernel.machine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.engine.kernel.machine.RowTerms.Source;
import moka.engine.kernel.machine.RowTerms.Term;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Products of rows, as they lie in the file, with one row of activations: the integer sum of each group of columns, without the codes' offset; and the
 * narrow fields of their blocks. Rows are read from front to back, one after another, as memory likes it best; lanes are columns, so sums go across
 * lanes, four accumulators at a time. {@link RowScalesCode} does the rest. Integer sums are exact in any order: the results have the bits of {@link StreamKernel}'s.
 *
 * <p>Sums are ints {@code [row][group]}.
 */
final class RowProductsCode {
    private static final General ROW = General.RDI;
    private static final General ACTIVATIONS = General.RSI;
    private static final General CODES = General.RDX;
    private static final General SUMS = General.RCX;
    private static final General STRIDE = General.R8;
    private static final General CODE = General.R10;
    private static final General STEPS_LEFT = General.R11;
    private static final General SUM = General.RAX;
    private static final General ROWS_LEFT = General.RBX;
    private static final General SCALES = General.R12;
    private static final General SCALE = General.R13;
    private static final General TEMPORARY = General.R15;

    private static final int LANES = 4;
    private static final Vector[] ACCUMULATORS = {Vector.zmm(0), Vector.zmm(1), Vector.zmm(2), Vector.zmm(3)};
    private static final Vector[] WEIGHTS = {Vector.zmm(4), Vector.zmm(5)};
    private static final int FIRST_SOURCE = 6;
    private static final Vector LOW = Vector.zmm(14);
    private static final Vector HIGH = Vector.zmm(15);
    private static final Vector ORDER = Vector.zmm(12);

    private RowProductsCode() {}

    /** Loads constants, registers 12 and 16 to 18; destroys {@code RAX}. */
    static void constants(Assembler a, PanelFormat format, RowTerms terms) {
        format.codes().constants(a);
        Registers.lanes(a, ORDER, order(accumulators(format, terms), RowTerms.COLUMNS / format.scales().groupLength()));
    }

    /** The sums of 16 rows. @param beforeRow what else is done before each row; destroys nothing */
    static void emit(Assembler a, PanelFormat format, RowTerms terms, General parameters, General ahead, Runnable beforeRow) {
        int groups = RowTerms.COLUMNS / format.scales().groupLength();
        List<List<Integer>> accumulators = accumulators(format, terms);
        a.load(ROW, parameters.at(RowsKernel.ROWS));
        a.load(CODES, parameters.at(RowsKernel.CODES));
        a.load(SUMS, parameters.at(RowsKernel.SUMS));
        a.load(STRIDE, parameters.at(RowsKernel.SUMS_STRIDE));
        a.load(SCALES, parameters.at(RowsKernel.SCALES));
        a.set(ROWS_LEFT, PanelFormat.ROWS);
        Label nextRow = a.here();
        beforeRow.run();
        a.move(SCALE, SCALES);
        a.move(CODE, CODES);
        a.move(SUM, SUMS);
        a.load(STEPS_LEFT, parameters.at(RowsKernel.COLUMN_STEPS));
        a.align(32);
        Label nextStep = a.here();
        RowsAhead.ask(a, ahead, RowsAhead.bytesOfRow(format));
        copyNarrow(a, format, terms.blocks());
        products(a, format, terms, accumulators);
        Vector sums = across(a, accumulators);
        a.vector(Instruction.VPERMD, sums, ORDER, sums);
        a.store(Instruction.VMOVDQU32, SUM.at(0), groups == 16 ? sums : sums.as(256));
        a.add(ROW, terms.blocks() * format.blockBytes());
        a.add(CODE, RowTerms.COLUMNS);
        a.add(SUM, 4 * groups);
        a.subtract(STEPS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, nextStep);
        a.add(SUMS, STRIDE);
        a.add(SCALES, format.narrowBytes());
        a.subtract(ROWS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, nextRow);
    }

    /** Of each accumulator, the groups that its lanes belong to. */
    private static List<List<Integer>> accumulators(PanelFormat format, RowTerms terms) {
        return terms.terms().stream().map(term -> RowTerms.groups(term, format.scales().groupLength())).distinct().toList();
    }

    /** The activations' codes, as the terms' lanes meet them. */
    static void sortCodes(Assembler a, RowTerms terms, General parameters) {
        a.load(ACTIVATIONS, parameters.at(RowsKernel.ACTIVATIONS));
        a.load(CODE, parameters.at(RowsKernel.CODES));
        a.load(STEPS_LEFT, parameters.at(RowsKernel.COLUMN_STEPS));
        Label next = a.here();
        for (int i = 0; i < terms.terms().size(); i++) {
            for (int lane = 0; lane < LANES; lane++) {
                int half = terms.terms().get(i).halves().get(lane);
                Vector codes = Vector.xmm(lane);
                a.vector(Instruction.VMOVDQU32, codes, ACTIVATIONS.at(ActivationRow.RECORD_BYTES * (half / 2) + 16 * (half % 2)));
                a.store(Instruction.VMOVDQU32, CODE.at(64 * i + 16 * lane), codes);
            }
        }
        a.add(ACTIVATIONS, RowTerms.COLUMNS / ActivationRow.UNIT * ActivationRow.RECORD_BYTES);
        a.add(CODE, RowTerms.COLUMNS);
        a.subtract(STEPS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
    }

    /** The narrow fields of some blocks of a row, to where they are in a panel. */
    private static void copyNarrow(Assembler a, PanelFormat format, int blocks) {
        if (format.narrowBytes() == 0) {
            return;
        }
        for (int block = 0; block < blocks; block++) {
            var field = ROW.at(block * format.blockBytes() + format.narrowOffset());
            var target = SCALE.at(block * RowsKernel.scalesBytes(format));
            if (format.narrowBytes() == 2) {
                a.load16(TEMPORARY, field);
                a.store16(target, TEMPORARY);
            } else {
                a.load8(TEMPORARY, field);
                a.store8(target, TEMPORARY);
            }
        }
        a.add(SCALE, blocks * RowsKernel.scalesBytes(format));
    }

    /** Adds all terms, each to the accumulator whose lanes are its groups. */
    private static void products(Assembler a, PanelFormat format, RowTerms terms, List<List<Integer>> accumulators) {
        Map<Source, Vector> loaded = new LinkedHashMap<>();
        for (int i = 0; i < accumulators.size(); i++) {
            Registers.zero(a, ACCUMULATORS[i]);
        }
        for (int i = 0; i < terms.terms().size(); i++) {
            Term term = terms.terms().get(i);
            Vector[] sources = new Vector[term.sources().size()];
            for (int plane = 0; plane < sources.length; plane++) {
                sources[plane] = loaded.computeIfAbsent(term.sources().get(plane), source -> load(a, source, Vector.zmm(FIRST_SOURCE + loaded.size())));
            }
            Vector weights = WEIGHTS[i % WEIGHTS.length];
            format.codes().emit(a, sources, term.shifts(), weights);
            int accumulator = accumulators.indexOf(RowTerms.groups(term, format.scales().groupLength()));
            a.vector(Instruction.VPDPBUSD, ACCUMULATORS[accumulator], weights, CODE.at(64 * i));
        }
    }

    private static Vector load(Assembler a, Source source, Vector target) {
        List<Integer> offsets = source.offsets();
        if (source.isWhole()) {
            a.vector(Instruction.VMOVDQU32, target, ROW.at(offsets.getFirst()));
        } else if (source.upperShift() > 0) {
            a.vector(Instruction.VMOVDQU32, target.as(256), ROW.at(offsets.getFirst()));
            a.vector(Instruction.VPSRLD, LOW.as(256), ROW.at(offsets.get(2)), source.upperShift());
            a.vector(Instruction.VINSERTI64X4, target, target, LOW.as(256), 1);
        } else if (source.isOfTwo()) {
            a.vector(Instruction.VMOVDQU32, target.as(256), ROW.at(offsets.getFirst()));
            a.vector(Instruction.VINSERTI64X4, target, target, ROW.at(offsets.get(2)), 1);
        } else {
            a.vector(Instruction.VMOVDQU32, target.as(128), ROW.at(offsets.getFirst()));
            for (int lane = 1; lane < LANES; lane++) {
                a.vector(Instruction.VINSERTI32X4, target, target, ROW.at(offsets.get(lane)), lane);
            }
        }
        return target;
    }

    /** Lane {@code 4l + j} of the result = the sum of 16-byte lane {@code l} of accumulator {@code j}, and of its neighbour where both are one group's. */
    private static Vector across(Assembler a, List<List<Integer>> accumulators) {
        Vector sums = pairs(a, ACCUMULATORS[0], ACCUMULATORS[1]);
        if (accumulators.size() == 4) {
            Vector others = pairs(a, ACCUMULATORS[2], ACCUMULATORS[3]);
            a.vector(Instruction.VPUNPCKLQDQ, LOW, sums, others);
            a.vector(Instruction.VPUNPCKHQDQ, HIGH, sums, others);
            a.vector(Instruction.VPADDD, sums, LOW, HIGH);
        } else {
            a.vector(Instruction.VPSHUFD, HIGH, sums, 0x4E);
            a.vector(Instruction.VPADDD, sums, sums, HIGH);
        }
        if (isPaired(accumulators)) {
            a.vector(Instruction.VSHUFF32X4, HIGH, sums, sums, 0xB1);
            a.vector(Instruction.VPADDD, sums, sums, HIGH);
        }
        return sums;
    }

    private static Vector pairs(Assembler a, Vector first, Vector second) {
        a.vector(Instruction.VPUNPCKLDQ, LOW, first, second);
        a.vector(Instruction.VPUNPCKHDQ, HIGH, first, second);
        a.vector(Instruction.VPADDD, first, LOW, HIGH);
        return first;
    }

    private static boolean isPaired(List<List<Integer>> accumulators) {
        List<Integer> lanes = accumulators.getFirst();
        return lanes.get(0).equals(lanes.get(1));
    }

    /** For each group, the lane where {@link #across} leaves its sum. */
    private static int[] order(List<List<Integer>> accumulators, int groups) {
        if (accumulators.size() != 2 && accumulators.size() != 4) {
            throw new IllegalArgumentException("found " + accumulators.size() + " accumulators, expected 2 or 4");
        }
        int[] order = new int[16];
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < accumulators.size(); i++) {
            for (int lane = 0; lane < LANES; lane += isPaired(accumulators) ? 2 : 1) {
                int group = accumulators.get(i).get(lane);
                order[group] = 4 * lane + i;
                found.add(group);
            }
        }
        if (found.size() != groups || found.stream().distinct().count() != groups) {
            throw new IllegalArgumentException("groups " + found + " are not " + groups + " different ones");
        }
        return order;
    }
}
