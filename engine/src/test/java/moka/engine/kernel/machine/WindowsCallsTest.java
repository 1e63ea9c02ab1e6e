package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Level;
import moka.engine.kernel.machine.x86.Vector;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Code written for Windows takes its arguments where Windows puts them and keeps what Windows wants kept: at every level that this processor has. */
class WindowsCallsTest {
    @BeforeEach
    void needLinuxOnX86() {
        assumeTrue(
                System.getProperty("os.name").contains("Linux") && System.getProperty("os.arch").equals("amd64"),
                "calls as on Windows are tested on Linux with x86-64 only");
    }

    @ParameterizedTest
    @EnumSource(Level.class)
    void allRoutinesGiveTheirBitsAndKeepWhatTheyMust(Level level) throws CodeMemory.RefusedException {
        try (WindowsCalls calls = new WindowsCalls();
                WorkerTeam team = new WorkerTeam(1);
                Kernels plain = kernels(team, true, code(level, false));
                Kernels packed = kernels(team, true, calls.of(code(level, true)));
                Kernels inPlace = kernels(team, false, calls.of(code(level, true)))) {
            for (TensorType type : TensorType.values()) {
                if (type != TensorType.Q8_1 && type != TensorType.Q8_K) {
                    for (int turn = 0; turn < 6; turn++) {
                        LevelsTest.compare(type, turn, new SplittableRandom(type.id() + 100 * turn), List.of(plain, packed, inPlace));
                    }
                }
            }
            assertTrue(packed.productLimit().orElseThrow() > 0);
            for (int seed = 0; seed < 20; seed++) {
                attend(seed, plain, packed);
            }
            LocalKernels local = packed.local().orElseThrow();
            StatesTest.changeStates(local);
            StatesTest.convolve(local);
            StatesTest.discretize(local);
            StatesTest.normAndAddRows(local);
            prefetch(calls.of(code(level, true)));
            assertEquals(Set.of(), calls.broken(), "routines that changed what they have to keep");
            assertEquals(kinds(level), calls.kindsCalled(), "all kinds of routines were called");
        }
    }

    /** Threads of a team ask for memory while they wait, if they wait. */
    private static void prefetch(KernelCode windows) throws CodeMemory.RefusedException {
        var builder = new CodeMemory.Builder();
        int offset = builder.add(windows.prefetch());
        try (CodeMemory code = builder.build(SystemMemory.ofThisSystem());
                Arena arena = Arena.ofConfined()) {
            code.routine(offset).call(arena.allocate(256, 64).address(), 4, 0, 0, 0, 0);
        }
    }

    private static void attend(int seed, Kernels plain, Kernels windows) {
        try (Arena arena = Arena.ofShared()) {
            var random = new SplittableRandom(seed);
            var test = MachineAttentionTest.random(arena, seed, random.nextInt(1, 100));
            int batch = random.nextInt(1, 40);
            float[][] expected = test.run(arena, plain, batch);
            float[][] found = test.run(arena, windows, batch);
            for (int t = 0; t < expected.length; t++) {
                assertArrayEquals(expected[t], found[t], seed + ": " + test + ", batch " + batch + ", position " + t);
            }
        }
    }

    /** Whatever of {@link KernelCode} gives code. */
    private static Set<String> kinds(Level level) {
        return Arrays.stream(KernelCode.class.getMethods())
                .filter(method -> method.getReturnType() == byte[].class)
                .map(Method::getName)
                .filter(name -> !name.equals("toBfloat16") || code(level, true).toBfloat16().length > 0)
                .filter(name -> !name.equals("floatRows") || code(level, true).multipliesFloatRows())
                .filter(name -> !name.equals("rows") || code(level, true).multipliesRows(PanelFormats.of(TensorType.Q4_K).orElseThrow()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static X86Code code(Level level, boolean windows) {
        try {
            Processor processor = Processor.detect(SystemMemory.ofThisSystem());
            if (!processor.has(level)) {
                return abort("calls as on Windows with " + level + " are not tested here: the processor does not have it");
            }
            boolean best = processor.level().orElseThrow() == level;
            return new X86Code(new Target(level, best && processor.avx512Bf16(), windows));
        } catch (CodeMemory.RefusedException e) {
            return abort("calls as on Windows are not tested here: " + e.getMessage());
        }
    }

    private static Kernels kernels(WorkerTeam team, boolean repack, KernelCode code) {
        var offer = MachineKernelProvider.offer(new Request(team, Precision.FAST, repack, 0), () -> code);
        return assertInstanceOf(Offer.Accepted.class, offer).kernels();
    }

    @Test
    void argumentsArriveInTheirPlaces() throws CodeMemory.RefusedException {
        var a = new Assembler(false);
        a.load(General.RAX, General.RSP.at(8 + 32 + 8));
        for (General argument : List.of(General.R9, General.R8, General.RDX, General.RCX)) {
            a.shiftLeft(General.RAX, 8);
            a.add(General.RAX, argument);
        }
        // What follows the return address is free.
        a.store(General.RSP.at(8 + 24), General.RAX);
        a.ret();
        try (WindowsCalls calls = new WindowsCalls()) {
            assertEquals(0x06_04_03_02_01L, call(calls, a));
            assertEquals(Set.of(), calls.broken());
            assertEquals(Set.of("routine"), calls.kindsCalled());
        }
    }

    @Test
    void noticesWhatIsNotKept() throws CodeMemory.RefusedException {
        try (WindowsCalls calls = new WindowsCalls()) {
            var general = new Assembler(false);
            general.add(General.RSI, 1);
            general.ret();
            call(calls, general);
            assertEquals(Set.of("routine"), calls.broken());
        }
        for (int number = 0; number < 16; number++) {
            try (WindowsCalls calls = new WindowsCalls()) {
                var vector = new Assembler(false);
                vector.vector(Instruction.VPXORD, Vector.xmm(number), Vector.xmm(number), Vector.xmm(number));
                vector.ret();
                call(calls, vector);
                assertEquals(number > 5, calls.broken().contains("routine"), "xmm" + number);
            }
        }
        try (WindowsCalls calls = new WindowsCalls()) {
            var stack = new Assembler(false);
            stack.store(General.RSP.at(8 + 48), General.RSP);
            stack.ret();
            call(calls, stack);
            assertTrue(calls.broken().contains("routine"), "the stack above the arguments");
        }
    }

    private static long call(WindowsCalls calls, Assembler routine) throws CodeMemory.RefusedException {
        var builder = new CodeMemory.Builder();
        int offset = builder.add(calls.called("routine", routine.toBytes()));
        try (CodeMemory code = builder.build(SystemMemory.ofThisSystem())) {
            return code.routine(offset).call(1, 2, 3, 4, 5, 6);
        }
    }
}
