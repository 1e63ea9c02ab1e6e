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
    private static final Vector PEAK = Vector.zmm(4);
    private static final Vector EXPONENT = Vector.zmm(5);
    private static final Vector FACTOR = Vector.zmm(6);
    private static final Vector SUM_LOW = Vector.zmm(7);
    private static final Vector SUM_HIGH = Vector.zmm(8);
    private static final Vector SWAPPED = Vector.zmm(9);
    private static final Vector POWER = Vector.zmm(10);
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
    private static final Vector TRAILER = Vector.zmm(26);
    private static final Vector WORD_ONES = Vector.zmm(27);

    private QuantizeKernel() {}

    static Assembler emit(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        int vectors = 2 * target.parts();
        int bytes = 128 / vectors;
        frame.enter(a);
        Registers.broadcast(a, MAGNITUDE, 0x7FFFFFFF);
        Registers.zero(a, PEAK);
        a.move(General.R8, General.RDI);
        a.move(General.R9, General.RDX);
        Label nextPeak = a.here();
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VPANDD, value(v), MAGNITUDE, General.R8.at(bytes * v));
            a.vector(Instruction.VPMAXUD, PEAK, PEAK, value(v));
        }
        a.add(General.R8, 128);
        a.subtract(General.R9, 1);
        a.jump(Condition.NOT_EQUAL, nextPeak);
        largestLane(a);
        rowFactors(a);
        constants(a);
        a.align(32);
        Label nextUnit = a.here();
        unit(a, vectors);
        a.add(General.RDI, 128);
        a.add(General.RSI, ActivationRow.RECORD_BYTES);
        a.subtract(General.RDX, 1);
        a.jump(Condition.NOT_EQUAL, nextUnit);
        // The trailer: d * 2^-40.
        for (int at = 0; at < ActivationRow.TRAILER_BYTES; at += bytes) {
            a.store(Instruction.VMOVUPS, General.RSI.at(at), TRAILER);
        }
        frame.leave(a);
        return a;
    }

    /** Vector {@code index} of a unit: 16 values, or 8. */
    private static Vector value(int index) {
        return Vector.zmm(index);
    }

    /** All lanes of the peak = the largest of its lanes. */
    private static void largestLane(Assembler a) {
        if (a.level().evex()) {
            Registers.reduce(a, Instruction.VPMAXUD, new Vector[] {PEAK}, SWAPPED);
        } else {
            Registers.reduce(a, Instruction.VPMAXUD, new Vector[] {PEAK, PEAK}, SWAPPED);
        }
    }

    /** {@code 1/peak} and {@code 127/peak}, both 0 for a row of zeros; {@code d * 2^-40} for the trailer. */
    private static void rowFactors(Assembler a) {
        Registers.zero(a, ZERO);
        Registers.broadcast(a, INVERSE, 1f);
        a.vector(Instruction.VDIVPS, INVERSE, INVERSE, PEAK);
        a.compare(Instruction.VPCMPD, Mask.K1, PEAK, ZERO, 4);
        a.masked(Mask.K1, true).vector(Instruction.VMOVUPS, INVERSE, INVERSE);
        Registers.broadcast(a, INVERSE_127, 127f);
        a.vector(Instruction.VMULPS, INVERSE_127, INVERSE_127, INVERSE);
        Registers.broadcast(a, TRAILER, (float) Math.scalb(1.0 / 127.0, -ActivationRow.EXPONENT_BIAS));
        a.vector(Instruction.VMULPS, TRAILER, TRAILER, PEAK);
    }

    private static void constants(Assembler a) {
        Registers.broadcast(a, ROUND_UP, 0x7FFFFF);
        Registers.broadcast(a, SMALLEST, 127 - ActivationRow.EXPONENT_BIAS);
        Registers.broadcast(a, MIRROR, 254);
        Registers.broadcast(a, ONES, 0x01010101);
        if (!a.level().byteProducts()) {
            Registers.broadcast(a, WORD_ONES, 0x00010001);
        }
        Registers.broadcast(a, EXPONENT_OFFSET, 127 - ActivationRow.EXPONENT_BIAS);
        Registers.broadcast(a, POWER_OFFSET, ActivationRow.EXPONENT_BIAS);
    }

    private static void unit(Assembler a, int vectors) {
        General record = General.RSI;
        int bytes = 128 / vectors;
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VMOVUPS, value(v), General.RDI.at(bytes * v));
            a.vector(Instruction.VPANDD, v == 0 ? PEAK : EXPONENT, MAGNITUDE, value(v));
            if (v > 0) {
                a.vector(Instruction.VPMAXUD, PEAK, PEAK, EXPONENT);
            }
        }
        largestLane(a);
        // The smallest s with peak <= rowPeak * 2^s, plus 127: the exponent field of the ratio, rounded up.
        a.vector(Instruction.VMULPS, EXPONENT, PEAK, INVERSE);
        a.vector(Instruction.VPADDD, EXPONENT, EXPONENT, ROUND_UP);
        a.vector(Instruction.VPSRLD, EXPONENT, EXPONENT, 23);
        a.vector(Instruction.VPMAXSD, EXPONENT, EXPONENT, SMALLEST);
        a.vector(Instruction.VPSUBD, FACTOR, MIRROR, EXPONENT);
        a.vector(Instruction.VPSLLD, FACTOR, FACTOR, 23);
        a.vector(Instruction.VMULPS, FACTOR, FACTOR, INVERSE_127);
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VMULPS, value(v), value(v), FACTOR);
            a.vector(Instruction.VCVTPS2DQ, value(v), value(v));
        }
        Vector low = bytes(a, 0, vectors);
        Vector high = bytes(a, vectors / 2, vectors);
        a.store(Instruction.VMOVDQU32, record.at(0), low.as(128));
        a.store(Instruction.VMOVDQU32, record.at(16), high.as(128));

        a.vector(Instruction.VPADDD, POWER.as(128), EXPONENT.as(128), POWER_OFFSET.as(128));
        a.vector(Instruction.VPSLLD, POWER.as(128), POWER.as(128), 23);
        a.vector(Instruction.VPSUBD, EXPONENT.as(128), EXPONENT.as(128), EXPONENT_OFFSET.as(128));
        a.vector(Instruction.VPSLLD, EXPONENT.as(128), EXPONENT.as(128), 23);
        a.store(Instruction.VMOVD, record.at(ActivationRow.EXPONENT), EXPONENT.as(128));
        sumOfBytes(a, SUM_LOW.as(128), low.as(128));
        sumOfBytes(a, SUM_HIGH.as(128), high.as(128));
        a.vector(Instruction.VPADDD, low.as(128), SUM_LOW.as(128), SUM_HIGH.as(128));
        storeSum(a, SUM_LOW.as(128), ActivationRow.NEGATIVE_SUM_LOW, ActivationRow.SCALED_SUM_LOW);
        storeSum(a, SUM_HIGH.as(128), ActivationRow.NEGATIVE_SUM_HIGH, ActivationRow.SCALED_SUM_HIGH);
        storeSum(a, low.as(128), ActivationRow.NEGATIVE_SUM, ActivationRow.SCALED_SUM);
    }

    /** 16 integers from a vector on to 16 signed bytes, in the first vector's low lanes; saturated. */
    private static Vector bytes(Assembler a, int first, int vectors) {
        Vector result = value(first);
        if (vectors == 2) {
            a.store(Instruction.VPMOVSDB, result.as(128), result);
            return result;
        }
        // Packing works within halves of 128 bits: the order is mended between the two steps.
        a.vector(Instruction.VPACKSSDW, result, result, value(first + 1));
        a.vector(Instruction.VPERMQ, result, result, 0xD8);
        a.vector(Instruction.VPERM2I128, SWAPPED, result, result, 0x01);
        a.vector(Instruction.VPACKSSWB, result, result, SWAPPED);
        return result;
    }

    /** Sum of 16 signed bytes to all four lanes. */
    private static void sumOfBytes(Assembler a, Vector target, Vector bytes) {
        if (a.level().byteProducts()) {
            Registers.zero(a, target);
            a.vector(Instruction.VPDPBUSD, target, ONES.as(128), bytes);
        } else {
            a.vector(Instruction.VMOVDQU32, target, ONES.as(128));
            a.vector(Instruction.VPMADDUBSW, target, target, bytes);
            a.vector(Instruction.VPMADDWD, target, target, WORD_ONES.as(128));
        }
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
}
