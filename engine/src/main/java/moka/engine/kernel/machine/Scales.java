package moka.engine.kernel.machine;

import java.util.List;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Mask;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * How the scales of a tensor type lie in its block, as code that makes them: float32, one a row. Works in registers 20 to 31.
 *
 * <p>{@code narrow} is where the block's field of 1 or 2 bytes is (16 rows one after another), {@code run} where its dwords begin; both
 * relative to {@code base}. Values are {@code scale * code - minimum}, or {@code + minimum} where {@link #addsMinimums}.
 */
public sealed interface Scales {
    /** Columns that share a scale: 32 or 16. */
    default int groupLength() {
        return 32;
    }

    default boolean hasMinimums() {
        return false;
    }

    default boolean addsMinimums() {
        return false;
    }

    /** First dwords of the block's run that all scales are made from, each with the three behind it; what is in the narrow field is not counted. */
    default List<Integer> dwords() {
        return List.of();
    }

    /** Loads constants; destroys {@code RAX}. */
    default void constants(Assembler a) {}

    /** Prepares a block. */
    void block(Assembler a, General base, int narrow, int run);

    /** The scales of a group; they stay good until the next call of any method here. */
    Vector scale(Assembler a, General base, int run, int group);

    /** The minimums of a group; they stay good until the next call of any method here. */
    default Vector minimum(Assembler a, General base, int run, int group) {
        throw new IllegalStateException("no minimums");
    }

    Vector D = Vector.zmm(20);
    Vector D_MIN = Vector.zmm(21);
    Vector RESULT = Vector.zmm(30);
    Vector TEMPORARY = Vector.zmm(29);
    Vector BYTE_MASK = Vector.zmm(28);

    /** {@code D} and {@code D_MIN} = the two halves of a dword. */
    static void loadHalves(Assembler a, General base, int displacement) {
        a.vector(Instruction.VMOVDQU32, TEMPORARY, base.at(displacement));
        a.store(Instruction.VPMOVDW, D.as(256), TEMPORARY);
        a.vector(Instruction.VCVTPH2PS, D, D.as(256));
        a.vector(Instruction.VPSRLD, TEMPORARY, TEMPORARY, 16);
        a.store(Instruction.VPMOVDW, D_MIN.as(256), TEMPORARY);
        a.vector(Instruction.VCVTPH2PS, D_MIN, D_MIN.as(256));
    }

    /** {@code target = float(target) * factor}. */
    static Vector multiplied(Assembler a, Vector target, Vector factor) {
        a.vector(Instruction.VCVTDQ2PS, target, target);
        a.vector(Instruction.VMULPS, target, target, factor);
        return target;
    }

    /** One float16 a block. */
    record Half() implements Scales {
        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            a.vector(Instruction.VCVTPH2PS, D, base.at(narrow));
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            return D;
        }
    }

    /** Float16 scale and float16 minimum in dword 0: values are {@code d * code + m}. */
    record HalfPair() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        @Override
        public boolean hasMinimums() {
            return true;
        }

        @Override
        public boolean addsMinimums() {
            return true;
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            loadHalves(a, base, run);
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            return D;
        }

        @Override
        public Vector minimum(Assembler a, General base, int run, int group) {
            return D_MIN;
        }
    }

    /** Q4_K and Q5_K: d and dmin in dword 0, eight 6-bit scales and minimums in dwords 1 to 3. */
    record SixBitPairs() implements Scales {
        private static final Vector[] SCALES = {Vector.zmm(22), Vector.zmm(23)};
        private static final Vector[] MINIMUMS = {Vector.zmm(24), Vector.zmm(25)};
        private static final Vector LOW_SIX = Vector.zmm(26);
        private static final Vector LOW_FOUR = Vector.zmm(27);
        private static final Vector HIGH_TWO = Vector.zmm(31);

        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        @Override
        public boolean hasMinimums() {
            return true;
        }

        @Override
        public void constants(Assembler a) {
            Registers.broadcast(a, LOW_SIX, 0x3F3F3F3F);
            Registers.broadcast(a, LOW_FOUR, 0x0F0F0F0F);
            Registers.broadcast(a, HIGH_TWO, 0x30303030);
            Registers.broadcast(a, BYTE_MASK, 0xFF);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            loadHalves(a, base, run);
            for (int i = 0; i < 2; i++) {
                Vector[] pair = i == 0 ? SCALES : MINIMUMS;
                int dword = run + 64 * (1 + i);
                a.vector(Instruction.VPANDD, pair[0], LOW_SIX, base.at(dword));
                a.vector(Instruction.VPSRLD, TEMPORARY, base.at(dword), 2);
                if (i == 0) {
                    a.vector(Instruction.VPANDD, pair[1], LOW_FOUR, base.at(run + 64 * 3));
                } else {
                    a.vector(Instruction.VPSRLD, pair[1], base.at(run + 64 * 3), 4);
                    a.vector(Instruction.VPANDD, pair[1], pair[1], LOW_FOUR);
                }
                a.vector(Instruction.VPTERNLOGD, pair[1], TEMPORARY, HIGH_TWO, Registers.A_OR_B_AND_C);
            }
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            return multiplied(a, pick(a, SCALES[group / 4], group % 4, RESULT), D);
        }

        @Override
        public Vector minimum(Assembler a, General base, int run, int group) {
            return multiplied(a, pick(a, MINIMUMS[group / 4], group % 4, RESULT), D_MIN);
        }

        private static Vector pick(Assembler a, Vector from, int index, Vector target) {
            if (index == 0) {
                a.vector(Instruction.VPANDD, target, from, BYTE_MASK);
            } else {
                a.vector(Instruction.VPSRLD, target, from, 8 * index);
                if (index < 3) {
                    a.vector(Instruction.VPANDD, target, target, BYTE_MASK);
                }
            }
            return target;
        }
    }

    /** Q6_K: d in the narrow field, sixteen signed bytes from a dword on. */
    record SignedBytes(int dword) implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(dword);
        }

        @Override
        public int groupLength() {
            return 16;
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            a.vector(Instruction.VCVTPH2PS, D, base.at(narrow));
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            var memory = base.at(run + 64 * (dword + group / 4));
            if (group % 4 == 3) {
                a.vector(Instruction.VPSRAD, RESULT, memory, 24);
            } else {
                a.vector(Instruction.VPSLLD, RESULT, memory, 24 - 8 * (group % 4));
                a.vector(Instruction.VPSRAD, RESULT, RESULT, 24);
            }
            return multiplied(a, RESULT, D);
        }
    }

    /** Q2_K: sixteen bytes in dwords 0 to 3, scale low and minimum high; d and dmin in dword 20. */
    record NibblePairs() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0, 17);
        }

        @Override
        public int groupLength() {
            return 16;
        }

        @Override
        public boolean hasMinimums() {
            return true;
        }

        @Override
        public void constants(Assembler a) {
            Registers.broadcast(a, BYTE_MASK, 0xF);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            loadHalves(a, base, run + 64 * 20);
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            return multiplied(a, nibble(a, base, run, group, 0, RESULT), D);
        }

        @Override
        public Vector minimum(Assembler a, General base, int run, int group) {
            return multiplied(a, nibble(a, base, run, group, 4, RESULT), D_MIN);
        }

        private static Vector nibble(Assembler a, General base, int run, int group, int shift, Vector target) {
            a.vector(Instruction.VPSRLD, target, base.at(run + 64 * (group / 4)), 8 * (group % 4) + shift);
            a.vector(Instruction.VPANDD, target, target, BYTE_MASK);
            return target;
        }
    }

    /** Q3_K: d in the narrow field, sixteen 6-bit scales in dwords 24 to 26, 32 too high. */
    record SixBitSigned() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(23);
        }

        private static final Vector LOW_FOUR = Vector.zmm(28);
        private static final Vector HIGH_TWO = Vector.zmm(27);
        private static final Vector THIRTY_TWO = Vector.zmm(26);

        @Override
        public int groupLength() {
            return 16;
        }

        @Override
        public void constants(Assembler a) {
            Registers.broadcast(a, LOW_FOUR, 0xF);
            Registers.broadcast(a, HIGH_TWO, 0x30);
            Registers.broadcast(a, THIRTY_TWO, 32);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            a.vector(Instruction.VCVTPH2PS, D, base.at(narrow));
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            int low = run + 64 * (24 + group % 8 / 4);
            a.vector(Instruction.VPSRLD, RESULT, base.at(low), 8 * (group % 4) + 4 * (group / 8));
            a.vector(Instruction.VPANDD, RESULT, RESULT, LOW_FOUR);
            highBits(a, base.at(run + 64 * 26), 8 * (group % 4) + 2 * (group / 4) - 4);
            a.vector(Instruction.VPSUBD, RESULT, RESULT, THIRTY_TWO);
            return multiplied(a, RESULT, D);
        }

        static void highBits(Assembler a, Memory from, int right) {
            if (right == 0) {
                a.vector(Instruction.VPTERNLOGD, RESULT, HIGH_TWO, from, Registers.A_OR_B_AND_C);
            } else {
                a.vector(right > 0 ? Instruction.VPSRLD : Instruction.VPSLLD, TEMPORARY, from, Math.abs(right));
                a.vector(Instruction.VPTERNLOGD, RESULT, TEMPORARY, HIGH_TWO, Registers.A_OR_B_AND_C);
            }
        }
    }

    /** IQ4_XS: d and eight times 2 high bits in dword 0, eight times 4 low bits in dword 1, 32 too high. */
    record SixBitSplit() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        @Override
        public void constants(Assembler a) {
            new SixBitSigned().constants(a);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            a.store(Instruction.VPMOVDW, D.as(256), loaded(a, base, run));
            a.vector(Instruction.VCVTPH2PS, D, D.as(256));
        }

        private static Vector loaded(Assembler a, General base, int run) {
            a.vector(Instruction.VMOVDQU32, TEMPORARY, base.at(run));
            return TEMPORARY;
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            a.vector(Instruction.VPSRLD, RESULT, base.at(run + 64), 4 * group);
            a.vector(Instruction.VPANDD, RESULT, RESULT, SixBitSigned.LOW_FOUR);
            SixBitSigned.highBits(a, base.at(run), 16 + 2 * group - 4);
            a.vector(Instruction.VPSUBD, RESULT, RESULT, SixBitSigned.THIRTY_TWO);
            return multiplied(a, RESULT, D);
        }
    }

    /** MXFP4: a byte {@code e} in the narrow field, scale {@code 2^(e - 128)}; 2^-128 counts as 0. */
    record PowerOfTwo() implements Scales {
        @Override
        public void constants(Assembler a) {
            Registers.broadcast(a, BYTE_MASK, 0.5f);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            a.vector(Instruction.VPMOVZXBD, D, base.at(narrow));
            a.vector(Instruction.VPSLLD, D, D, 23);
            a.vector(Instruction.VMULPS, D, D, BYTE_MASK);
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            return D;
        }
    }

    /** NVFP4: four unsigned E4M3 in dword 0, halved. */
    record EightBitFloats() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        private static final Vector FACTOR = Vector.zmm(27);
        private static final Vector NOT_A_NUMBER = Vector.zmm(26);
        private static final Vector SEVEN_BITS = Vector.zmm(25);

        @Override
        public int groupLength() {
            return 16;
        }

        @Override
        public void constants(Assembler a) {
            Registers.broadcast(a, BYTE_MASK, 0xFF);
            Registers.broadcast(a, FACTOR, 0x1p119f);
            Registers.broadcast(a, NOT_A_NUMBER, 127);
            Registers.broadcast(a, SEVEN_BITS, 127 << 20);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {}

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            a.vector(Instruction.VPSRLD, RESULT, base.at(run), 8 * group);
            a.vector(Instruction.VPANDD, RESULT, RESULT, BYTE_MASK);
            a.compare(Instruction.VPCMPD, Mask.K2, RESULT, NOT_A_NUMBER, 4);
            // Exponent and mantissa in the places of a float32: a power of two too small, subnormal ones included.
            a.vector(Instruction.VPSLLD, RESULT, RESULT, 20);
            a.vector(Instruction.VPANDD, RESULT, RESULT, SEVEN_BITS);
            a.masked(Mask.K2, true).vector(Instruction.VMULPS, RESULT, RESULT, FACTOR);
            return RESULT;
        }
    }

    /** One float32 in dword 0. */
    record OneFloat() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            a.vector(Instruction.VMOVUPS, D, base.at(run));
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            return D;
        }
    }

    /** A float32 in dword 0, and a byte for each group, from dword 1 on, by which it is multiplied: {@link PaletteRows}. */
    record Multiples(int groupLength) implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0, 4);
        }

        @Override
        public void constants(Assembler a) {
            Registers.broadcast(a, BYTE_MASK, 0xFF);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {
            a.vector(Instruction.VMOVUPS, D, base.at(run));
        }

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            var memory = base.at(run + 64 * (1 + group / 4));
            if (group % 4 == 0) {
                a.vector(Instruction.VPANDD, RESULT, BYTE_MASK, memory);
            } else {
                a.vector(Instruction.VPSRLD, RESULT, memory, 8 * (group % 4));
                if (group % 4 < 3) {
                    a.vector(Instruction.VPANDD, RESULT, RESULT, BYTE_MASK);
                }
            }
            return multiplied(a, RESULT, D);
        }
    }

    /** Float32 scales, and minimums if any, in the run's first vectors: what Java wrote for types without a layout here. */
    record Floats(int groupLength, boolean hasMinimums) implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        @Override
        public void block(Assembler a, General base, int narrow, int run) {}

        @Override
        public Vector scale(Assembler a, General base, int run, int group) {
            a.vector(Instruction.VMOVUPS, RESULT, base.at(run + 64 * group));
            return RESULT;
        }

        @Override
        public Vector minimum(Assembler a, General base, int run, int group) {
            a.vector(Instruction.VMOVUPS, RESULT, base.at(run + 64 * (32 / groupLength + group)));
            return RESULT;
        }
    }
}
