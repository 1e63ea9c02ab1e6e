package moka.engine.kernel.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Level;

/**
 * What the processor can do and the system saves on a switch of threads: read by {@code cpuid} and {@code xgetbv}, which Java cannot name, in
 * code of our own.
 *
 * @param avx2 AVX2 with FMA and F16C
 * @param avxVnni {@code vpdpbusd} in the VEX encoding
 * @param avx512 AVX-512 F, BW, VL and DQ
 * @param avx512Vnni {@code vpdpbusd} in the EVEX encoding
 * @param avx512Vbmi permutations of bytes
 * @param avx512Bf16 {@code vdpbf16ps}
 */
record Processor(boolean avx2, boolean avxVnni, boolean avx512, boolean avx512Vnni, boolean avx512Vbmi, boolean avx512Bf16) {

    /** The best level that the processor has. */
    Optional<Level> level() {
        return Arrays.stream(Level.values()).filter(this::has).reduce((low, high) -> high);
    }

    /** Whether all instructions of a level are there. */
    boolean has(Level level) {
        return switch (level) {
            case AVX2 -> avx2;
            case AVXVNNI -> avxVnni;
            case AVX512VNNI -> avx512Vnni;
            case AVX512VBMI -> avx512Vnni && avx512Vbmi;
        };
    }


    /** Asks the processor that this runs on. */
    static Processor detect(SystemMemory system) throws CodeMemory.RefusedException {
        if (!System.getProperty("os.arch").matches("amd64|x86_64")) {
            throw new CodeMemory.RefusedException("machine code is made for x86-64 only, this is " + System.getProperty("os.arch"));
        }
        var builder = new CodeMemory.Builder();
        int cpuid = builder.add(cpuid(system.windowsCalls()));
        int xgetbv = builder.add(xgetbv());
        try (CodeMemory code = builder.build(system);
                Arena arena = Arena.ofConfined()) {
            Routine leaf = code.routine(cpuid);
            MemorySegment answer = arena.allocate(16, 16);
            int highest = ask(leaf, answer, 0, 0)[0];
            int[] one = ask(leaf, answer, 1, 0);
            boolean savesState = bit(one[2], 27); // OSXSAVE
            long state = savesState ? code.routine(xgetbv).call(0, 0, 0, 0, 0, 0) : 0;
            if (highest < 7) {
                return new Processor(false, false, false, false, false, false);
            }
            int[] seven = ask(leaf, answer, 7, 0);
            int[] sevenOne = ask(leaf, answer, 7, 1);
            boolean ymm = (state & 6) == 6;
            boolean zmm = ymm && (state & 0xE0) == 0xE0;
            boolean avx2 = ymm && bit(seven[1], 5) && bit(one[2], 12) && bit(one[2], 29);
            boolean avx512 = zmm && avx2 && bit(seven[1], 16) && bit(seven[1], 17) && bit(seven[1], 30) && bit(seven[1], 31);
            return new Processor(
                    avx2,
                    avx2 && bit(sevenOne[0], 4),
                    avx512,
                    avx512 && bit(seven[2], 11),
                    avx512 && bit(seven[2], 1),
                    avx512 && bit(sevenOne[0], 5));
        }
    }

    private static int[] ask(Routine cpuid, MemorySegment answer, int leaf, int subleaf) {
        cpuid.call(leaf, subleaf, answer.address(), 0, 0, 0);
        return answer.toArray(ValueLayout.JAVA_INT);
    }

    private static boolean bit(int value, int index) {
        return (value >>> index & 1) != 0;
    }

    /** {@code (leaf, subleaf, answer)}: stores eax, ebx, ecx, edx at the answer. */
    private static Assembler cpuid(boolean windows) {
        var a = new Assembler(false);
        a.push(General.RBX);
        a.move(General.R10, windows ? General.R8 : General.RDX);
        a.move(General.RAX, windows ? General.RCX : General.RDI);
        a.move(General.RCX, windows ? General.RDX : General.RSI);
        a.cpuid();
        a.store32(General.R10.at(0), General.RAX);
        a.store32(General.R10.at(4), General.RBX);
        a.store32(General.R10.at(8), General.RCX);
        a.store32(General.R10.at(12), General.RDX);
        a.pop(General.RBX);
        a.ret();
        return a;
    }

    /** Returns the low half of the extended control register 0. */
    private static Assembler xgetbv() {
        var a = new Assembler(false);
        a.set(General.RCX, 0);
        a.xgetbv();
        a.ret();
        return a;
    }
}
