package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import moka.engine.kernel.AttentionCase;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.scalar.ScalarKernels;
import moka.engine.runtime.WorkerTeam;
import org.junit.jupiter.api.Test;

/** Attention in machine code against the scalar one, over random plans. */
class MachineAttentionTest {
    /** A random case for {@code positions} tokens, of whole vectors and groups. */
    static AttentionCase random(Arena arena, long seed, int positions) {
        var random = new SplittableRandom(seed);
        int kvHeadCount = random.nextInt(1, 4);
        int headCount = kvHeadCount * random.nextInt(1, 9);
        ElementType keyType = ElementType.values()[(int) (seed % 5)];
        ElementType valueType = random.nextInt(3) > 0 ? keyType : ElementType.values()[random.nextInt(5)];
        int keyStep = Math.max(16, keyType.groupLength());
        int valueStep = Math.max(16, valueType.groupLength());
        int headLength = keyStep * random.nextInt(1, random.nextInt(4) == 0 ? 1 + 256 / keyStep : 1 + 128 / keyStep);
        int valueLength = random.nextBoolean() && headLength % valueStep == 0 ? headLength : valueStep * random.nextInt(1, 5);
        int rotated = random.nextBoolean() ? headLength : 2 * random.nextInt(1, headLength / 2);
        var shape = new AttentionCase.Shape(positions, kvHeadCount, headCount, headLength, valueLength, keyType, valueType, rotated);
        return new AttentionCase(arena, random, shape);
    }

    @Test
    void agreesWithTheScalarKernels() {
        try (WorkerTeam team = new WorkerTeam(2);
                Kernels scalar = new ScalarKernels(team, Precision.FLOAT32);
                Kernels machine = MachineProjectionTest.kernels(team, true)) {
            for (int seed = 0; seed < 60; seed++) {
                try (Arena arena = Arena.ofShared()) {
                    var random = new SplittableRandom(seed);
                    int positions = seed % 3 == 0 ? random.nextInt(1, 20) : random.nextInt(200, 400);
                    compare(random(arena, seed, positions), arena, scalar, machine, positions);
                }
            }
        }
    }

    @Test
    void addsSegmentsOfLongContexts() {
        try (WorkerTeam team = new WorkerTeam(2);
                Kernels scalar = new ScalarKernels(team, Precision.FLOAT32);
                Kernels machine = MachineProjectionTest.kernels(team, true)) {
            for (int seed = 100; seed < 102; seed++) {
                try (Arena arena = Arena.ofShared()) {
                    int positions = 2 * MachineAttention.SEGMENT + 100;
                    compare(random(arena, seed, positions), arena, scalar, machine, positions);
                }
            }
        }
    }

    private static void compare(AttentionCase it, Arena arena, Kernels scalar, Kernels machine, int batch) {
        float[][] expected = it.run(arena, scalar, batch);
        float[][] found = it.run(arena, machine, batch);
        double squares = 0;
        double differences = 0;
        for (int position = 0; position < it.positions; position++) {
            for (int i = 0; i < expected[position].length; i++) {
                double difference = expected[position][i] - found[position][i];
                squares += (double) expected[position][i] * expected[position][i];
                differences += difference * difference;
                assertEquals(0, difference, tolerance(it), "position " + position + ", value " + i + " of " + it);
            }
        }
        double most = it.keyType.isPlain() ? 1e-3 : 0.01;
        assertTrue(Math.sqrt(differences / squares) < most, () -> "too much in all: " + it);
    }

    /** Scores are rounded in other places (a key may round to the next code), and a linear bias makes them large. */
    private static double tolerance(AttentionCase it) {
        return switch (it.keyType) {
            case F32, F16 -> it.alibi == null ? 1e-4 : 3e-4;
            case BF16 -> 1e-3;
            // Queries are rounded to 8 bits.
            case Q8_0 -> 0.05;
            case Q4_0 -> 0.15;
        };
    }

    @Test
    void lastsWithUndefinedKeysAndValues() {
        for (ElementType type : ElementType.values()) {
            try (WorkerTeam team = new WorkerTeam(2);
                    Kernels machine = MachineProjectionTest.kernels(team, true);
                    Arena arena = Arena.ofShared()) {
                for (boolean keys : new boolean[] {true, false}) {
                    var it = random(arena, type.ordinal(), 40);
                    (keys ? it.keys : it.values)[30][0] = Float.NaN;
                    float[][] found = it.run(arena, machine, 40);
                    int group = it.headCount / it.kvHeadCount;
                    for (int position = 0; position < 40; position++) {
                        boolean seen = position >= 30 && (it.window == 0 || position - it.window < 30);
                        for (int head = 0; head < group; head++) {
                            assertEquals(seen, Float.isNaN(found[position][head * it.valueLength]), "position " + position + " of " + it);
                        }
                    }
                }
            }
        }
    }

    @Test
    void givesTheSameBitsForEveryBatchAndEveryTeam() {
        for (int seed = 200; seed < 212; seed++) {
            try (Arena arena = Arena.ofShared()) {
                int positions = seed < 210 ? 70 : MachineAttention.SEGMENT + 50;
                var it = random(arena, seed, positions);
                float[][] expected = null;
                for (int threads : new int[] {1, 2, 5}) {
                    try (WorkerTeam team = new WorkerTeam(threads);
                            Kernels kernels = MachineProjectionTest.kernels(team, true)) {
                        float[][] found = it.run(arena, kernels, threads == 1 ? positions : threads == 2 ? 1 : 13);
                        expected = expected == null ? found : expected;
                        for (int position = 0; position < positions; position++) {
                            assertArrayEquals(expected[position], found[position], "position " + position + ", " + threads + " threads, " + it);
                        }
                    }
                }
            }
        }
    }
}
