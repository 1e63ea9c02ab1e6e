package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.PanelFormat;

/** What comes before attention: rotating heads, storing keys and values of float32 and float16 in the cache, widening scales. */
final class AttentionInput {
    private AttentionInput() {}

    /** {@code f(values, keys, headLength, -, -, -)}: one key to its lane of a panel, elements 16 lanes apart. */
    static byte[] storeKey(ElementType type) {
        var a = new Assembler();
        var frame = new Frame(0);
        Vector low = Vector.v(0);
        int lane = PanelFormat.ROWS * type.bytes();
        frame.enter(a);
        Label next = a.here();
        a.load(low, General.X0.at(0));
        if (type == ElementType.F16) {
            a.vector(Instruction.FCVTN, low, low);
        }
        for (int i = 0; i < 4; i++) {
            if (type == ElementType.F16) {
                a.storeLane16(low, i, General.X1);
            } else {
                a.storeLane(low, i, General.X1);
            }
            a.add(General.X1, lane);
        }
        a.add(General.X0, 16);
        a.subtractAndTest(General.X2, 4);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a.toBytes();
    }

    /** {@code f(values, target, length, -, -, -)}: a value head, a multiple of 16 long. */
    static byte[] storeValue(ElementType type) {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        Label next = a.here();
        for (int i = 0; i < 4; i += 2) {
            Vector first = Vector.v(i);
            Vector second = Vector.v(i + 1);
            a.load(first, General.X0.at(16 * i));
            a.load(second, General.X0.at(16 * i + 16));
            if (type == ElementType.F16) {
                a.vector(Instruction.FCVTN, first, first);
                a.vector(Instruction.FCVTN2, first, second);
                a.store(first, General.X1.at(8 * i));
            } else {
                a.store(first, General.X1.at(16 * i));
                a.store(second, General.X1.at(16 * i + 16));
            }
        }
        a.add(General.X0, 64);
        a.add(General.X1, PanelFormat.ROWS * type.bytes());
        a.subtractAndTest(General.X2, 16);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a.toBytes();
    }

    /** {@code f(halfs, floats, count, -, -, -)}: float16 to float32, 16 at a time. */
    static byte[] widen() {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        Label next = a.here();
        for (int i = 0; i < 2; i++) {
            Vector low = Vector.v(2 * i);
            Vector high = Vector.v(2 * i + 1);
            a.load(low, General.X0.at(16 * i));
            a.vector(Instruction.FCVTL2, high, low);
            a.vector(Instruction.FCVTL, low, low);
            a.store(low, General.X1.at(32 * i));
            a.store(high, General.X1.at(32 * i + 16));
        }
        a.add(General.X0, 32);
        a.add(General.X1, 64);
        a.subtractAndTest(General.X2, 16);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a.toBytes();
    }

    /**
     * {@code f(heads, angles, pairs, headCount, headStride, -)}: rotates heads in place by pairs of cosine and sine, either
     * {@code (i, i + pairs)} or {@code (2i, 2i + 1)}.
     */
    static byte[] rotate(boolean halves) {
        var a = new Assembler();
        var frame = new Frame(0);
        General first = General.X6;
        General second = General.X7;
        General angles = General.X8;
        General left = General.X9;
        int step = halves ? 4 : 2;
        frame.enter(a);
        if (!halves) {
            a.set(General.X17, 0x80000000L);
            a.setLow(SIGNS, General.X17);
            a.vector(Instruction.ZIP1_2D, SIGNS, SIGNS, SIGNS);
        }
        Label nextHead = a.here();
        a.move(first, General.X0);
        a.add(second, General.X0, General.X2, 2);
        a.move(angles, General.X1);
        a.move(left, General.X2);
        Label next = a.label();
        Label rest = a.label();
        Label nextRest = a.label();
        Label end = a.label();
        a.bind(next);
        a.compare(left, step);
        a.jump(Assembler.Condition.LESS, rest);
        if (halves) {
            a.load(COS, angles.at(0));
            a.load(SIN, angles.at(16));
            a.load(X, first.at(0));
            a.load(Y, second.at(0));
            rotateHalves(a);
            a.store(TURNED, first.at(0));
            a.store(Y, second.at(0));
        } else {
            a.load(COS, angles.at(0));
            a.load(X, first.at(0));
            rotatePairs(a);
            a.store(TURNED, first.at(0));
        }
        a.add(first, 16);
        a.add(second, 16);
        a.add(angles, 8 * step);
        a.add(left, -step);
        a.jump(next);
        a.bind(rest);
        a.jumpIfZero(left, end);
        a.bind(nextRest);
        a.load64(COS, angles.at(0));
        if (halves) {
            a.zero(SIN);
            a.load32(X, first.at(0));
            a.load32(Y, second.at(0));
            rotateHalves(a);
            a.store32(TURNED, first.at(0));
            a.store32(Y, second.at(0));
        } else {
            a.load64(X, first.at(0));
            rotatePairs(a);
            a.store64(TURNED, first.at(0));
        }
        a.add(first, halves ? 4 : 8);
        a.add(second, 4);
        a.add(angles, 8);
        a.subtractAndTest(left, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextRest);
        a.bind(end);
        a.add(General.X0, General.X0, General.X4, 0);
        a.subtractAndTest(General.X3, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextHead);
        frame.leave(a);
        return a.toBytes();
    }

    private static final Vector COS = Vector.v(0);
    private static final Vector SIN = Vector.v(1);
    private static final Vector X = Vector.v(2);
    private static final Vector Y = Vector.v(3);
    private static final Vector TURNED = Vector.v(4);
    private static final Vector OTHER = Vector.v(5);
    private static final Vector SIGNS = Vector.v(16);

    /** From eight angles in {@code COS, SIN}: {@code TURNED, Y = x cos - y sin, x sin + y cos}. */
    private static void rotateHalves(Assembler a) {
        a.vector(Instruction.UZP1_4S, OTHER, COS, SIN);
        a.vector(Instruction.UZP2_4S, SIN, COS, SIN);
        a.vector(Instruction.FMUL, TURNED, X, OTHER);
        a.vector(Instruction.FMLS, TURNED, Y, SIN);
        a.vector(Instruction.FMUL, COS, X, SIN);
        a.vector(Instruction.FMLA, COS, Y, OTHER);
        a.move(Y, COS);
    }

    /** From four angles in {@code COS}. */
    private static void rotatePairs(Assembler a) {
        a.vector(Instruction.TRN2_4S, SIN, COS, COS);
        a.vector(Instruction.TRN1_4S, COS, COS, COS);
        a.vector(Instruction.EOR, SIN, SIN, SIGNS);
        a.vector(Instruction.REV64_4S, OTHER, X);
        a.vector(Instruction.FMUL, TURNED, X, COS);
        a.vector(Instruction.FMLA, TURNED, OTHER, SIN);
    }
}
