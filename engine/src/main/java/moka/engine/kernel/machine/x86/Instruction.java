package moka.engine.kernel.machine.x86;

import java.util.Locale;

/**
 * The vector instructions that {@link Assembler} encodes, one line each: {@code (prefix, map, W, opcode, memory)}.
 *
 * <p>Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
 */
public enum Instruction {
    // Products of integers and of bfloat16 pairs.
    VPDPBUSD(0x66, 2, 0, 0x50, Tuple.FULL_32),
    VPDPWSSD(0x66, 2, 0, 0x52, Tuple.FULL_32),
    VDPBF16PS(0xF3, 2, 0, 0x52, Tuple.FULL_32),
    VPMADDUBSW(0x66, 2, 0, 0x04, Tuple.FULL_NO_BROADCAST),
    VPMADDWD(0x66, 1, 0, 0xF5, Tuple.FULL_NO_BROADCAST),
    VPABSB(0x66, 2, 0, 0x1C, Tuple.FULL_NO_BROADCAST),
    VPMULLD(0x66, 2, 0, 0x40, Tuple.FULL_32),
    // Float arithmetic.
    VFMADD231PS(0x66, 2, 0, 0xB8, Tuple.FULL_32),
    VFNMADD231PS(0x66, 2, 0, 0xBC, Tuple.FULL_32),
    VFMADD213PS(0x66, 2, 0, 0xA8, Tuple.FULL_32),
    VADDPS(0, 1, 0, 0x58, Tuple.FULL_32),
    VMULPS(0, 1, 0, 0x59, Tuple.FULL_32),
    VSUBPS(0, 1, 0, 0x5C, Tuple.FULL_32),
    VMINPS(0, 1, 0, 0x5D, Tuple.FULL_32),
    VDIVPS(0, 1, 0, 0x5E, Tuple.FULL_32),
    VMAXPS(0, 1, 0, 0x5F, Tuple.FULL_32),
    VSQRTPS(0, 1, 0, 0x51, Tuple.FULL_32),
    VSCALEFPS(0x66, 2, 0, 0x2C, Tuple.FULL_32),
    VRNDSCALEPS(0x66, 3, 0, 0x08, Tuple.FULL_32),
    // Conversions.
    VCVTDQ2PS(0, 1, 0, 0x5B, Tuple.FULL_32),
    VCVTPS2DQ(0x66, 1, 0, 0x5B, Tuple.FULL_32),
    VCVTPH2PS(0x66, 2, 0, 0x13, Tuple.HALF),
    VCVTPS2PH(0x66, 3, 0, 0x1D, Tuple.HALF),
    VCVTNEPS2BF16(0xF3, 2, 0, 0x72, Tuple.FULL_32),
    VCVTNE2PS2BF16(0xF2, 2, 0, 0x72, Tuple.FULL_32),
    VPMOVSXBD(0x66, 2, 0, 0x21, Tuple.QUARTER),
    VPMOVZXBD(0x66, 2, 0, 0x31, Tuple.QUARTER),
    VPMOVSXWD(0x66, 2, 0, 0x23, Tuple.HALF),
    VPMOVZXWD(0x66, 2, 0, 0x33, Tuple.HALF),
    VPMOVDW(0xF3, 2, 0, 0x33, Tuple.HALF),
    VPMOVDB(0xF3, 2, 0, 0x31, Tuple.QUARTER),
    VPMOVSDB(0xF3, 2, 0, 0x21, Tuple.QUARTER),
    // Integer arithmetic and logic.
    VPADDD(0x66, 1, 0, 0xFE, Tuple.FULL_32),
    VPADDW(0x66, 1, 0, 0xFD, Tuple.FULL_NO_BROADCAST),
    VPADDB(0x66, 1, 0, 0xFC, Tuple.FULL_NO_BROADCAST),
    VPSUBB(0x66, 1, 0, 0xF8, Tuple.FULL_NO_BROADCAST),
    VPSUBD(0x66, 1, 0, 0xFA, Tuple.FULL_32),
    VPMAXSD(0x66, 2, 0, 0x3D, Tuple.FULL_32),
    VPMINSD(0x66, 2, 0, 0x39, Tuple.FULL_32),
    VPMAXUD(0x66, 2, 0, 0x3F, Tuple.FULL_32),
    VPANDD(0x66, 1, 0, 0xDB, Tuple.FULL_32),
    VPANDND(0x66, 1, 0, 0xDF, Tuple.FULL_32),
    VPORD(0x66, 1, 0, 0xEB, Tuple.FULL_32),
    VPXORD(0x66, 1, 0, 0xEF, Tuple.FULL_32),
    VPTERNLOGD(0x66, 3, 0, 0x25, Tuple.FULL_32),
    // Shifts by an immediate count: the opcode's extension stands in the register field.
    VPSRLW(0x66, 1, 0, 0x71, Tuple.FULL_NO_BROADCAST, 2),
    VPSRLD(0x66, 1, 0, 0x72, Tuple.FULL_32, 2),
    VPSRAD(0x66, 1, 0, 0x72, Tuple.FULL_32, 4),
    VPSLLD(0x66, 1, 0, 0x72, Tuple.FULL_32, 6),
    // Shuffles.
    VPUNPCKLDQ(0x66, 1, 0, 0x62, Tuple.FULL_32),
    VPUNPCKHDQ(0x66, 1, 0, 0x6A, Tuple.FULL_32),
    VPUNPCKLQDQ(0x66, 1, 1, 0x6C, Tuple.FULL_64),
    VPUNPCKHQDQ(0x66, 1, 1, 0x6D, Tuple.FULL_64),
    VPSHUFB(0x66, 2, 0, 0x00, Tuple.FULL_NO_BROADCAST),
    VPSHUFD(0x66, 1, 0, 0x70, Tuple.FULL_32),
    VPERMB(0x66, 2, 0, 0x8D, Tuple.FULL_NO_BROADCAST),
    VPERMW(0x66, 2, 1, 0x8D, Tuple.FULL_NO_BROADCAST),
    VPERMD(0x66, 2, 0, 0x36, Tuple.FULL_32),
    VPERMT2D(0x66, 2, 0, 0x7E, Tuple.FULL_32),
    VPERMI2D(0x66, 2, 0, 0x76, Tuple.FULL_32),
    VPERMT2W(0x66, 2, 1, 0x7D, Tuple.FULL_NO_BROADCAST),
    VPERMI2B(0x66, 2, 0, 0x75, Tuple.FULL_NO_BROADCAST),
    VPMULTISHIFTQB(0x66, 2, 1, 0x83, Tuple.FULL_64),
    VSHUFF32X4(0x66, 3, 0, 0x23, Tuple.FULL_32),
    VINSERTI32X4(0x66, 3, 0, 0x38, Tuple.BYTES_16),
    VEXTRACTI32X4(0x66, 3, 0, 0x39, Tuple.BYTES_16),
    VINSERTI64X4(0x66, 3, 1, 0x3A, Tuple.BYTES_32),
    VEXTRACTI64X4(0x66, 3, 1, 0x3B, Tuple.BYTES_32),
    VPEXTRW(0x66, 3, 0, 0x15, Tuple.BYTES_2),
    VPEXTRD(0x66, 3, 0, 0x16, Tuple.BYTES_4),
    // Broadcasts.
    VPBROADCASTB(0x66, 2, 0, 0x78, Tuple.BYTES_1),
    VPBROADCASTW(0x66, 2, 0, 0x79, Tuple.BYTES_2),
    VPBROADCASTD(0x66, 2, 0, 0x58, Tuple.BYTES_4),
    VPBROADCASTQ(0x66, 2, 1, 0x59, Tuple.BYTES_8),
    VBROADCASTSS(0x66, 2, 0, 0x18, Tuple.BYTES_4),
    VBROADCASTI32X4(0x66, 2, 0, 0x5A, Tuple.BYTES_16),
    /** From a general register. */
    VPBROADCASTD_GENERAL(0x66, 2, 0, 0x7C, Tuple.BYTES_4),
    // Moves; stores have the opcode of their own.
    VMOVDQU8(0xF2, 1, 0, 0x6F, Tuple.FULL_NO_BROADCAST),
    VMOVDQU16(0xF2, 1, 1, 0x6F, Tuple.FULL_NO_BROADCAST),
    VMOVDQU32(0xF3, 1, 0, 0x6F, Tuple.FULL_NO_BROADCAST),
    VMOVUPS(0, 1, 0, 0x10, Tuple.FULL_NO_BROADCAST),
    VMOVSS(0xF3, 1, 0, 0x10, Tuple.BYTES_4),
    VMOVD(0x66, 1, 0, 0x6E, Tuple.BYTES_4),
    // Comparisons into a mask.
    VCMPPS(0, 1, 0, 0xC2, Tuple.FULL_32),
    VPCMPD(0x66, 3, 0, 0x1F, Tuple.FULL_32),
    // In the VEX encoding only.
    VPSIGNB(0x66, 2, 0, 0x08, Tuple.FULL_NO_BROADCAST),
    VPCMPEQD(0x66, 1, 0, 0x76, Tuple.FULL_NO_BROADCAST),
    VPCMPGTD(0x66, 1, 0, 0x66, Tuple.FULL_NO_BROADCAST),
    VPACKSSDW(0x66, 1, 0, 0x6B, Tuple.FULL_NO_BROADCAST),
    VPACKSSWB(0x66, 1, 0, 0x63, Tuple.FULL_NO_BROADCAST),
    VSHUFPS(0, 1, 0, 0xC6, Tuple.FULL_NO_BROADCAST),
    VPERMQ(0x66, 3, 1, 0x00, Tuple.FULL_NO_BROADCAST),
    VPERM2I128(0x66, 3, 0, 0x46, Tuple.FULL_NO_BROADCAST),
    /** Lanes of the second operand whose lane of the last, in the immediate byte, is negative. */
    VBLENDVPS(0x66, 3, 0, 0x4A, Tuple.FULL_NO_BROADCAST),
    /** Loads or stores the lanes that are negative in the second operand; touches no other memory. */
    VMASKMOVPS(0x66, 2, 0, 0x2C, Tuple.FULL_NO_BROADCAST);

    /** How much memory an instruction touches: the unit of a compressed displacement. */
    enum Tuple {
        /** A whole vector, or one dword repeated. */
        FULL_32,
        /** A whole vector, or one qword repeated. */
        FULL_64,
        FULL_NO_BROADCAST,
        HALF,
        QUARTER,
        BYTES_1,
        BYTES_2,
        BYTES_4,
        BYTES_8,
        BYTES_16,
        BYTES_32;

        int unit(int vectorBits, boolean broadcast) {
            return switch (this) {
                case FULL_32 -> broadcast ? 4 : vectorBits / 8;
                case FULL_64 -> broadcast ? 8 : vectorBits / 8;
                case FULL_NO_BROADCAST -> vectorBits / 8;
                case HALF -> vectorBits / 16;
                case QUARTER -> vectorBits / 32;
                case BYTES_1 -> 1;
                case BYTES_2 -> 2;
                case BYTES_4 -> 4;
                case BYTES_8 -> 8;
                case BYTES_16 -> 16;
                case BYTES_32 -> 32;
            };
        }
    }

    /** Mandatory prefix as the encodings count it: none, 66, F3, F2. */
    final int prefix;

    /** Opcode map: 0F, 0F38, 0F3A. */
    final int map;

    final int w;
    final int opcode;
    final Tuple tuple;

    /** Opcode extension of the shifts, else -1. */
    final int extension;

    Instruction(int prefix, int map, int w, int opcode, Tuple tuple) {
        this(prefix, map, w, opcode, tuple, -1);
    }

    Instruction(int prefix, int map, int w, int opcode, Tuple tuple, int extension) {
        this.prefix = prefix == 0x66 ? 1 : prefix == 0xF3 ? 2 : prefix == 0xF2 ? 3 : 0;
        this.map = map;
        this.w = w;
        this.opcode = opcode;
        this.tuple = tuple;
        this.extension = extension;
    }

    /** The opcode that writes to memory what this instruction reads. */
    int storeOpcode() {
        return switch (this) {
            case VMOVUPS, VMOVSS -> 0x11;
            case VMOVDQU8, VMOVDQU16, VMOVDQU32 -> 0x7F;
            case VMOVD -> 0x7E;
            case VMASKMOVPS -> 0x2E;
            default -> opcode;
        };
    }

    /** W in the VEX encoding, where it matters. */
    int vexW() {
        return this == VPERMQ ? 1 : 0;
    }

    /** The mnemonic in the VEX encoding, where element sizes of whole-vector operations are not named. */
    String vexName() {
        return switch (this) {
            case VPANDD -> "vpand";
            case VPANDND -> "vpandn";
            case VPORD -> "vpor";
            case VPXORD -> "vpxor";
            case VMOVDQU8, VMOVDQU16, VMOVDQU32 -> "vmovdqu";
            case VRNDSCALEPS -> "vroundps";
            case VBROADCASTI32X4 -> "vbroadcasti128";
            case VINSERTI32X4 -> "vinserti128";
            case VEXTRACTI32X4 -> "vextracti128";
            default -> toString();
        };
    }

    /** The mnemonic. */
    @Override
    public String toString() {
        return this == VPBROADCASTD_GENERAL ? "vpbroadcastd" : name().toLowerCase(Locale.ROOT);
    }
}
