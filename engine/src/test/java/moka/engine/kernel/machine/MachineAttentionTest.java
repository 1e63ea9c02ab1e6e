package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.BlockKvStore;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.PlainRope;
import moka.engine.kernel.RopeTable;
import moka.engine.kernel.scalar.ScalarKernels;
import moka.engine.runtime.WorkerTeam;
import org.junit.jupiter.api.Test;

/** Attention in machine code against the scalar one, over random plans. */
class MachineAttentionTest {
    /** A random plan for {@code positions} tokens. */
    static final class Case {
        final SplittableRandom random;
        final int positions;
        final int kvHeadCount;
        final int headCount;
        final int headLength;
        final int valueLength;
        final KvStore.ElementType keyType;
        final KvStore.ElementType valueType;
        final RopeTable rope;
        final MemorySegment queryNorm;
        final MemorySegment keyNorm;
        final int window;
        final float softCap;
        final MemorySegment sinks;
        final MemorySegment alibi;
        final float[][] queries;
        final float[][] keys;
        final float[][] values;

        Case(Arena arena, long seed, int positions) {
            random = new SplittableRandom(seed);
            this.positions = positions;
            kvHeadCount = random.nextInt(1, 4);
            headCount = kvHeadCount * random.nextInt(1, 9);
            keyType = KvStore.ElementType.values()[(int) (seed % 5)];
            valueType = random.nextInt(3) > 0 ? keyType : KvStore.ElementType.values()[random.nextInt(5)];
            int keyStep = Math.max(16, keyType.groupLength());
            int valueStep = Math.max(16, valueType.groupLength());
            headLength = keyStep * random.nextInt(1, random.nextInt(4) == 0 ? 1 + 256 / keyStep : 1 + 128 / keyStep);
            valueLength = random.nextBoolean() && headLength % valueStep == 0 ? headLength : valueStep * random.nextInt(1, 5);
            int rotated = random.nextBoolean() ? headLength : 2 * random.nextInt(1, headLength / 2);
            rope = random.nextInt(4) == 0 ? null : new PlainRope(arena, rotated, random.nextBoolean(), 10000, positions);
            queryNorm = random.nextBoolean() ? floats(arena, headLength) : null;
            keyNorm = random.nextBoolean() ? floats(arena, headLength) : null;
            window = random.nextInt(3) == 0 ? random.nextInt(1, positions + 1) : 0;
            softCap = random.nextInt(3) == 0 ? 1.5f : 0;
            sinks = random.nextInt(3) == 0 ? floats(arena, headCount) : null;
            alibi = random.nextInt(3) == 0 ? floats(arena, headCount) : null;
            queries = rows(headCount * headLength);
            keys = rows(kvHeadCount * headLength);
            values = rows(kvHeadCount * valueLength);
        }

        private float[][] rows(int columns) {
            var rows = new float[positions][columns];
            for (float[] row : rows) {
                for (int i = 0; i < columns; i++) {
                    row[i] = (float) random.nextGaussian();
                }
            }
            return rows;
        }

        private MemorySegment floats(Arena arena, int count) {
            MemorySegment floats = arena.allocate(4L * count, 4);
            for (int i = 0; i < count; i++) {
                floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (2 * random.nextDouble() - 1));
            }
            return floats;
        }

        /** Runs all positions in batches of {@code batch}; {@code [position][headCount * valueLength]}. */
        float[][] run(Arena arena, Kernels kernels, int batch) {
            var results = new float[positions][headCount * valueLength];
            int blocks = window == 0 ? positions / KvStore.BLOCK + 1 : (window + batch) / KvStore.BLOCK + 2;
            var cache = new BlockKvStore(arena, keyType, valueType, 2, blocks, kvHeadCount, headLength, valueLength);
            Activations q = Activations.allocate(arena, batch + 1, headCount * headLength);
            Activations k = Activations.allocate(arena, batch + 1, kvHeadCount * headLength);
            Activations v = Activations.allocate(arena, batch + 1, kvHeadCount * valueLength);
            Activations output = Activations.allocate(arena, batch + 1, headCount * valueLength);
            var plan = new AttentionPlan(
                    q, k, v, output, 1, headCount, kvHeadCount, headLength, valueLength, (float) (1 / Math.sqrt(headLength)), rope,
                    queryNorm, keyNorm, 1e-6f, window, softCap, sinks, alibi);
            for (int first = 0; first < positions; first += batch) {
                int count = Math.min(batch, positions - first);
                for (int t = 0; t < count; t++) {
                    q.write(t + 1, 0, queries[first + t], 0, q.columns());
                    k.write(t + 1, 0, keys[first + t], 0, k.columns());
                    v.write(t + 1, 0, values[first + t], 0, v.columns());
                }
                kernels.attend(plan, new AttentionPlan.Span(cache, 1, count, first));
                for (int t = 0; t < count; t++) {
                    output.read(t + 1, 0, results[first + t], 0, output.columns());
                }
            }
            return results;
        }

        @Override
        public String toString() {
            return positions + " positions, " + headCount + "/" + kvHeadCount + " heads of " + headLength + " and " + valueLength + ", "
                    + keyType + " and " + valueType + ", rope " + (rope == null ? "none" : rope.rotatedLength() + (rope.halves() ? " halves" : " pairs"))
                    + ", window " + window + ", cap " + softCap + ", sinks " + (sinks != null) + ", alibi " + (alibi != null);
        }
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
                    compare(new Case(arena, seed, positions), arena, scalar, machine, positions);
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
                    compare(new Case(arena, seed, positions), arena, scalar, machine, positions);
                }
            }
        }
    }

    private static void compare(Case it, Arena arena, Kernels scalar, Kernels machine, int batch) {
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
    private static double tolerance(Case it) {
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
        for (KvStore.ElementType type : KvStore.ElementType.values()) {
            try (WorkerTeam team = new WorkerTeam(2);
                    Kernels machine = MachineProjectionTest.kernels(team, true);
                    Arena arena = Arena.ofShared()) {
                for (boolean keys : new boolean[] {true, false}) {
                    var it = new Case(arena, type.ordinal(), 40);
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
                var it = new Case(arena, seed, positions);
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
