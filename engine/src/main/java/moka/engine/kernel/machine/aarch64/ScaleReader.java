package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.PanelFormat;
import moka.engine.kernel.machine.Scales;

/**
 * Reads the scales of a panel's block ({@link Scales}) as float32, four rows at a time, and stores them: a block's scales are made before its
 * products, when registers are free. Works with registers 6 to 19 and {@code X17}.
 */
final class ScaleReader {
    private static final Vector D = Vector.v(6);
    private static final Vector D_MIN = Vector.v(7);
    private static final Vector RESULT = Vector.v(8);
    private static final Vector TEMPORARY = Vector.v(9);
    private static final Vector[] SCALES = Vector.run(10, 2);
    private static final Vector[] MINIMUMS = Vector.run(12, 2);
    private static final Vector[] CONSTANTS = Vector.run(14, 3);

    private final PanelFormat format;
    private final Scales scales;

    ScaleReader(PanelFormat format) {
        this.format = format;
        scales = format.scales();
    }

    /** Where a group's results go. */
    @FunctionalInterface
    interface Sink {
        Memory of(int group, boolean minimum);
    }

    /**
     * Stores the scales, and minimums, of four rows of a block.
     *
     * @param narrow the block's narrow field, with the first of the rows
     * @param run the block's dwords, with the first of the rows
     */
    void read(Assembler a, Memory narrow, Memory run, Sink sink) {
        prepare(a, narrow, run);
        int groups = format.blockElements() / scales.groupLength();
        for (int group = 0; group < groups; group++) {
            a.store(scale(a, run, group), sink.of(group, false));
            if (scales.hasMinimums()) {
                a.store(minimum(a, run, group), sink.of(group, true));
            }
        }
    }

    private void prepare(Assembler a, Memory narrow, Memory run) {
        switch (scales) {
            case Scales.Half half -> half(a, narrow);
            case Scales.HalfPair pair -> halves(a, run);
            case Scales.SixBitPairs pairs -> {
                halves(a, run);
                sixBitPairs(a, run);
            }
            case Scales.SignedBytes bytes -> half(a, narrow);
            case Scales.NibblePairs pairs -> {
                halves(a, run.plus(64 * 20));
                Lanes.broadcast(a, CONSTANTS[0], 0xF);
            }
            case Scales.SixBitSigned bits -> {
                half(a, narrow);
                sixBitConstants(a);
            }
            case Scales.SixBitSplit split -> {
                a.load(TEMPORARY, run);
                a.vector(Instruction.UZP1_8H, TEMPORARY, TEMPORARY, TEMPORARY);
                a.vector(Instruction.FCVTL, D, TEMPORARY);
                sixBitConstants(a);
            }
            case Scales.PowerOfTwo power -> {
                // 2^(e - 128): the byte as an exponent, halved; 0 stays 0.
                a.load32(D, narrow);
                a.shift(Instruction.USHLL_8H, D, D, 0);
                a.shift(Instruction.USHLL_4S, D, D, 0);
                a.shift(Instruction.SHL_4S, D, D, 23);
                Lanes.broadcast(a, TEMPORARY, 0.5f);
                a.vector(Instruction.FMUL, D, D, TEMPORARY);
            }
            case Scales.EightBitFloats floats -> {
                Lanes.broadcast(a, CONSTANTS[0], 0x1p119f);
                Lanes.broadcast(a, CONSTANTS[1], 127);
                Lanes.broadcast(a, CONSTANTS[2], 127 << 20);
            }
            case Scales.OneFloat one -> a.load(D, run);
            case Scales.Multiples multiples -> a.load(D, run);
            case Scales.Floats floats -> {}
        }
    }

    private Vector scale(Assembler a, Memory run, int group) {
        switch (scales) {
            case Scales.Half half -> {
                return D;
            }
            case Scales.HalfPair pair -> {
                return D;
            }
            case Scales.PowerOfTwo power -> {
                return D;
            }
            case Scales.OneFloat one -> {
                return D;
            }
            case Scales.Multiples multiples -> {
                a.load(RESULT, run.plus(64 * (1 + group / 4)));
                pick(a, RESULT, group % 4);
                return multiplied(a, D);
            }
            case Scales.SixBitPairs pairs -> {
                pick(a, SCALES[group / 4], group % 4);
                return multiplied(a, D);
            }
            case Scales.SignedBytes(int dword) -> {
                a.load(RESULT, run.plus(64 * (dword + group / 4)));
                if (group % 4 < 3) {
                    a.shift(Instruction.SHL_4S, RESULT, RESULT, 24 - 8 * (group % 4));
                }
                a.shift(Instruction.SSHR_4S, RESULT, RESULT, 24);
                return multiplied(a, D);
            }
            case Scales.NibblePairs pairs -> {
                nibble(a, run, group, 0);
                return multiplied(a, D);
            }
            case Scales.SixBitSigned bits -> {
                a.load(RESULT, run.plus(64 * (24 + group % 8 / 4)));
                right(a, RESULT, 8 * (group % 4) + 4 * (group / 8));
                sixBits(a, run.plus(64 * 26), 8 * (group % 4) + 2 * (group / 4));
                return multiplied(a, D);
            }
            case Scales.SixBitSplit split -> {
                a.load(RESULT, run.plus(64));
                right(a, RESULT, 4 * group);
                sixBits(a, run, 16 + 2 * group);
                return multiplied(a, D);
            }
            case Scales.EightBitFloats floats -> {
                a.load(RESULT, run);
                pick(a, RESULT, group);
                a.vector(Instruction.CMEQ_4S, TEMPORARY, RESULT, CONSTANTS[1]);
                // Exponent and mantissa in the places of a float32: a power of two too small, subnormal ones included; 127 means none.
                a.shift(Instruction.SHL_4S, RESULT, RESULT, 20);
                a.vector(Instruction.AND, RESULT, RESULT, CONSTANTS[2]);
                a.vector(Instruction.FMUL, RESULT, RESULT, CONSTANTS[0]);
                a.vector(Instruction.BIC, RESULT, RESULT, TEMPORARY);
                return RESULT;
            }
            case Scales.Floats floats -> {
                a.load(RESULT, run.plus(64 * group));
                return RESULT;
            }
        }
    }

    private Vector minimum(Assembler a, Memory run, int group) {
        return switch (scales) {
            case Scales.HalfPair pair -> D_MIN;
            case Scales.SixBitPairs pairs -> {
                pick(a, MINIMUMS[group / 4], group % 4);
                yield multiplied(a, D_MIN);
            }
            case Scales.NibblePairs pairs -> {
                nibble(a, run, group, 4);
                yield multiplied(a, D_MIN);
            }
            case Scales.Floats floats -> {
                a.load(RESULT, run.plus(64 * (32 / floats.groupLength() + group)));
                yield RESULT;
            }
            default -> throw new IllegalStateException("no minimums");
        };
    }

    // ---- parts

    /** {@code D} = float16 of the narrow field. */
    private static void half(Assembler a, Memory narrow) {
        a.load64(D, narrow);
        a.vector(Instruction.FCVTL, D, D);
    }

    /** {@code D} and {@code D_MIN} = the two halves of a dword. */
    private static void halves(Assembler a, Memory dword) {
        a.load(TEMPORARY, dword);
        a.vector(Instruction.UZP1_8H, D, TEMPORARY, TEMPORARY);
        a.vector(Instruction.FCVTL, D, D);
        a.vector(Instruction.UZP2_8H, D_MIN, TEMPORARY, TEMPORARY);
        a.vector(Instruction.FCVTL, D_MIN, D_MIN);
    }

    /** Eight 6-bit scales and minimums from dwords 1 to 3, a byte each. */
    private static void sixBitPairs(Assembler a, Memory run) {
        Lanes.bytes(a, CONSTANTS[0], 0x3F);
        Lanes.bytes(a, CONSTANTS[1], 0x0F);
        Lanes.bytes(a, CONSTANTS[2], 0x30);
        for (int i = 0; i < 2; i++) {
            Vector[] pair = i == 0 ? SCALES : MINIMUMS;
            a.load(TEMPORARY, run.plus(64 * (1 + i)));
            a.vector(Instruction.AND, pair[0], TEMPORARY, CONSTANTS[0]);
            a.shift(Instruction.USHR_4S, TEMPORARY, TEMPORARY, 2);
            a.vector(Instruction.AND, TEMPORARY, TEMPORARY, CONSTANTS[2]);
            a.load(pair[1], run.plus(64 * 3));
            if (i == 0) {
                a.vector(Instruction.AND, pair[1], pair[1], CONSTANTS[1]);
            } else {
                a.shift(Instruction.USHR_16B, pair[1], pair[1], 4);
            }
            a.vector(Instruction.ORR, pair[1], pair[1], TEMPORARY);
        }
    }

    private static void sixBitConstants(Assembler a) {
        Lanes.broadcast(a, CONSTANTS[0], 0xF);
        Lanes.broadcast(a, CONSTANTS[1], 0x30);
        Lanes.broadcast(a, CONSTANTS[2], 32);
    }

    /** Four low bits of {@code RESULT}, two higher ones from bit {@code shift} of a dword, 32 taken off. */
    private static void sixBits(Assembler a, Memory high, int shift) {
        a.vector(Instruction.AND, RESULT, RESULT, CONSTANTS[0]);
        a.load(TEMPORARY, high);
        if (shift < 4) {
            a.shift(Instruction.SHL_4S, TEMPORARY, TEMPORARY, 4 - shift);
        } else {
            right(a, TEMPORARY, shift - 4);
        }
        a.vector(Instruction.AND, TEMPORARY, TEMPORARY, CONSTANTS[1]);
        a.vector(Instruction.ORR, RESULT, RESULT, TEMPORARY);
        a.vector(Instruction.SUB_4S, RESULT, RESULT, CONSTANTS[2]);
    }

    private static void right(Assembler a, Vector target, int bits) {
        if (bits > 0) {
            a.shift(Instruction.USHR_4S, target, target, bits);
        }
    }

    /** {@code RESULT} = a byte of each lane. */
    private static void pick(Assembler a, Vector from, int index) {
        if (index < 3) {
            a.shift(Instruction.SHL_4S, RESULT, from, 24 - 8 * index);
            a.shift(Instruction.USHR_4S, RESULT, RESULT, 24);
        } else {
            a.shift(Instruction.USHR_4S, RESULT, from, 24);
        }
    }

    private static void nibble(Assembler a, Memory run, int group, int shift) {
        a.load(RESULT, run.plus(64 * (group / 4)));
        right(a, RESULT, 8 * (group % 4) + shift);
        a.vector(Instruction.AND, RESULT, RESULT, CONSTANTS[0]);
    }

    private static Vector multiplied(Assembler a, Vector factor) {
        a.vector(Instruction.SCVTF, RESULT, RESULT);
        a.vector(Instruction.FMUL, RESULT, RESULT, factor);
        return RESULT;
    }
}
