package moka.engine.kernel.machine;

import java.util.Arrays;
import java.util.stream.IntStream;
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
        if (a.literal(target, filled(value))) {
            return;
        }
        a.set(General.RAX, value & 0xFFFF_FFFFL);
        a.vector(Instruction.VPBROADCASTD_GENERAL, target, General.RAX);
    }

    /** All lanes = {@code value}; destroys {@code RAX}. */
    static void broadcast(Assembler a, Vector target, float value) {
        broadcast(a, target, Float.floatToRawIntBits(value));
    }

    /** All four 16-byte lanes = {@code bytes}; destroys {@code RAX}. */
    static void broadcast(Assembler a, Vector target, byte[] bytes) {
        int[] lanes = new int[a.level().lanes()];
        for (int i = 0; i < 4 * lanes.length; i++) {
            lanes[i / 4] |= (bytes[i % 16] & 0xFF) << 8 * (i % 4);
        }
        if (a.literal(target, lanes)) {
            return;
        }
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

    /** Lanes = 0 to 15, or 7; destroys {@code RAX}. */
    static void laneNumbers(Assembler a, Vector target) {
        if (a.literal(target, IntStream.range(0, a.level().lanes()).toArray())) {
            return;
        }
        a.set(General.RAX, 0x0F0E0D0C0B0A0908L);
        a.push(General.RAX);
        a.set(General.RAX, 0x0706050403020100L);
        a.push(General.RAX);
        a.vector(Instruction.VPMOVZXBD, target, General.RSP.at(0));
        a.add(General.RSP, 16);
    }

    /** The lanes of 32 bits, each less than 256, of a vector of 512 bits; destroys {@code RAX}. */
    static void lanes(Assembler a, Vector target, int[] values) {
        for (int first = 8; first >= 0; first -= 8) {
            long eight = 0;
            for (int i = 7; i >= 0; i--) {
                eight = eight << 8 | values[first + i];
            }
            a.set(General.RAX, eight);
            a.push(General.RAX);
        }
        a.vector(Instruction.VPMOVZXBD, target, General.RSP.at(0));
        a.add(General.RSP, 16);
    }

    private static int[] filled(int value) {
        int[] lanes = new int[8];
        Arrays.fill(lanes, value);
        return lanes;
    }

    static void zero(Assembler a, Vector target) {
        a.vector(Instruction.VPXORD, target, target, target);
    }

    /** One vector for each part of 16 lanes, the registers {@code first}, {@code first + 1}. */
    static Vector[] parts(Assembler a, int first) {
        return IntStream.range(0, a.level().parts()).mapToObj(part -> Vector.zmm(first + part)).toArray(Vector[]::new);
    }

    /**
     * All lanes of the first vector = all 16 lanes together, always in the same order.
     *
     * @param parts the lanes; all are destroyed
     */
    static void reduce(Assembler a, Instruction operation, Vector[] parts, Vector temporary) {
        Vector target = parts[0];
        if (parts.length == 1) {
            a.vector(Instruction.VSHUFF32X4, temporary, target, target, 0x4E);
            a.vector(operation, target, target, temporary);
            a.vector(Instruction.VSHUFF32X4, temporary, target, target, 0xB1);
        } else {
            a.vector(operation, target, target, parts[1]);
            a.vector(Instruction.VPERM2I128, temporary, target, target, 0x01);
        }
        a.vector(operation, target, target, temporary);
        a.vector(Instruction.VPSHUFD, temporary, target, 0x4E);
        a.vector(operation, target, target, temporary);
        a.vector(Instruction.VPSHUFD, temporary, target, 0xB1);
        a.vector(operation, target, target, temporary);
    }
}
