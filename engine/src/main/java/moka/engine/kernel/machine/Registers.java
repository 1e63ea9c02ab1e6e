package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Vector;

/** Short sequences that many kernels use. */
final class Registers {
    /** Truth table of {@code vpternlogd} for {@code a | (b & c)}. */
    static final int A_OR_B_AND_C = 0xF8;

    private Registers() {}

    /** All lanes = {@code value}; destroys {@code RAX}. */
    static void broadcast(Assembler a, Vector target, int value) {
        a.set(General.RAX, value & 0xFFFF_FFFFL);
        a.vector(Instruction.VPBROADCASTD_GENERAL, target, General.RAX);
    }

    /** All lanes = {@code value}; destroys {@code RAX}. */
    static void broadcast(Assembler a, Vector target, float value) {
        broadcast(a, target, Float.floatToRawIntBits(value));
    }

    /** All four 16-byte lanes = {@code bytes}; destroys {@code RAX}. */
    static void broadcast(Assembler a, Vector target, byte[] bytes) {
        for (int half = 8; half >= 0; half -= 8) {
            long value = 0;
            for (int i = 7; i >= 0; i--) {
                value = value << 8 | bytes[half + i] & 0xFF;
            }
            a.set(General.RAX, value);
            a.push(General.RAX);
        }
        a.vector(Instruction.VBROADCASTI32X4, target, General.RSP.at(0));
        a.add(General.RSP, 16);
    }

    /** Lanes = 0 to 15; destroys {@code RAX}. */
    static void laneNumbers(Assembler a, Vector target) {
        a.set(General.RAX, 0x0F0E0D0C0B0A0908L);
        a.push(General.RAX);
        a.set(General.RAX, 0x0706050403020100L);
        a.push(General.RAX);
        a.vector(Instruction.VPMOVZXBD, target, General.RSP.at(0));
        a.add(General.RSP, 16);
    }

    static void zero(Assembler a, Vector target) {
        a.vector(Instruction.VPXORD, target, target, target);
    }
}
