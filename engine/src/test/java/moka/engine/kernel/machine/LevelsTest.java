package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.machine.x86.Level;
import moka.engine.kernel.scalar.ScalarKernels;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kernels at every level of instructions that this processor has, in memory between guard pages: they give the same bits as at its best level, which other
 * tests hold against plain Java.
 */
class LevelsTest {
    private static Kernels kernels(WorkerTeam team, boolean repack, Optional<Level> level) {
        var provider = new MachineKernelProvider(level.map(Level::toString));
        return switch (provider.offer(new Request(team, Precision.FAST, repack, 0))) {
            case Offer.Accepted(var kernels) -> kernels;
            case Offer.Refused(var reason) -> abort("kernels for " + level.map(Level::toString).orElse("this processor") + " are not tested here: " + reason);
        };
    }

    @ParameterizedTest
    @EnumSource(Level.class)
    void multiplyWithTheBitsOfTheBestLevel(Level level) {
        try (WorkerTeam team = new WorkerTeam(2);
                Kernels best = kernels(team, true, Optional.empty());
                Kernels packed = kernels(team, true, Optional.of(level));
                Kernels inPlace = kernels(team, false, Optional.of(level));
                Kernels exact = new ScalarKernels(team, Precision.FLOAT32)) {
            assumeTrue(!best.name().equals(packed.name()), "the best level is what others are held against");
            for (TensorType type : TensorType.values()) {
                if (type == TensorType.Q8_1 || type == TensorType.Q8_K) {
                    continue;
                }
                // Only processors with products of bfloat16 round activations to it.
                Kernels reference = type == TensorType.BF16 ? exact : best;
                var random = new SplittableRandom(type.id());
                for (int turn = 0; turn < 6; turn++) {
                    compare(type, turn, random, List.of(reference, packed, inPlace));
                }
            }
        }
    }

    /** @param sets the first is what others are held against */
    static void compare(TensorType type, int turn, SplittableRandom random, List<Kernels> sets) {
        boolean atEnd = turn % 2 == 0;
        int tokens = List.of(1, 2, 3, 8, 14, 19).get(turn);
        int rows = random.nextInt(tokens == 1 ? PanelFormat.ROWS : 1, 70);
        int columns = type.blockElements() == 1 ? random.nextInt(1, 100) : type.blockElements() * random.nextInt(1, 4);
        if (tokens == 1 && type.blockElements() == 1) {
            columns = 32 * random.nextInt(1, 4); // whole lines, which rows of floats are multiplied by in place
        }
        Projection.GateFunction function = Projection.GateFunction.values()[turn % Projection.GateFunction.values().length];
        try (GuardedMemory memory = new GuardedMemory()) {
            WeightMatrix weights = RandomWeights.of(type, rows, columns, random, memory.allocate(rows * type.rowBytes(columns), atEnd));
            Activations input = rows(memory, tokens, columns, atEnd, random);
            Activations up = rows(memory, tokens, columns, atEnd, random);
            MemorySegment norm = floats(memory, columns, atEnd);
            MemorySegment bias = floats(memory, rows, atEnd);
            Input form = switch (random.nextInt(3)) {
                case 0 -> new Input.Plain(input);
                case 1 -> new Input.RmsNormed(input, norm, 1e-5f);
                default -> new Input.Gated(input, up, function);
            };
            boolean add = random.nextBoolean();
            float[][] expected = null;
            for (Kernels kernels : sets) {
                Activations output = rows(memory, tokens, rows, atEnd, new SplittableRandom(turn));
                kernels.project(new Projection(form, List.of(new Product(kernels.prepare(weights), output, bias, 0.75f)), add), tokens);
                float[][] found = new float[tokens][];
                Arrays.setAll(found, t -> MachineProjectionTest.row(output, t, rows));
                if (expected == null) {
                    expected = found;
                }
                for (int t = 0; t < tokens; t++) {
                    String what = kernels.name() + ", " + weights + ", " + form.getClass().getSimpleName() + ", token " + t + " of " + tokens;
                    if (type == TensorType.BF16) {
                        double size = 0;
                        for (float value : expected[t]) {
                            size = Math.max(size, Math.abs(value));
                        }
                        assertArrayEquals(expected[t], found[t], (float) (1e-4 * size), what);
                    } else {
                        assertArrayEquals(expected[t], found[t], what);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Level.class)
    void attendWithTheBitsOfTheBestLevel(Level level) {
        try (WorkerTeam team = new WorkerTeam(2);
                Kernels best = kernels(team, true, Optional.empty());
                Kernels kernels = kernels(team, true, Optional.of(level))) {
            assumeTrue(!best.name().equals(kernels.name()), "the best level is what others are held against");
            for (int seed = 0; seed < 30; seed++) {
                try (Arena arena = Arena.ofShared()) {
                    var random = new SplittableRandom(seed);
                    var test = MachineAttentionTest.random(arena, seed, random.nextInt(1, 150));
                    int batch = random.nextInt(1, 40);
                    float[][] expected = test.run(arena, best, batch);
                    float[][] found = test.run(arena, kernels, batch);
                    for (int t = 0; t < expected.length; t++) {
                        assertArrayEquals(expected[t], found[t], seed + ": " + test + ", batch " + batch + ", position " + t);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Level.class)
    void attentionStaysWithinItsMemory(Level level) {
        for (var type : moka.engine.kernel.KvStore.ElementType.values()) {
            try (WorkerTeam team = new WorkerTeam(2);
                    Kernels kernels = kernels(team, true, Optional.of(level))) {
                GuardPageTest.attendBetweenGuards(type, kernels);
            }
        }
    }

    @Test
    void refusesLevelsThatDoNotExist() {
        try (WorkerTeam team = new WorkerTeam(1)) {
            kernels(team, true, Optional.empty()).close();
            var refused = assertInstanceOf(
                    Offer.Refused.class, new MachineKernelProvider(Optional.of("avx3")).offer(new Request(team, Precision.FAST, true, 0)));
            assertEquals("no instructions 'avx3', expected one of avx2, avxvnni, avx512vnni, avx512vbmi", refused.reason());
        }
    }

    private static Activations rows(GuardedMemory memory, int count, int columns, boolean atEnd, SplittableRandom random) {
        int stride = (columns + 15) & -16;
        var activations = new Activations(memory.allocate(4L * count * stride, atEnd), count, columns, stride);
        for (int row = 0; row < count; row++) {
            double size = Math.pow(10, random.nextInt(-4, 3));
            for (int i = 0; i < columns; i++) {
                activations.set(row, i, random.nextInt(40) == 0 ? 0 : (float) (random.nextGaussian() * size));
            }
        }
        return activations;
    }

    private static MemorySegment floats(GuardedMemory memory, int count, boolean atEnd) {
        MemorySegment floats = memory.allocate(4L * count, atEnd);
        for (int i = 0; i < count; i++) {
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1f + i % 3);
        }
        return floats;
    }
}
