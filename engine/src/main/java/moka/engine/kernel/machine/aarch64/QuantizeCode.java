package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.ActivationRow;

/**
 * Rounds a row of float32 to 8 bits: {@link ActivationRow}. Two passes: the largest magnitude of the row, then the units. Magnitudes are
 * compared as integers, so that an infinite or undefined value makes the row's factor, and with it every product, infinite or undefined.
 *
 * <p>{@code f(values, row, units, -, -, -)}.
 */
final class QuantizeCode {
    private static final Vector[] VALUES = Vector.run(0, 8);
    private static final Vector PEAK = Vector.v(16);
    private static final Vector EXPONENT = Vector.v(17);
    private static final Vector FACTOR = Vector.v(18);
    private static final Vector TEMPORARY = Vector.v(19);
    private static final Vector SUM_LOW = Vector.v(20);
    private static final Vector SUM_HIGH = Vector.v(21);
    private static final Vector POWER = Vector.v(22);
    private static final Vector TRAILER = Vector.v(23);
    private static final Vector INVERSE = Vector.v(24);
    private static final Vector INVERSE_127 = Vector.v(25);
    private static final Vector ROUND_UP = Vector.v(26);
    private static final Vector SMALLEST = Vector.v(27);
    private static final Vector MIRROR = Vector.v(28);
    private static final Vector ONES = Vector.v(29);
    private static final Vector BIAS = Vector.v(30);
    private static final Vector ZERO = Vector.v(31);
    private static final General ROW = General.X1;

    private QuantizeCode() {}

    static byte[] emit() {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        a.zero(PEAK);
        a.move(General.X6, General.X0);
        a.move(General.X7, General.X2);
        Label nextPeak = a.here();
        peak(a, General.X6);
        a.add(General.X6, 128);
        a.subtractAndTest(General.X7, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextPeak);
        largestLane(a);
        rowFactors(a);
        Lanes.broadcast(a, ROUND_UP, 0x7FFFFF);
        Lanes.broadcast(a, SMALLEST, 127 - ActivationRow.EXPONENT_BIAS);
        Lanes.broadcast(a, MIRROR, 254);
        Lanes.broadcast(a, ONES, 0x01010101);
        Lanes.broadcast(a, BIAS, ActivationRow.EXPONENT_BIAS);
        Label nextUnit = a.here();
        unit(a);
        a.add(General.X0, 128);
        a.add(ROW, ActivationRow.RECORD_BYTES);
        a.subtractAndTest(General.X2, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextUnit);
        for (int i = 0; i < ActivationRow.TRAILER_BYTES; i += 16) {
            a.store(TRAILER, ROW.at(i));
        }
        frame.leave(a);
        return a.toBytes();
    }

    /** {@code PEAK} = the larger of it and the magnitudes of 32 values; leaves the values in {@code VALUES}. */
    private static void peak(Assembler a, General from) {
        for (int i = 0; i < 8; i++) {
            a.load(VALUES[i], from.at(16 * i));
            a.vector(Instruction.FABS, TEMPORARY, VALUES[i]);
            a.vector(Instruction.UMAX_4S, PEAK, PEAK, TEMPORARY);
        }
    }

    private static void largestLane(Assembler a) {
        a.vector(Instruction.UMAXV, PEAK, PEAK);
        a.broadcast(PEAK, PEAK, 0);
    }

    /** {@code 1/peak} and {@code 127/peak}, both 0 for a row of zeros; {@code d * 2^-40}. */
    private static void rowFactors(Assembler a) {
        a.zero(ZERO);
        Lanes.broadcast(a, INVERSE, 1f);
        a.vector(Instruction.FDIV, INVERSE, INVERSE, PEAK);
        a.vector(Instruction.CMEQ_4S, TEMPORARY, PEAK, ZERO);
        a.vector(Instruction.BIC, INVERSE, INVERSE, TEMPORARY);
        Lanes.broadcast(a, INVERSE_127, 127f);
        a.vector(Instruction.FMUL, INVERSE_127, INVERSE_127, INVERSE);
        Lanes.broadcast(a, TRAILER, (float) Math.scalb(1.0 / 127.0, -ActivationRow.EXPONENT_BIAS));
        a.vector(Instruction.FMUL, TRAILER, TRAILER, PEAK);
    }

    private static void unit(Assembler a) {
        a.zero(PEAK);
        peak(a, General.X0);
        largestLane(a);
        // The smallest s with peak <= rowPeak * 2^s, plus 127: the exponent field of the ratio, rounded up.
        a.vector(Instruction.FMUL, EXPONENT, PEAK, INVERSE);
        a.vector(Instruction.ADD_4S, EXPONENT, EXPONENT, ROUND_UP);
        a.shift(Instruction.USHR_4S, EXPONENT, EXPONENT, 23);
        a.vector(Instruction.SMAX_4S, EXPONENT, EXPONENT, SMALLEST);
        a.vector(Instruction.SUB_4S, FACTOR, MIRROR, EXPONENT);
        a.shift(Instruction.SHL_4S, FACTOR, FACTOR, 23);
        a.vector(Instruction.FMUL, FACTOR, FACTOR, INVERSE_127);
        for (Vector value : VALUES) {
            a.vector(Instruction.FMUL, value, value, FACTOR);
            a.vector(Instruction.FCVTNS, value, value);
        }
        for (int half = 0; half < 2; half++) {
            for (int i = 4 * half; i < 4 * half + 4; i += 2) {
                a.vector(Instruction.SQXTN_4H, VALUES[i], VALUES[i]);
                a.vector(Instruction.SQXTN2_8H, VALUES[i], VALUES[i + 1]);
            }
            Vector codes = VALUES[4 * half];
            a.vector(Instruction.SQXTN_8B, codes, codes);
            a.vector(Instruction.SQXTN2_16B, codes, VALUES[4 * half + 2]);
            a.store(codes, ROW.at(16 * half));
            Vector sum = half == 0 ? SUM_LOW : SUM_HIGH;
            a.zero(sum);
            a.vector(Instruction.SDOT, sum, codes, ONES);
            a.vector(Instruction.ADDV, sum, sum);
        }
        a.vector(Instruction.ADD_4S, POWER, EXPONENT, BIAS);
        a.shift(Instruction.SHL_4S, POWER, POWER, 23);
        a.vector(Instruction.SUB_4S, EXPONENT, EXPONENT, SMALLEST);
        a.shift(Instruction.SHL_4S, EXPONENT, EXPONENT, 23);
        a.store32(EXPONENT, ROW.at(ActivationRow.EXPONENT));
        a.vector(Instruction.ADD_4S, TEMPORARY, SUM_LOW, SUM_HIGH);
        storeSum(a, SUM_LOW, ActivationRow.NEGATIVE_SUM_LOW, ActivationRow.SCALED_SUM_LOW);
        storeSum(a, SUM_HIGH, ActivationRow.NEGATIVE_SUM_HIGH, ActivationRow.SCALED_SUM_HIGH);
        storeSum(a, TEMPORARY, ActivationRow.NEGATIVE_SUM, ActivationRow.SCALED_SUM);
    }

    private static void storeSum(Assembler a, Vector sum, int negative, int scaled) {
        a.vector(Instruction.SUB_4S, FACTOR, ZERO, sum);
        a.store32(FACTOR, ROW.at(negative));
        a.vector(Instruction.SCVTF, sum, sum);
        a.vector(Instruction.FMUL, sum, sum, POWER);
        a.store32(sum, ROW.at(scaled));
    }
}
