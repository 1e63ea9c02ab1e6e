package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Mask;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Rounds a row of float32 to 8 bits: {@link ActivationRow}. Two passes: the largest magnitude of the row, then the units. Magnitudes are
 * compared as integers, so that an infinite or undefined value makes the row's factor, and with it every product, infinite or undefined.
 *
 * <p>{@code f(values, row, units, -, -, -)}; about 0.15 ns a value.
 */
final class QuantizeKernel {
    private static final Vector LOW = Vector.zmm(0);
    private static final Vector HIGH = Vector.zmm(1);
    private static final Vector PEAK = Vector.zmm(2);
    private static final Vector EXPONENT = Vector.zmm(3);
    private static final Vector FACTOR = Vector.zmm(4);
    private static final Vector SUM_LOW = Vector.zmm(5);
    private static final Vector SUM_HIGH = Vector.zmm(6);
    private static final Vector SWAPPED = Vector.zmm(7);
    private static final Vector POWER = Vector.zmm(8);
    private static final Vector INVERSE = Vector.zmm(16);
    private static final Vector INVERSE_127 = Vector.zmm(17);
    private static final Vector MAGNITUDE = Vector.zmm(18);
    private static final Vector ROUND_UP = Vector.zmm(19);
    private static final Vector SMALLEST = Vector.zmm(20);
    private static final Vector MIRROR = Vector.zmm(21);
    private static final Vector ONES = Vector.zmm(22);
    private static final Vector ZERO = Vector.zmm(23);
    private static final Vector EXPONENT_OFFSET = Vector.zmm(24);
    private static final Vector POWER_OFFSET = Vector.zmm(25);

    private QuantizeKernel() {}

    static Assembler emit(boolean windows) {
        var a = new Assembler(true);
        var frame = new Frame(windows);
        frame.enter(a);
        Registers.broadcast(a, MAGNITUDE, 0x7FFFFFFF);
        Registers.zero(a, PEAK);
        Registers.zero(a, SUM_LOW);
        a.move(General.R8, General.RDI);
        a.move(General.R9, General.RDX);
        Label nextPeak = a.here();
        a.vector(Instruction.VPANDD, LOW, MAGNITUDE, General.R8.at(0));
        a.vector(Instruction.VPANDD, HIGH, MAGNITUDE, General.R8.at(64));
        a.vector(Instruction.VPMAXUD, PEAK, PEAK, LOW);
        a.vector(Instruction.VPMAXUD, SUM_LOW, SUM_LOW, HIGH);
        a.add(General.R8, 128);
        a.subtract(General.R9, 1);
        a.jump(Condition.NOT_EQUAL, nextPeak);
        a.vector(Instruction.VPMAXUD, PEAK, PEAK, SUM_LOW);
        largestLane(a, PEAK, SWAPPED);
        rowFactors(a);
        constants(a);
        a.align(32);
        Label nextUnit = a.here();
        unit(a);
        a.add(General.RDI, 128);
        a.add(General.RSI, ActivationRow.RECORD_BYTES);
        a.subtract(General.RDX, 1);
        a.jump(Condition.NOT_EQUAL, nextUnit);
        // The trailer: d * 2^-40.
        a.store(Instruction.VMOVUPS, General.RSI.at(0), Vector.zmm(26));
        frame.leave(a);
        return a;
    }

    /** {@code 1/peak} and {@code 127/peak}, both 0 for a row of zeros; {@code d * 2^-40} to register 26. */
    private static void rowFactors(Assembler a) {
        Registers.zero(a, ZERO);
        Registers.broadcast(a, INVERSE, 1f);
        a.vector(Instruction.VDIVPS, INVERSE, INVERSE, PEAK);
        a.compare(Instruction.VPCMPD, Mask.K1, PEAK, ZERO, 4);
        a.masked(Mask.K1, true).vector(Instruction.VMOVUPS, INVERSE, INVERSE);
        Registers.broadcast(a, INVERSE_127, 127f);
        a.vector(Instruction.VMULPS, INVERSE_127, INVERSE_127, INVERSE);
        Registers.broadcast(a, Vector.zmm(26), (float) Math.scalb(1.0 / 127.0, -ActivationRow.EXPONENT_BIAS));
        a.vector(Instruction.VMULPS, Vector.zmm(26), Vector.zmm(26), PEAK);
    }

    private static void constants(Assembler a) {
        Registers.broadcast(a, ROUND_UP, 0x7FFFFF);
        Registers.broadcast(a, SMALLEST, 127 - ActivationRow.EXPONENT_BIAS);
        Registers.broadcast(a, MIRROR, 254);
        Registers.broadcast(a, ONES, 0x01010101);
        Registers.broadcast(a, EXPONENT_OFFSET, 127 - ActivationRow.EXPONENT_BIAS);
        Registers.broadcast(a, POWER_OFFSET, ActivationRow.EXPONENT_BIAS);
    }

    private static void unit(Assembler a) {
        General record = General.RSI;
        a.vector(Instruction.VMOVUPS, LOW, General.RDI.at(0));
        a.vector(Instruction.VMOVUPS, HIGH, General.RDI.at(64));
        a.vector(Instruction.VPANDD, PEAK, MAGNITUDE, LOW);
        a.vector(Instruction.VPANDD, EXPONENT, MAGNITUDE, HIGH);
        a.vector(Instruction.VPMAXUD, PEAK, PEAK, EXPONENT);
        largestLane(a, PEAK, SWAPPED);
        // The smallest s with peak <= rowPeak * 2^s, plus 127: the exponent field of the ratio, rounded up.
        a.vector(Instruction.VMULPS, EXPONENT, PEAK, INVERSE);
        a.vector(Instruction.VPADDD, EXPONENT, EXPONENT, ROUND_UP);
        a.vector(Instruction.VPSRLD, EXPONENT, EXPONENT, 23);
        a.vector(Instruction.VPMAXSD, EXPONENT, EXPONENT, SMALLEST);
        a.vector(Instruction.VPSUBD, FACTOR, MIRROR, EXPONENT);
        a.vector(Instruction.VPSLLD, FACTOR, FACTOR, 23);
        a.vector(Instruction.VMULPS, FACTOR, FACTOR, INVERSE_127);
        a.vector(Instruction.VMULPS, LOW, LOW, FACTOR);
        a.vector(Instruction.VMULPS, HIGH, HIGH, FACTOR);
        a.vector(Instruction.VCVTPS2DQ, LOW, LOW);
        a.vector(Instruction.VCVTPS2DQ, HIGH, HIGH);
        a.store(Instruction.VPMOVSDB, LOW.as(128), LOW);
        a.store(Instruction.VPMOVSDB, HIGH.as(128), HIGH);
        a.store(Instruction.VMOVDQU32, record.at(0), LOW.as(128));
        a.store(Instruction.VMOVDQU32, record.at(16), HIGH.as(128));

        a.vector(Instruction.VPADDD, POWER.as(128), EXPONENT.as(128), POWER_OFFSET.as(128));
        a.vector(Instruction.VPSLLD, POWER.as(128), POWER.as(128), 23);
        a.vector(Instruction.VPSUBD, EXPONENT.as(128), EXPONENT.as(128), EXPONENT_OFFSET.as(128));
        a.vector(Instruction.VPSLLD, EXPONENT.as(128), EXPONENT.as(128), 23);
        a.store(Instruction.VMOVD, record.at(ActivationRow.EXPONENT), EXPONENT.as(128));
        sumOfBytes(a, SUM_LOW.as(128), LOW.as(128));
        sumOfBytes(a, SUM_HIGH.as(128), HIGH.as(128));
        a.vector(Instruction.VPADDD, LOW.as(128), SUM_LOW.as(128), SUM_HIGH.as(128));
        storeSum(a, SUM_LOW.as(128), ActivationRow.NEGATIVE_SUM_LOW, ActivationRow.SCALED_SUM_LOW);
        storeSum(a, SUM_HIGH.as(128), ActivationRow.NEGATIVE_SUM_HIGH, ActivationRow.SCALED_SUM_HIGH);
        storeSum(a, LOW.as(128), ActivationRow.NEGATIVE_SUM, ActivationRow.SCALED_SUM);
    }

    /** Sum of 16 signed bytes to all four lanes. */
    private static void sumOfBytes(Assembler a, Vector target, Vector bytes) {
        Registers.zero(a, target);
        a.vector(Instruction.VPDPBUSD, target, ONES.as(128), bytes);
        a.vector(Instruction.VPSHUFD, SWAPPED.as(128), target, 0x4E);
        a.vector(Instruction.VPADDD, target, target, SWAPPED.as(128));
        a.vector(Instruction.VPSHUFD, SWAPPED.as(128), target, 0xB1);
        a.vector(Instruction.VPADDD, target, target, SWAPPED.as(128));
    }

    private static void storeSum(Assembler a, Vector sum, int negative, int scaled) {
        a.vector(Instruction.VPSUBD, SWAPPED.as(128), ZERO.as(128), sum);
        a.store(Instruction.VMOVD, General.RSI.at(negative), SWAPPED.as(128));
        a.vector(Instruction.VCVTDQ2PS, sum, sum);
        a.vector(Instruction.VMULPS, sum, sum, POWER.as(128));
        a.store(Instruction.VMOVSS, General.RSI.at(scaled), sum);
    }

    /** All lanes = the largest lane, as unsigned integers. */
    static void largestLane(Assembler a, Vector target, Vector temporary) {
        a.vector(Instruction.VSHUFF32X4, temporary, target, target, 0x4E);
        a.vector(Instruction.VPMAXUD, target, target, temporary);
        a.vector(Instruction.VSHUFF32X4, temporary, target, target, 0xB1);
        a.vector(Instruction.VPMAXUD, target, target, temporary);
        a.vector(Instruction.VPSHUFD, temporary, target, 0x4E);
        a.vector(Instruction.VPMAXUD, target, target, temporary);
        a.vector(Instruction.VPSHUFD, temporary, target, 0xB1);
        a.vector(Instruction.VPMAXUD, target, target, temporary);
    }
}
