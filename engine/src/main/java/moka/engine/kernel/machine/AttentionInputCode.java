package moka.engine.kernel.machine;

import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Mask;
import moka.engine.kernel.machine.x86.Vector;

/** What comes before attention: rotating heads, storing keys and values of float32 and float16 in the cache, widening scales. */
final class AttentionInputCode {
    private AttentionInputCode() {}

    /** {@code f(values, keys, headLength, -, -, -)}: one key to its lane of a panel, elements 16 lanes apart. */
    static Assembler storeKey(ElementType type, Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        // Half a vector at a time.
        Vector value = Vector.ymm(0);
        int count = target.level().lanes() / 2;
        int lane = PanelFormat.ROWS * type.bytes();
        frame.enter(a);
        Label next = a.here();
        if (type == ElementType.F16) {
            a.vector(Instruction.VMOVUPS, value, General.RDI.at(0));
            a.store(Instruction.VCVTPS2PH, value.as(128), value, 0);
            for (int i = 0; i < count; i++) {
                a.store(Instruction.VPEXTRW, General.RSI.at(i * lane), value.as(128), i);
            }
        } else {
            for (int i = 0; i < count; i++) {
                if (i % 4 == 0) {
                    a.vector(Instruction.VMOVUPS, value.as(128), General.RDI.at(4 * i));
                }
                a.store(Instruction.VPEXTRD, General.RSI.at(i * lane), value.as(128), i % 4);
            }
        }
        a.add(General.RDI, 4 * count);
        a.add(General.RSI, count * lane);
        a.subtract(General.RDX, count);
        a.jump(Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a;
    }

    /** {@code f(values, target, length, -, -, -)}: a value head. */
    static Assembler storeValue(ElementType type, Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        Vector value = Vector.zmm(0);
        frame.enter(a);
        Label next = a.here();
        for (int part = 0; part < target.parts(); part++) {
            a.vector(Instruction.VMOVUPS, value, General.RDI.at(32 * part));
            if (type == ElementType.F16) {
                a.store(Instruction.VCVTPS2PH, General.RSI.at(16 * part), value, 0);
            } else {
                a.store(Instruction.VMOVUPS, General.RSI.at(32 * part), value);
            }
        }
        a.add(General.RDI, 64);
        a.add(General.RSI, PanelFormat.ROWS * type.bytes());
        a.subtract(General.RDX, 16);
        a.jump(Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a;
    }

    /** {@code f(halfs, floats, count, -, -, -)}: float16 to float32, 16 at a time. */
    static Assembler widen(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        Label next = a.here();
        for (int part = 0; part < target.parts(); part++) {
            a.vector(Instruction.VCVTPH2PS, Vector.zmm(0), General.RDI.at(16 * part));
            a.store(Instruction.VMOVUPS, General.RSI.at(32 * part), Vector.zmm(0));
        }
        a.add(General.RDI, 32);
        a.add(General.RSI, 64);
        a.subtract(General.RDX, 16);
        a.jump(Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a;
    }

    /**
     * {@code f(heads, angles, pairs, headCount, headStride, -)}: rotates heads in place by pairs of cosine and sine, either
     * {@code (i, i + pairs)} or {@code (2i, 2i + 1)}.
     */
    static Assembler rotate(boolean halves, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, General.RBX, General.RBP);
        frame.enter(a);
        Vector x = Vector.zmm(0);
        Vector y = Vector.zmm(1);
        Vector cos = Vector.zmm(2);
        Vector sin = Vector.zmm(3);
        Vector even = Vector.zmm(4);
        Vector odd = Vector.zmm(5);
        Vector turned = Vector.zmm(6);
        int lanes = target.level().lanes();
        int step = halves ? lanes : lanes / 2;
        if (a.level().evex() || !halves) {
            Registers.laneNumbers(a, even);
            a.vector(Instruction.VPADDD, even, even, even);
            Registers.broadcast(a, odd, 1);
        }
        if (halves && a.level().evex()) {
            a.vector(Instruction.VPADDD, odd, odd, even);
        } else if (!halves) {
            // Signs: minus in even lanes. 2 * lane << 30 is the lane's lowest bit << 31; its complement is wanted.
            a.vector(Instruction.VPSLLD, even, even, 30);
            Registers.broadcast(a, odd, 0x80000000);
            a.vector(Instruction.VPXORD, odd, odd, even);
        }
        Label nextHead = a.here();
        a.move(General.R10, General.RDI);
        a.move(General.R11, General.RSI);
        a.move(General.RBX, General.RDX);
        Label nextPairs = a.here();
        // Masks of what is left: lanes of data, and twice as many of angles.
        Label whole = a.label();
        a.set(General.RAX, 0xFFFF_FFFFL);
        a.compare(General.RBX, step);
        a.jump(Condition.NOT_LESS, whole);
        a.move(General.R9, General.RCX);
        a.set(General.RAX, 1);
        a.move(General.RCX, General.RBX);
        a.shiftLeftByCl(General.RAX);
        a.shiftLeftByCl(General.RAX);
        a.subtract(General.RAX, 1);
        a.move(General.RCX, General.R9);
        a.bind(whole);
        a.moveMask(Mask.K1, General.RAX);
        if (halves) {
            a.move(General.R9, General.RAX);
            a.shiftRight(General.R9, lanes);
            a.moveMask(Mask.K2, General.R9);
            halfMask(a, step);
            a.address(General.RBP, General.R10.at(General.RDX, 4, 0));
            a.masked(Mask.K1, true).vector(Instruction.VMOVUPS, cos, General.R11.at(0));
            a.masked(Mask.K2, true).vector(Instruction.VMOVUPS, turned, General.R11.at(4 * lanes));
            if (a.level().evex()) {
                a.vector(Instruction.VMOVDQU32, sin, odd);
                a.vector(Instruction.VMOVDQU32, y, even);
                permute(a, sin, cos, turned);
                permute(a, y, cos, turned);
                a.vector(Instruction.VMOVUPS, cos, y);
            } else {
                // Within halves of 128 bits first.
                a.vector(Instruction.VSHUFPS, sin, cos, turned, 0xDD);
                a.vector(Instruction.VSHUFPS, cos, cos, turned, 0x88);
                a.vector(Instruction.VPERMQ, sin, sin, 0xD8);
                a.vector(Instruction.VPERMQ, cos, cos, 0xD8);
            }
            a.masked(Mask.K3, true).vector(Instruction.VMOVUPS, x, General.R10.at(0));
            a.masked(Mask.K3, true).vector(Instruction.VMOVUPS, y, General.RBP.at(0));
            a.vector(Instruction.VMULPS, turned, x, cos);
            a.vector(Instruction.VFNMADD231PS, turned, y, sin);
            a.masked(Mask.K3, false).store(Instruction.VMOVUPS, General.R10.at(0), turned);
            a.vector(Instruction.VMULPS, turned, x, sin);
            a.vector(Instruction.VFMADD231PS, turned, y, cos);
            a.masked(Mask.K3, false).store(Instruction.VMOVUPS, General.RBP.at(0), turned);
            a.add(General.R11, 8 * lanes);
        } else {
            a.masked(Mask.K1, true).vector(Instruction.VMOVUPS, y, General.R11.at(0));
            a.masked(Mask.K1, true).vector(Instruction.VMOVUPS, x, General.R10.at(0));
            a.vector(Instruction.VPSHUFD, cos, y, 0xA0);
            a.vector(Instruction.VPSHUFD, sin, y, 0xF5);
            a.vector(Instruction.VPSHUFD, y, x, 0xB1);
            a.vector(Instruction.VPXORD, sin, sin, odd);
            a.vector(Instruction.VMULPS, turned, x, cos);
            a.vector(Instruction.VFMADD231PS, turned, y, sin);
            a.masked(Mask.K1, false).store(Instruction.VMOVUPS, General.R10.at(0), turned);
            a.add(General.R11, 4 * lanes);
        }
        a.add(General.R10, 4 * lanes);
        a.subtract(General.RBX, step);
        a.jump(Condition.GREATER, nextPairs);
        a.add(General.RDI, General.R8);
        a.subtract(General.RCX, 1);
        a.jump(Condition.NOT_EQUAL, nextHead);
        frame.leave(a);
        return a;
    }

    /** {@code K3} = as many lanes as pairs are left, at most 16. */
    private static void halfMask(Assembler a, int step) {
        Label whole = a.label();
        a.set(General.RAX, 0xFFFF);
        a.compare(General.RBX, step);
        a.jump(Condition.NOT_LESS, whole);
        a.move(General.R9, General.RCX);
        a.set(General.RAX, 1);
        a.move(General.RCX, General.RBX);
        a.shiftLeftByCl(General.RAX);
        a.subtract(General.RAX, 1);
        a.move(General.RCX, General.R9);
        a.bind(whole);
        a.moveMask(Mask.K3, General.RAX);
    }

    /** {@code index} = the dwords of {@code low, high} that it names. */
    private static void permute(Assembler a, Vector index, Vector low, Vector high) {
        a.vector(Instruction.VPERMI2D, index, low, high);
    }
}
