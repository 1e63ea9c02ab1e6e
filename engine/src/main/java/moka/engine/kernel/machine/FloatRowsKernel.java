package moka.engine.kernel.machine;

import java.util.stream.IntStream;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Products of rows of floats ({@link FloatKind}), where they lie in the file, with one row of activations, 16 rows after 16 rows. A line of 64 bytes of each of
 * eight rows is transposed qword by qword in registers, converted before if it has to be; products are added as in {@link FloatKernel}: the
 * results have the same bits.
 *
 * <p>Each line comes to the first-level cache once, {@value #AHEAD_LINES} lines before it is used, and is used from there. Rows of a power of two of bytes meet in
 * one set of that cache, which holds twelve lines (Zen 5): so eight rows are read side by side, and the other eight follow that many lines behind,
 * in other sets; while they end, the next eight begin. Alone, eight rows would wait for their sums: each multiply-add needs the one before.
 *
 * <p>Zen 5, November 2026, a mapped file, times as fast as 16 rows side by side that were asked for from front to back, by turns, 2048 and 8192 columns: one thread
 * F16 0.96, 1.12, BF16 1.19, 1.19, F32 1.21, 1.25; two threads 0.98, 1.05 and 1.04, 1.08 and 1.07, 1.25. One thread reads at 0.75 to 0.85 of a plain loop's rate.
 *
 * <p>{@code f(rows, rowBytes, activations, output, next, parameters)}; the parameters are those of {@link TileTail}, steps are lines of a row, count is
 * how often 16 rows; {@code next} is the address of the rows that are read after these, or 0.
 */
final class FloatRowsKernel {
    /** Bytes of a row that are taken at once. */
    static final int LINE = 64;

    private static final int AHEAD_LINES = 12;
    private static final int SIDE_BY_SIDE = 8;
    /** Behind the parameters of {@link TileTail}: address of the activations. */
    private static final int ACTIVATIONS = 48;

    private static final General STRIDE = General.RSI;
    private static final General OUTPUT = General.RCX;
    private static final General NEXT = General.R8;
    private static final General PARAMETERS = General.R9;
    private static final General THREE_STRIDES = General.R11;
    /** From the end of eight rows to what is asked for after them. */
    private static final General JUMP = General.R13;

    private static final General LINES_LEFT = General.R14;
    private static final General COUNT_LEFT = General.R15;
    private static final General AHEAD = General.RAX;
    private static final General AHEAD_FOURTH = General.RBP;
    private static final General BIAS = General.RBP;

    private static final Vector[] TRANSPOSED = run(0);
    private static final Vector[] PAIRS = run(SIDE_BY_SIDE);
    private static final Vector[] QUARTERS = {Vector.zmm(16), Vector.zmm(17)};
    private static final Vector VALUES = Vector.zmm(18);
    /** The even dwords' numbers, then the odd ones'. */
    private static final Vector HALVES = Vector.zmm(19);

    /** Eight rows: addresses of the first and the fifth, of the activations at hand, and {@code [row][even, odd]} sums. */
    private record Group(General first, General fourth, General activation, Vector sums) {
        Memory row(int row, int displacement) {
            return FloatRowsKernel.row(row < 4 ? first : fourth, row % 4, displacement);
        }
    }

    private static final Group LEADING = new Group(General.RDI, General.R10, General.R12, Vector.zmm(20));
    private static final Group FOLLOWING = new Group(General.R8, General.RBX, General.RDX, Vector.zmm(21));
    /** Of leading rows that are done. */
    private static final Vector LEADING_DONE = Vector.zmm(22);

    private final FloatKind kind;
    private final Assembler a;

    private FloatRowsKernel(FloatKind kind, Assembler a) {
        this.kind = kind;
        this.a = a;
    }

    static Assembler emit(FloatKind kind, Target target) {
        var kernel = new FloatRowsKernel(kind, target.assembler());
        kernel.emit(new Frame(target, General.RBX, General.RBP, LEADING.activation(), JUMP, LINES_LEFT, COUNT_LEFT));
        return kernel.a;
    }

    private void emit(Frame frame) {
        frame.enter(a);
        a.store(PARAMETERS.at(TileTail.AHEAD), NEXT);
        a.store(PARAMETERS.at(ACTIVATIONS), FOLLOWING.activation());
        Registers.lanes(a, HALVES, evenThenOdd());
        TileTail.loadMasks(a, PARAMETERS);
        a.load(COUNT_LEFT, PARAMETERS.at(TileTail.COUNT));
        a.address(THREE_STRIDES, STRIDE.at(STRIDE, 2, 0));
        a.address(JUMP, THREE_STRIDES.at(THREE_STRIDES, 4, 0));
        begin(LEADING);
        Label few = a.label();
        Label done = a.label();
        a.load(LINES_LEFT, PARAMETERS.at(TileTail.STEPS));
        a.compare(LINES_LEFT, 2 * AHEAD_LINES);
        a.jump(Condition.LESS, few);
        manyLines(done);
        a.bind(few);
        fewLines();
        a.bind(done);
        frame.leave(a);
    }

    private void manyLines(Label done) {
        a.set(LINES_LEFT, AHEAD_LINES);
        loop(true, false, false, false);
        Label nextRows = a.here();
        a.address(FOLLOWING.first(), LEADING.first().at(STRIDE, 8, -LINE * AHEAD_LINES));
        begin(FOLLOWING);
        lookFurther();
        a.load(LINES_LEFT, PARAMETERS.at(TileTail.STEPS));
        a.subtract(LINES_LEFT, 2 * AHEAD_LINES);
        Label none = a.label();
        a.jump(Condition.EQUAL, none);
        loop(true, true, false, false);
        a.bind(none);
        a.set(LINES_LEFT, AHEAD_LINES);
        loop(true, true, true, false);
        endLeading();
        a.set(LINES_LEFT, AHEAD_LINES);
        Label last = a.label();
        a.subtract(COUNT_LEFT, 1);
        a.jump(Condition.EQUAL, last);
        loop(true, true, false, true);
        results();
        a.jump(nextRows);
        a.bind(last);
        loop(false, true, false, true);
        results();
        a.jump(done);
    }

    /** Eight rows, then eight. */
    private void fewLines() {
        Label nextRows = a.here();
        a.load(LINES_LEFT, PARAMETERS.at(TileTail.STEPS));
        a.address(FOLLOWING.first(), LEADING.first().at(STRIDE, 8, 0));
        begin(FOLLOWING);
        loop(true, false, false, false);
        endLeading();
        a.load(LINES_LEFT, PARAMETERS.at(TileTail.STEPS));
        loop(false, true, false, false);
        results();
        a.subtract(COUNT_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, nextRows);
    }

    private void begin(Group group) {
        a.address(group.fourth(), group.first().at(STRIDE, 4, 0));
        a.load(group.activation(), PARAMETERS.at(ACTIVATIONS));
        Registers.zero(a, group.sums());
    }

    /** Behind the last rows, what is asked for is elsewhere. */
    private void lookFurther() {
        Label notLast = a.label();
        a.compare(COUNT_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, notLast);
        a.load(General.RAX, PARAMETERS.at(TileTail.AHEAD));
        a.test(General.RAX, General.RAX);
        a.jump(Condition.EQUAL, notLast);
        a.subtract(General.RAX, FOLLOWING.first());
        a.address(JUMP, General.RAX.at(THREE_STRIDES, 2, 0));
        a.add(JUMP, STRIDE);
        a.bind(notLast);
    }

    /** The leading rows have come to the end of their first row; the next ones begin. */
    private void endLeading() {
        a.vector(Instruction.VMOVUPS, LEADING_DONE, LEADING.sums());
        a.address(General.RAX, THREE_STRIDES.at(THREE_STRIDES, 4, 0));
        a.add(LEADING.first(), General.RAX);
        begin(LEADING);
    }

    /** Results of 16 rows. */
    private void results() {
        Vector even = Vector.zmm(0);
        Vector odd = Vector.zmm(1);
        a.vector(Instruction.VPERMD, LEADING_DONE, HALVES, LEADING_DONE);
        a.vector(Instruction.VPERMD, FOLLOWING.sums(), HALVES, FOLLOWING.sums());
        a.vector(Instruction.VSHUFF32X4, even, LEADING_DONE, FOLLOWING.sums(), 0x44);
        a.vector(Instruction.VSHUFF32X4, odd, LEADING_DONE, FOLLOWING.sums(), 0xEE);
        a.vector(Instruction.VADDPS, even, even, odd);
        a.load(BIAS, PARAMETERS.at(TileTail.BIAS));
        TileTail.emit(a, new Vector[][] {{even}}, null, new RowAddresses(OUTPUT, General.RAX, General.RAX, 1), BIAS, PARAMETERS, new Vector[] {odd});
        a.add(OUTPUT, 4 * PanelFormat.ROWS);
        Label withoutBias = a.label();
        a.test(BIAS, BIAS);
        a.jump(Condition.EQUAL, withoutBias);
        a.add(BIAS, 4 * PanelFormat.ROWS);
        a.store(PARAMETERS.at(TileTail.BIAS), BIAS);
        a.bind(withoutBias);
    }

    /** Bytes of activations for a line. */
    private int activationBytes() {
        return kind == FloatKind.BF16_PAIRS ? LINE : 4 * LINE / kind.bytes();
    }

    /**
     * Lines of leading rows, of following rows, or of both.
     *
     * @param leadingOnward whether leading rows are at their end, and what is read after them is asked for
     * @param followingOnward the same of following rows
     */
    private void loop(boolean leading, boolean following, boolean leadingOnward, boolean followingOnward) {
        a.align(32);
        Label next = a.here();
        if (leading) {
            line(LEADING, leadingOnward);
        }
        if (following) {
            line(FOLLOWING, followingOnward);
        }
        a.subtract(LINES_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
    }

    /** A line of each of eight rows, half a line at a time where its elements are converted. */
    private void line(Group group, boolean onward) {
        General first = group.first();
        General fourth = group.fourth();
        int ahead = LINE * AHEAD_LINES;
        if (onward) {
            a.address(AHEAD, first.at(JUMP, 1, ahead));
            a.address(AHEAD_FOURTH, AHEAD.at(STRIDE, 4, 0));
            first = AHEAD;
            fourth = AHEAD_FOURTH;
            ahead = 0;
        }
        int parts = activationBytes() / LINE;
        for (int part = 0; part < parts; part++) {
            transpose(group, LINE / parts * part);
            for (int qword = 0; qword < SIDE_BY_SIDE; qword++) {
                if (qword % parts == 0) {
                    int row = (SIDE_BY_SIDE * part + qword) / parts;
                    a.prefetch(row(row < 4 ? first : fourth, row % 4, ahead));
                }
                a.vector(Instruction.VPBROADCASTQ, VALUES, group.activation().at(LINE * part + 8 * qword));
                Instruction product = kind == FloatKind.BF16_PAIRS ? Instruction.VDPBF16PS : Instruction.VFMADD231PS;
                a.vector(product, group.sums(), TRANSPOSED[qword], VALUES);
            }
        }
        a.add(group.first(), LINE);
        a.add(group.fourth(), LINE);
        a.add(group.activation(), activationBytes());
    }

    /** Eight qwords of eight rows, two columns or pairs of columns each: first within pairs of rows, then across. @param at where in the line they are */
    private void transpose(Group group, int at) {
        for (int row = 0; row < SIDE_BY_SIDE; row++) {
            load(TRANSPOSED[row], group.row(row, at));
        }
        for (int row = 0; row < SIDE_BY_SIDE; row += 2) {
            a.vector(Instruction.VPUNPCKLQDQ, PAIRS[row], TRANSPOSED[row], TRANSPOSED[row + 1]);
            a.vector(Instruction.VPUNPCKHQDQ, PAIRS[row + 1], TRANSPOSED[row], TRANSPOSED[row + 1]);
        }
        for (int odd = 0; odd < 2; odd++) {
            for (int half = 0; half < 2; half++) {
                int lanes = half == 0 ? 0x44 : 0xEE;
                a.vector(Instruction.VSHUFF32X4, QUARTERS[0], PAIRS[odd], PAIRS[2 + odd], lanes);
                a.vector(Instruction.VSHUFF32X4, QUARTERS[1], PAIRS[4 + odd], PAIRS[6 + odd], lanes);
                a.vector(Instruction.VSHUFF32X4, TRANSPOSED[4 * half + odd], QUARTERS[0], QUARTERS[1], 0x88);
                a.vector(Instruction.VSHUFF32X4, TRANSPOSED[4 * half + 2 + odd], QUARTERS[0], QUARTERS[1], 0xDD);
            }
        }
    }

    private void load(Vector target, Memory from) {
        switch (kind) {
            case F32, BF16_PAIRS -> a.vector(Instruction.VMOVDQU32, target, from);
            case F16 -> a.vector(Instruction.VCVTPH2PS, target, from);
            case BF16 -> {
                a.vector(Instruction.VPMOVZXWD, target, from);
                a.vector(Instruction.VPSLLD, target, target, 16);
            }
        }
    }

    private static Memory row(General first, int row, int displacement) {
        return SixteenRows.ofFour(first, STRIDE, THREE_STRIDES, row, displacement);
    }

    private static int[] evenThenOdd() {
        int[] lanes = new int[16];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = 2 * (i % 8) + i / 8;
        }
        return lanes;
    }

    private static Vector[] run(int first) {
        return IntStream.range(first, first + SIDE_BY_SIDE).mapToObj(Vector::zmm).toArray(Vector[]::new);
    }
}
