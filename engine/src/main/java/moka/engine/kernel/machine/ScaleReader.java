package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Mask;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Code that makes float32 of the scales of a panel's block ({@link Scales}), a row each. Works in registers 20 to 31.
 *
 * <p>{@code narrow} is where the block's narrow field is, {@code run} where its dwords begin; both relative to {@code base}.
 */
record ScaleReader(Scales scales) {
    static final Vector RESULT = Vector.zmm(30);
    private static final Vector D = Vector.zmm(20);
    private static final Vector D_MIN = Vector.zmm(21);
    private static final Vector[] SIX_BIT_SCALES = {Vector.zmm(22), Vector.zmm(23)};
    private static final Vector[] SIX_BIT_MINIMUMS = {Vector.zmm(24), Vector.zmm(25)};
    private static final Vector TEMPORARY = Vector.zmm(29);
    // Constants.
    private static final Vector FIRST = Vector.zmm(28);
    private static final Vector SECOND = Vector.zmm(27);
    private static final Vector THIRD = Vector.zmm(26);
    private static final Vector FOURTH = Vector.zmm(25);
    private static final Vector PAIR_LOW_SIX = Vector.zmm(26);
    private static final Vector PAIR_LOW_FOUR = Vector.zmm(27);
    private static final Vector PAIR_HIGH_TWO = Vector.zmm(31);

    /** Loads constants; destroys {@code RAX}. */
    void constants(Assembler a) {
        switch (scales) {
            case Scales.SixBitPairs _ -> {
                Registers.broadcast(a, PAIR_LOW_SIX, 0x3F3F3F3F);
                Registers.broadcast(a, PAIR_LOW_FOUR, 0x0F0F0F0F);
                Registers.broadcast(a, PAIR_HIGH_TWO, 0x30303030);
                Registers.broadcast(a, FIRST, 0xFF);
            }
            case Scales.NibblePairs _ -> Registers.broadcast(a, FIRST, 0xF);
            case Scales.SixBitSigned _, Scales.SixBitSplit _ -> sixBitConstants(a);
            case Scales.PowerOfTwo _ -> Registers.broadcast(a, FIRST, 0.5f);
            case Scales.EightBitFloats _ -> {
                Registers.broadcast(a, FIRST, 0xFF);
                Registers.broadcast(a, SECOND, 0x1p119f);
                Registers.broadcast(a, THIRD, 127);
                Registers.broadcast(a, FOURTH, 127 << 20);
            }
            case Scales.Multiples _ -> Registers.broadcast(a, FIRST, 0xFF);
            case Scales.Half _, Scales.HalfPair _, Scales.SignedBytes _, Scales.OneFloat _, Scales.Floats _ -> {}
        }
    }

    /** Prepares a block. */
    void block(Assembler a, General base, int narrow, int run) {
        switch (scales) {
            case Scales.Half _, Scales.SignedBytes _, Scales.SixBitSigned _ -> a.vector(Instruction.VCVTPH2PS, D, base.at(narrow));
            case Scales.HalfPair _ -> halves(a, base.at(run));
            case Scales.SixBitPairs _ -> {
                halves(a, base.at(run));
                sixBitPairs(a, base, run);
            }
            case Scales.NibblePairs _ -> halves(a, base.at(run + 64 * 20));
            case Scales.SixBitSplit _ -> {
                a.vector(Instruction.VMOVDQU32, TEMPORARY, base.at(run));
                a.store(Instruction.VPMOVDW, D.as(256), TEMPORARY);
                a.vector(Instruction.VCVTPH2PS, D, D.as(256));
            }
            case Scales.PowerOfTwo _ -> {
                // 2^(e - 128): the byte as an exponent, halved; 0 stays 0.
                a.vector(Instruction.VPMOVZXBD, D, base.at(narrow));
                a.vector(Instruction.VPSLLD, D, D, 23);
                a.vector(Instruction.VMULPS, D, D, FIRST);
            }
            case Scales.OneFloat _, Scales.Multiples _ -> a.vector(Instruction.VMOVUPS, D, base.at(run));
            case Scales.EightBitFloats _, Scales.Floats _ -> {}
        }
    }

    /** The scales of a group; they stay good until the next call of any method here. */
    Vector scale(Assembler a, General base, int run, int group) {
        return switch (scales) {
            case Scales.Half _, Scales.HalfPair _, Scales.PowerOfTwo _, Scales.OneFloat _ -> D;
            case Scales.SixBitPairs _ -> multiplied(a, pick(a, SIX_BIT_SCALES[group / 4], group % 4), D);
            case Scales.SignedBytes(int dword) -> {
                signedByte(a, base.at(run + 64 * (dword + group / 4)), group % 4);
                yield multiplied(a, RESULT, D);
            }
            case Scales.NibblePairs _ -> multiplied(a, nibble(a, base, run, group, 0), D);
            case Scales.SixBitSigned _ -> {
                a.vector(Instruction.VPSRLD, RESULT, base.at(run + 64 * (24 + group % 8 / 4)), 8 * (group % 4) + 4 * (group / 8));
                sixBits(a, base.at(run + 64 * 26), 8 * (group % 4) + 2 * (group / 4));
                yield multiplied(a, RESULT, D);
            }
            case Scales.SixBitSplit _ -> {
                a.vector(Instruction.VPSRLD, RESULT, base.at(run + 64), 4 * group);
                sixBits(a, base.at(run), 16 + 2 * group);
                yield multiplied(a, RESULT, D);
            }
            case Scales.EightBitFloats _ -> eightBitFloat(a, base.at(run), group);
            case Scales.Multiples _ -> {
                multiple(a, base.at(run + 64 * (1 + group / 4)), group % 4);
                yield multiplied(a, RESULT, D);
            }
            case Scales.Floats floats -> loaded(a, base.at(run + 64 * group));
        };
    }

    /** The minimums of a group; they stay good until the next call of any method here. */
    Vector minimum(Assembler a, General base, int run, int group) {
        return switch (scales) {
            case Scales.HalfPair _ -> D_MIN;
            case Scales.SixBitPairs _ -> multiplied(a, pick(a, SIX_BIT_MINIMUMS[group / 4], group % 4), D_MIN);
            case Scales.NibblePairs _ -> multiplied(a, nibble(a, base, run, group, 4), D_MIN);
            case Scales.Floats floats -> loaded(a, base.at(run + 64 * (ActivationRow.UNIT / floats.groupLength() + group)));
            default -> throw new IllegalStateException("no minimums");
        };
    }

    // ---- parts

    /** {@code D} and {@code D_MIN} = the two halves of a dword. */
    private static void halves(Assembler a, Memory dword) {
        a.vector(Instruction.VMOVDQU32, TEMPORARY, dword);
        a.store(Instruction.VPMOVDW, D.as(256), TEMPORARY);
        a.vector(Instruction.VCVTPH2PS, D, D.as(256));
        a.vector(Instruction.VPSRLD, TEMPORARY, TEMPORARY, 16);
        a.store(Instruction.VPMOVDW, D_MIN.as(256), TEMPORARY);
        a.vector(Instruction.VCVTPH2PS, D_MIN, D_MIN.as(256));
    }

    /** Eight 6-bit scales and minimums from dwords 1 to 3, a byte each. */
    private static void sixBitPairs(Assembler a, General base, int run) {
        for (int i = 0; i < 2; i++) {
            Vector[] pair = i == 0 ? SIX_BIT_SCALES : SIX_BIT_MINIMUMS;
            int dword = run + 64 * (1 + i);
            a.vector(Instruction.VPANDD, pair[0], PAIR_LOW_SIX, base.at(dword));
            a.vector(Instruction.VPSRLD, TEMPORARY, base.at(dword), 2);
            if (i == 0) {
                a.vector(Instruction.VPANDD, pair[1], PAIR_LOW_FOUR, base.at(run + 64 * 3));
            } else {
                a.vector(Instruction.VPSRLD, pair[1], base.at(run + 64 * 3), 4);
                a.vector(Instruction.VPANDD, pair[1], pair[1], PAIR_LOW_FOUR);
            }
            a.vector(Instruction.VPTERNLOGD, pair[1], TEMPORARY, PAIR_HIGH_TWO, Registers.A_OR_B_AND_C);
        }
    }

    /** {@code RESULT} = a byte of each lane. */
    private static Vector pick(Assembler a, Vector from, int index) {
        if (index == 0) {
            a.vector(Instruction.VPANDD, RESULT, from, FIRST);
        } else {
            a.vector(Instruction.VPSRLD, RESULT, from, 8 * index);
            if (index < 3) {
                a.vector(Instruction.VPANDD, RESULT, RESULT, FIRST);
            }
        }
        return RESULT;
    }

    /** Likewise from memory. */
    private static void multiple(Assembler a, Memory dword, int index) {
        if (index == 0) {
            a.vector(Instruction.VPANDD, RESULT, FIRST, dword);
        } else {
            a.vector(Instruction.VPSRLD, RESULT, dword, 8 * index);
            if (index < 3) {
                a.vector(Instruction.VPANDD, RESULT, RESULT, FIRST);
            }
        }
    }

    private static void signedByte(Assembler a, Memory dword, int index) {
        if (index == 3) {
            a.vector(Instruction.VPSRAD, RESULT, dword, 24);
        } else {
            a.vector(Instruction.VPSLLD, RESULT, dword, 24 - 8 * index);
            a.vector(Instruction.VPSRAD, RESULT, RESULT, 24);
        }
    }

    private static Vector nibble(Assembler a, General base, int run, int group, int shift) {
        a.vector(Instruction.VPSRLD, RESULT, base.at(run + 64 * (group / 4)), 8 * (group % 4) + shift);
        a.vector(Instruction.VPANDD, RESULT, RESULT, FIRST);
        return RESULT;
    }

    private static void sixBitConstants(Assembler a) {
        Registers.broadcast(a, FIRST, 0xF);
        Registers.broadcast(a, SECOND, 0x30);
        Registers.broadcast(a, THIRD, 32);
    }

    /** Four low bits of {@code RESULT}, two higher ones from bit {@code shift} of a dword, 32 taken off. */
    private static void sixBits(Assembler a, Memory high, int shift) {
        a.vector(Instruction.VPANDD, RESULT, RESULT, FIRST);
        if (shift == 4) {
            a.vector(Instruction.VPTERNLOGD, RESULT, SECOND, high, Registers.A_OR_B_AND_C);
        } else {
            a.vector(shift > 4 ? Instruction.VPSRLD : Instruction.VPSLLD, TEMPORARY, high, Math.abs(shift - 4));
            a.vector(Instruction.VPTERNLOGD, RESULT, TEMPORARY, SECOND, Registers.A_OR_B_AND_C);
        }
        a.vector(Instruction.VPSUBD, RESULT, RESULT, THIRD);
    }

    private static Vector eightBitFloat(Assembler a, Memory dword, int index) {
        a.vector(Instruction.VPSRLD, RESULT, dword, 8 * index);
        a.vector(Instruction.VPANDD, RESULT, RESULT, FIRST);
        a.compare(Instruction.VPCMPD, Mask.K2, RESULT, THIRD, 4);
        // Exponent and mantissa in the places of a float32: a power of two too small, subnormal ones included; 127 means none.
        a.vector(Instruction.VPSLLD, RESULT, RESULT, 20);
        a.vector(Instruction.VPANDD, RESULT, RESULT, FOURTH);
        a.masked(Mask.K2, true).vector(Instruction.VMULPS, RESULT, RESULT, SECOND);
        return RESULT;
    }

    private static Vector loaded(Assembler a, Memory floats) {
        a.vector(Instruction.VMOVUPS, RESULT, floats);
        return RESULT;
    }

    /** {@code target = float(target) * factor}. */
    private static Vector multiplied(Assembler a, Vector target, Vector factor) {
        a.vector(Instruction.VCVTDQ2PS, target, target);
        a.vector(Instruction.VMULPS, target, target, factor);
        return target;
    }
}
