package moka.engine.kernel.machine.x86;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import moka.engine.kernel.machine.x86.Instruction.Tuple;

/** Every form of every instruction over many registers and displacements: its text for an assembler, and our bytes. */
final class EncodingForms {
    private static final Set<Instruction> THREE = Set.of(
            Instruction.VPDPBUSD, Instruction.VPDPWSSD, Instruction.VDPBF16PS, Instruction.VPMADDUBSW, Instruction.VPMADDWD,
            Instruction.VPMULLD, Instruction.VFMADD231PS, Instruction.VFNMADD231PS, Instruction.VFMADD213PS, Instruction.VADDPS,
            Instruction.VMULPS, Instruction.VSUBPS, Instruction.VMINPS, Instruction.VDIVPS, Instruction.VMAXPS,
            Instruction.VSCALEFPS, Instruction.VCVTNE2PS2BF16, Instruction.VPADDD, Instruction.VPADDW, Instruction.VPADDB,
            Instruction.VPSUBB, Instruction.VPSUBD, Instruction.VPMAXSD, Instruction.VPMINSD, Instruction.VPMAXUD,
            Instruction.VPANDD, Instruction.VPANDND, Instruction.VPORD, Instruction.VPXORD, Instruction.VPUNPCKLDQ,
            Instruction.VPUNPCKHDQ, Instruction.VPUNPCKLQDQ, Instruction.VPUNPCKHQDQ, Instruction.VPSHUFB, Instruction.VPERMB,
            Instruction.VPERMW, Instruction.VPERMD, Instruction.VPERMT2D, Instruction.VPERMT2W, Instruction.VPERMI2B,
            Instruction.VPMULTISHIFTQB, Instruction.VPERMI2D);
    private static final Set<Instruction> THREE_AND_BYTE = Set.of(Instruction.VPTERNLOGD, Instruction.VSHUFF32X4);
    private static final Set<Instruction> TWO = Set.of(Instruction.VSQRTPS, Instruction.VCVTDQ2PS, Instruction.VCVTPS2DQ);
    private static final Set<Instruction> TWO_AND_BYTE = Set.of(
            Instruction.VRNDSCALEPS, Instruction.VPSHUFD, Instruction.VPSRLW, Instruction.VPSRLD, Instruction.VPSRAD, Instruction.VPSLLD);
    private static final Set<Instruction> WIDENING =
            Set.of(Instruction.VCVTPH2PS, Instruction.VPMOVSXBD, Instruction.VPMOVZXBD, Instruction.VPMOVSXWD, Instruction.VPMOVZXWD);
    private static final Set<Instruction> NARROWING = Set.of(Instruction.VPMOVDW, Instruction.VPMOVDB, Instruction.VPMOVSDB);
    private static final Set<Instruction> BROADCASTS = Set.of(
            Instruction.VPBROADCASTB, Instruction.VPBROADCASTW, Instruction.VPBROADCASTD, Instruction.VPBROADCASTQ,
            Instruction.VBROADCASTSS, Instruction.VBROADCASTI32X4);
    private static final Set<Instruction> MOVES =
            Set.of(Instruction.VMOVDQU8, Instruction.VMOVDQU16, Instruction.VMOVDQU32, Instruction.VMOVUPS);
    /** Those that exist in AVX2 and are wanted there. */
    private static final Set<Instruction> AVX2 = Set.of(
            Instruction.VPMADDUBSW, Instruction.VPMADDWD, Instruction.VPMULLD, Instruction.VFMADD231PS, Instruction.VFNMADD231PS,
            Instruction.VADDPS, Instruction.VMULPS, Instruction.VPADDD, Instruction.VPADDW, Instruction.VPADDB, Instruction.VPSUBB,
            Instruction.VPANDD, Instruction.VPORD, Instruction.VPXORD, Instruction.VPSHUFB, Instruction.VPUNPCKLDQ,
            Instruction.VPUNPCKHDQ, Instruction.VPUNPCKLQDQ, Instruction.VPUNPCKHQDQ, Instruction.VPDPBUSD, Instruction.VPMAXUD,
            Instruction.VPMAXSD, Instruction.VMAXPS, Instruction.VMINPS, Instruction.VSUBPS, Instruction.VDIVPS,
            Instruction.VFMADD213PS, Instruction.VPSUBD, Instruction.VPCMPEQD, Instruction.VPCMPGTD, Instruction.VPACKSSDW,
            Instruction.VPACKSSWB, Instruction.VPSIGNB);
    /** Those that are encoded as VEX only. */
    private static final Set<Instruction> VEX_ONLY = Set.of(
            Instruction.VPABSB, Instruction.VPSIGNB, Instruction.VPCMPEQD, Instruction.VPCMPGTD, Instruction.VPACKSSDW,
            Instruction.VPACKSSWB, Instruction.VSHUFPS, Instruction.VPERMQ, Instruction.VPERM2I128, Instruction.VBLENDVPS,
            Instruction.VMASKMOVPS);

    private static final Memory[] ADDRESSES = {
        General.RAX.at(0), General.RBP.at(0), General.R13.at(0), General.RSP.at(64), General.R12.at(-256),
        General.RSI.at(General.R9, 4, 128), General.R8.at(General.RBX, 1, 8192), General.RDI.at(4), General.R14.at(-508),
        General.RDX.at(8191), General.R11.at(General.R15, 8, 0), General.R13.at(General.RCX, 2, 0), General.R10.at(32), General.RBX.at(-16)
    };

    private final Map<String, byte[]> forms = new LinkedHashMap<>();
    private final int[][] registers = {{0, 1, 2}, {7, 8, 9}, {15, 16, 17}, {31, 30, 24}, {5, 26, 13}, {18, 3, 31}};

    private EncodingForms() {}

    /** Text (Intel syntax) to bytes. */
    static Map<String, byte[]> all() {
        var made = new EncodingForms();
        for (Instruction instruction : Instruction.values()) {
            if (!VEX_ONLY.contains(instruction)) {
                made.vector(instruction);
            }
            made.avx2(instruction);
        }
        made.lowered();
        made.masks();
        made.general();
        return made.forms;
    }

    /** Prints the texts, to be assembled. */
    public static void main(String[] arguments) {
        all().keySet().forEach(System.out::println);
    }

    private void vector(Instruction i) {
        int[] widths = i == Instruction.VSHUFF32X4 || i == Instruction.VBROADCASTI32X4 || i == Instruction.VPERMD ? new int[] {512, 256} : new int[] {512, 256, 128};
        if (i == Instruction.VINSERTI32X4) {
            for (int[] r : registers) {
                form(i + " zmm" + r[0] + ",zmm" + r[1] + ",xmm" + r[2] + ",3", a -> a.vector(i, Vector.zmm(r[0]), Vector.zmm(r[1]), Vector.xmm(r[2]), 3));
            }
            for (Memory m : ADDRESSES) {
                form(i + " zmm17,zmm3," + pointer(128) + m + ",2", a -> a.vector(i, Vector.zmm(17), Vector.zmm(3), m, 2));
            }
            return;
        }
        if (i == Instruction.VINSERTI64X4) {
            for (int[] r : registers) {
                form(i + " zmm" + r[0] + ",zmm" + r[1] + ",ymm" + r[2] + ",1", a -> a.vector(i, Vector.zmm(r[0]), Vector.zmm(r[1]), Vector.ymm(r[2]), 1));
            }
            for (Memory m : ADDRESSES) {
                form(i + " zmm17,zmm3," + pointer(256) + m + ",1", a -> a.vector(i, Vector.zmm(17), Vector.zmm(3), m, 1));
            }
            return;
        }
        if (i == Instruction.VEXTRACTI32X4 || i == Instruction.VEXTRACTI64X4) {
            int bits = i == Instruction.VEXTRACTI32X4 ? 128 : 256;
            for (int[] r : registers) {
                form(i + " " + new Vector(r[0], bits) + ",zmm" + r[1] + ",1", a -> a.store(i, new Vector(r[0], bits), Vector.zmm(r[1]), 1));
            }
            for (Memory m : ADDRESSES) {
                form(i + " " + pointer(bits) + m + ",zmm19,1", a -> a.store(i, m, Vector.zmm(19), 1));
            }
            return;
        }
        if (i == Instruction.VMOVSS || i == Instruction.VMOVD) {
            for (Memory m : ADDRESSES) {
                form("{evex} " + i + " xmm18," + pointer(32) + m, a -> a.vector(i, Vector.xmm(18), m));
                form("{evex} " + i + " " + pointer(32) + m + ",xmm9", a -> a.store(i, m, Vector.xmm(9)));
            }
            if (i == Instruction.VMOVD) {
                form("{evex} vmovd xmm20,r10d", a -> a.vector(i, Vector.xmm(20), General.R10));
                form("{evex} vmovd eax,xmm3", a -> a.store(i, General.RAX, Vector.xmm(3)));
            }
            return;
        }
        if (i == Instruction.VPEXTRW || i == Instruction.VPEXTRD) {
            for (Memory m : ADDRESSES) {
                form("{evex} " + i + " " + pointer(8 * i.tuple.unit(128, false)) + m + ",xmm19,3", a -> a.store(i, m, Vector.xmm(19), 3));
            }
            return;
        }
        if (i == Instruction.VPBROADCASTD_GENERAL) {
            form("vpbroadcastd zmm3,eax", a -> a.vector(i, Vector.zmm(3), General.RAX));
            form("vpbroadcastd zmm23,r13d", a -> a.vector(i, Vector.zmm(23), General.R13));
            return;
        }
        for (int bits : widths) {
            if (i == Instruction.VCMPPS || i == Instruction.VPCMPD) {
                for (int[] r : registers) {
                    form(i + " k3," + new Vector(r[0], bits) + "," + new Vector(r[1], bits) + ",2",
                            a -> a.compare(i, Mask.K3, new Vector(r[0], bits), new Vector(r[1], bits), 2));
                }
            } else if (THREE.contains(i)) {
                for (int[] r : registers) {
                    form("{evex} " + i + " " + new Vector(r[0], bits) + "," + new Vector(r[1], bits) + "," + new Vector(r[2], bits),
                            a -> a.vector(i, new Vector(r[0], bits), new Vector(r[1], bits), new Vector(r[2], bits)));
                }
                addresses(i, bits, bits, "{evex} " + i + " " + new Vector(20, bits) + "," + new Vector(11, bits) + ",", "",
                        (a, m) -> a.vector(i, new Vector(20, bits), new Vector(11, bits), m));
            } else if (THREE_AND_BYTE.contains(i)) {
                for (int[] r : registers) {
                    form(i + " " + new Vector(r[0], bits) + "," + new Vector(r[1], bits) + "," + new Vector(r[2], bits) + ",202",
                            a -> a.vector(i, new Vector(r[0], bits), new Vector(r[1], bits), new Vector(r[2], bits), 202));
                }
                addresses(i, bits, bits, i + " " + new Vector(20, bits) + "," + new Vector(11, bits) + ",", ",1",
                        (a, m) -> a.vector(i, new Vector(20, bits), new Vector(11, bits), m, 1));
            } else if (TWO.contains(i)) {
                for (int[] r : registers) {
                    form("{evex} " + i + " " + new Vector(r[0], bits) + "," + new Vector(r[1], bits),
                            a -> a.vector(i, new Vector(r[0], bits), new Vector(r[1], bits)));
                }
                addresses(i, bits, bits, "{evex} " + i + " " + new Vector(20, bits) + ",", "", (a, m) -> a.vector(i, new Vector(20, bits), m));
            } else if (TWO_AND_BYTE.contains(i)) {
                for (int[] r : registers) {
                    form("{evex} " + i + " " + new Vector(r[0], bits) + "," + new Vector(r[1], bits) + ",7",
                            a -> a.vector(i, new Vector(r[0], bits), new Vector(r[1], bits), 7));
                }
                addresses(i, bits, bits, "{evex} " + i + " " + new Vector(20, bits) + ",", ",4", (a, m) -> a.vector(i, new Vector(20, bits), m, 4));
            } else if (WIDENING.contains(i)) {
                int from = i.tuple == Tuple.HALF ? bits / 2 : bits / 4;
                for (int[] r : registers) {
                    Vector source = new Vector(r[1], Math.max(128, from));
                    form("{evex} " + i + " " + new Vector(r[0], bits) + "," + source, a -> a.vector(i, new Vector(r[0], bits), source));
                }
                addresses(i, bits, from, "{evex} " + i + " " + new Vector(20, bits) + ",", "", (a, m) -> a.vector(i, new Vector(20, bits), m));
            } else if (NARROWING.contains(i)) {
                int to = i.tuple == Tuple.HALF ? bits / 2 : bits / 4;
                Vector target = new Vector(25, Math.max(128, to));
                form(i + " " + target + "," + new Vector(6, bits), a -> a.store(i, target, new Vector(6, bits)));
                addresses(i, bits, to, i + " ", "," + new Vector(21, bits), (a, m) -> a.store(i, m, new Vector(21, bits)));
            } else if (i == Instruction.VCVTPS2PH) {
                Vector target = new Vector(25, Math.max(128, bits / 2));
                form("{evex} " + i + " " + target + "," + new Vector(6, bits) + ",0", a -> a.store(i, target, new Vector(6, bits), 0));
                addresses(i, bits, bits / 2, "{evex} " + i + " ", "," + new Vector(21, bits) + ",0", (a, m) -> a.store(i, m, new Vector(21, bits), 0));
            } else if (i == Instruction.VCVTNEPS2BF16) {
                if (bits == 512) {
                    form("vcvtneps2bf16 ymm25,zmm6", a -> a.vector(i, Vector.ymm(25), Vector.zmm(6)));
                }
            } else if (BROADCASTS.contains(i)) {
                int from = i.tuple == Tuple.BYTES_16 ? 128 : 8 * i.tuple.unit(bits, false);
                if (bits == 512 || i == Instruction.VPBROADCASTD) {
                    addresses(i, bits, from, "{evex} " + i + " " + new Vector(20, bits) + ",", "", (a, m) -> a.vector(i, new Vector(20, bits), m));
                }
            } else if (MOVES.contains(i)) {
                addresses(i, bits, bits, "{evex} " + i + " " + new Vector(20, bits) + ",", "", (a, m) -> a.vector(i, new Vector(20, bits), m));
                addresses(i, bits, bits, "{evex} " + i + " ", "," + new Vector(12, bits), (a, m) -> a.store(i, m, new Vector(12, bits)));
                form("{evex} {load} " + i + " " + new Vector(12, bits) + "," + new Vector(27, bits), a -> a.vector(i, new Vector(12, bits), new Vector(27, bits)));
            } else {
                throw new IllegalStateException(i + " has no forms to test");
            }
        }
    }

    private void avx2(Instruction i) {
        if (AVX2.contains(i)) {
            for (int bits : new int[] {256, 128}) {
                String v = (i == Instruction.VPDPBUSD ? "{vex} " : "") + i.vexName() + " ";
                vexForm(v + new Vector(3, bits) + "," + new Vector(14, bits) + "," + new Vector(9, bits),
                        a -> a.vector(i, new Vector(3, bits), new Vector(14, bits), new Vector(9, bits)));
                vexForm(v + new Vector(12, bits) + "," + new Vector(4, bits) + "," + new Vector(1, bits),
                        a -> a.vector(i, new Vector(12, bits), new Vector(4, bits), new Vector(1, bits)));
                for (Memory m : Arrays.copyOfRange(ADDRESSES, 2, 7)) {
                    vexForm(v + new Vector(5, bits) + "," + new Vector(10, bits) + "," + pointer(bits) + m,
                            a -> a.vector(i, new Vector(5, bits), new Vector(10, bits), m));
                }
            }
        }
    }

    private interface WithMemory {
        void emit(Assembler a, Memory memory);
    }

    private void addresses(Instruction i, int bits, int memoryBits, String before, String after, WithMemory emit) {
        // Widths share the addressing: all addresses at 512 bits, some at the others.
        for (Memory m : bits == 512 ? ADDRESSES : Arrays.copyOfRange(ADDRESSES, 3, 6)) {
            form(before + pointer(memoryBits) + m + after, a -> emit.emit(a, m));
            if (i.tuple == Tuple.FULL_32 || i.tuple == Tuple.FULL_64) {
                int element = i.tuple == Tuple.FULL_32 ? 32 : 64;
                form(before + pointer(element) + m + "{1to" + bits / element + "}" + after, a -> emit.emit(a, m.broadcasting()));
            }
        }
    }

    /** What {@link Lowering} is made of beside instructions with three operands. */
    private void lowered() {
        for (Instruction i : new Instruction[] {Instruction.VCVTDQ2PS, Instruction.VCVTPS2DQ, Instruction.VSQRTPS, Instruction.VPABSB, Instruction.VMOVUPS}) {
            vexForm("{load} " + i + " ymm13,ymm4", a -> a.encode(i, Vector.ymm(13), Vector.ymm(4)));
            vexForm("{load} " + i + " xmm3,xmm12", a -> a.encode(i, Vector.xmm(3), Vector.xmm(12)));
            vexForm(i + " ymm9,ymmword ptr [r12+64]", a -> a.encode(i, Vector.ymm(9), General.R12.at(64)));
        }
        for (Instruction i : new Instruction[] {
            Instruction.VBROADCASTSS, Instruction.VPBROADCASTD, Instruction.VCVTPH2PS, Instruction.VPMOVZXBD, Instruction.VPMOVSXBD, Instruction.VPMOVZXWD
        }) {
            String pointer = pointer(i.tuple == Tuple.BYTES_4 ? 32 : i.tuple == Tuple.HALF ? 128 : 64);
            for (Memory m : Arrays.copyOfRange(ADDRESSES, 2, 7)) {
                vexForm(i + " ymm11," + pointer + m, a -> a.encode(i, Vector.ymm(11), m));
            }
        }
        vexForm("vcvtph2ps ymm14,xmm9", a -> a.encode(Instruction.VCVTPH2PS, Vector.ymm(14), Vector.xmm(9)));
        for (Instruction i : new Instruction[] {Instruction.VPSHUFD, Instruction.VRNDSCALEPS, Instruction.VPERMQ}) {
            vexForm(i.vexName() + " ymm3,ymm12,7", a -> a.encodeImmediate(i, Vector.ymm(3), null, Vector.ymm(12), 7));
        }
        for (Instruction i : new Instruction[] {Instruction.VPSRLD, Instruction.VPSRAD, Instruction.VPSLLD}) {
            vexForm(i + " ymm3,ymm12,7", a -> a.encodeShift(i, Vector.ymm(3), Vector.ymm(12), 7));
            vexForm(i + " xmm12,xmm1,20", a -> a.encodeShift(i, Vector.xmm(12), Vector.xmm(1), 20));
        }
        for (Instruction i : new Instruction[] {Instruction.VSHUFPS, Instruction.VPERM2I128}) {
            vexForm(i + " ymm3,ymm12,ymm9,33", a -> a.encodeImmediate(i, Vector.ymm(3), Vector.ymm(12), Vector.ymm(9), 33));
        }
        vexForm("vinserti128 ymm3,ymm12,xmm9,1", a -> a.encodeImmediate(Instruction.VINSERTI32X4, Vector.ymm(3), Vector.ymm(12), Vector.xmm(9), 1));
        vexForm("vinserti128 ymm13,ymm2,xmmword ptr [r8+rsi*2],1",
                a -> a.encodeImmediate(Instruction.VINSERTI32X4, Vector.ymm(13), Vector.ymm(2), General.R8.at(General.RSI, 2, 0), 1));
        for (Memory m : Arrays.copyOfRange(ADDRESSES, 2, 7)) {
            vexForm("vmovups " + pointer(256) + m + ",ymm12", a -> a.encodeStore(Instruction.VMOVUPS, m, Vector.ymm(12)));
            vexForm("vmovdqu " + pointer(128) + m + ",xmm2", a -> a.encodeStore(Instruction.VMOVDQU32, m, Vector.xmm(2)));
            vexForm("vmovss " + pointer(32) + m + ",xmm12", a -> a.encodeStore(Instruction.VMOVSS, m, Vector.xmm(12)));
            vexForm("vmovd " + pointer(32) + m + ",xmm12", a -> a.encodeStore(Instruction.VMOVD, m, Vector.xmm(12)));
            vexForm("vcvtps2ph " + pointer(128) + m + ",ymm12,0", a -> a.encodeStoreImmediate(Instruction.VCVTPS2PH, m, Vector.ymm(12), 0));
            vexForm("vpextrw " + pointer(16) + m + ",xmm12,3", a -> a.encodeStoreImmediate(Instruction.VPEXTRW, m, Vector.xmm(12), 3));
            vexForm("vpextrd " + pointer(32) + m + ",xmm12,3", a -> a.encodeStoreImmediate(Instruction.VPEXTRD, m, Vector.xmm(12), 3));
            vexForm("vmaskmovps ymm3,ymm13," + pointer(256) + m, a -> a.encode(Instruction.VMASKMOVPS, Vector.ymm(3), Vector.ymm(13), m));
            vexForm("vmaskmovps " + pointer(256) + m + ",ymm13,ymm8", a -> a.encodeMaskedStore(m, Vector.ymm(13), Vector.ymm(8)));
        }
        vexForm("vblendvps ymm3,ymm12,ymm9,ymm14", a -> a.encodeBlend(Vector.ymm(3), Vector.ymm(12), Vector.ymm(9), Vector.ymm(14)));
        vexForm("vpaddd ymm9,ymm12,ymmword ptr [rip+0]", a -> {
            Label here = a.label();
            a.encode(Instruction.VPADDD, Vector.ymm(9), Vector.ymm(12), new Literal(here));
            a.bind(here);
        });
    }

    private void masks() {
        form("vmovdqu32 zmmword ptr [rax+64]{k2},zmm7", a -> a.masked(Mask.K2, false).store(Instruction.VMOVDQU32, General.RAX.at(64), Vector.zmm(7)));
        form("vmovdqu32 zmm7{k1}{z},zmmword ptr [rax+64]", a -> a.masked(Mask.K1, true).vector(Instruction.VMOVDQU32, Vector.zmm(7), General.RAX.at(64)));
        form("vbroadcasti32x4 zmm9{k5},xmmword ptr [r12+16]", a -> a.masked(Mask.K5, false).vector(Instruction.VBROADCASTI32X4, Vector.zmm(9), General.R12.at(16)));
        form("vaddps zmm9{k7},zmm8,zmm31", a -> a.masked(Mask.K7, false).vector(Instruction.VADDPS, Vector.zmm(9), Vector.zmm(8), Vector.zmm(31)));
        form("vpcmpd k2{k1},zmm6,zmm8,1", a -> a.masked(Mask.K1, false).compare(Instruction.VPCMPD, Mask.K2, Vector.zmm(6), Vector.zmm(8), 1));
        form("kmovd k3,eax", a -> a.moveMask(Mask.K3, General.RAX));
        form("kmovd k1,r9d", a -> a.moveMask(Mask.K1, General.R9));
        form("vzeroupper", Assembler::zeroUpper);
    }

    private void general() {
        General[] some = {General.RAX, General.RBX, General.RSP, General.RDI, General.R8, General.R12, General.R13, General.R15};
        for (General g : some) {
            for (General h : some) {
                form("{load} mov " + g + "," + h, a -> a.move(g, h));
                form("{load} add " + g + "," + h, a -> a.add(g, h));
                form("{load} sub " + g + "," + h, a -> a.subtract(g, h));
                form("imul " + g + "," + h, a -> a.multiply(g, h));
                form("{load} cmp " + g + "," + h, a -> a.compare(g, h));
                form("test " + g + "," + h, a -> a.test(g, h));
            }
            for (Memory m : ADDRESSES) {
                form("mov " + g + "," + m, a -> a.load(g, m));
                form("mov " + m + "," + g, a -> a.store(m, g));
                form("lea " + g + "," + m, a -> a.address(g, m));
                form("movzx " + low(g, 32) + ",word ptr " + m, a -> a.load16(g, m));
                form("movzx " + low(g, 32) + ",byte ptr " + m, a -> a.load8(g, m));
                form("mov " + low(g, 32) + "," + m, a -> a.load32(g, m));
                form("mov " + m + "," + low(g, 32), a -> a.store32(m, g));
                form("mov " + m + "," + low(g, 16), a -> a.store16(m, g));
                if (g.number() < 4 || g.number() > 7) {
                    form("mov " + m + "," + low(g, 8), a -> a.store8(m, g));
                }
            }
            for (int value : new int[] {0, 1, -1, 127, 128, -129, 4096}) {
                if (g != General.RAX || value == (byte) value) {
                    form("add " + g + "," + value, a -> a.add(g, value));
                    form("sub " + g + "," + value, a -> a.subtract(g, value));
                    form("cmp " + g + "," + value, a -> a.compare(g, value));
                    form("and " + g + "," + value, a -> a.and(g, value));
                }
            }
            form("mov " + low(g, 32) + ",4294967295", a -> a.set(g, 0xFFFF_FFFFL));
            form("mov " + g + ",-5", a -> a.set(g, -5));
            form("movabs " + g + ",1311768467463790320", a -> a.set(g, 0x123456789ABCDEF0L));
            form("shl " + g + ",5", a -> a.shiftLeft(g, 5));
            form("shr " + g + ",6", a -> a.shiftRight(g, 6));
            if (g != General.RSP) {
                form("shl " + g + ",cl", a -> a.shiftLeftByCl(g));
            }
            form("push " + g, a -> a.push(g));
            form("pop " + g, a -> a.pop(g));
        }
        for (Memory m : ADDRESSES) {
            form("prefetcht0 " + m, a -> a.prefetch(m));
            form("prefetchw " + m, a -> a.prefetchToWrite(m));
        }
        form("cpuid", Assembler::cpuid);
        form("xgetbv", Assembler::xgetbv);
        form("ret", Assembler::ret);
        form("syscall", Assembler::syscall);
        form("jmp rax", a -> a.jump(General.RAX));
        form("jmp r11", a -> a.jump(General.R11));
    }

    private static String low(General g, int bits) {
        String name = g.toString().substring(1);
        if (g.number() > 7) {
            return g + (bits == 32 ? "d" : bits == 16 ? "w" : "b");
        }
        if (bits == 8) {
            return name.charAt(0) + "l";
        }
        return bits == 32 ? "e" + name : name;
    }

    private static String pointer(int bits) {
        return switch (bits) {
            case 8 -> "byte ptr ";
            case 16 -> "word ptr ";
            case 32 -> "dword ptr ";
            case 64 -> "qword ptr ";
            case 128 -> "xmmword ptr ";
            case 256 -> "ymmword ptr ";
            default -> "zmmword ptr ";
        };
    }

    private void form(String text, Consumer<Assembler> emit) {
        form(text, emit, new Assembler(true));
    }

    private void vexForm(String text, Consumer<Assembler> emit) {
        form(text, emit, new Assembler(false));
    }

    private void form(String text, Consumer<Assembler> emit, Assembler assembler) {
        emit.accept(assembler);
        forms.put(text, assembler.toBytes());
    }
}
