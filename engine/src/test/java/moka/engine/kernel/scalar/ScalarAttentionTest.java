package moka.engine.kernel.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.BlockKvStore;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.PlainRope;
import moka.engine.kernel.RopeTable;
import moka.engine.runtime.WorkerTeam;
import org.junit.jupiter.api.Test;

class ScalarAttentionTest {
    /** A random plan for {@code positions} tokens, and attention straight from its formula. */
    private static final class Case {
        final SplittableRandom random;
        final int positions;
        final int kvHeadCount;
        final int headCount;
        final int headLength;
        final int valueLength;
        final KvStore.ElementType cacheType;
        final RopeTable rope;
        final MemorySegment queryNorm;
        final MemorySegment keyNorm;
        final int window;
        final float softCap;
        final MemorySegment sinks;
        final MemorySegment alibi;
        final double[][] queries;
        final double[][] keys;
        final double[][] values;

        Case(Arena arena, long seed) {
            random = new SplittableRandom(seed);
            positions = random.nextBoolean() ? random.nextInt(1, 20) : random.nextInt(250, 300);
            kvHeadCount = random.nextInt(1, 4);
            headCount = kvHeadCount * random.nextInt(1, 4);
            headLength = 8 * random.nextInt(1, 5);
            valueLength = random.nextBoolean() ? headLength : 8 * random.nextInt(1, 5);
            cacheType = random.nextBoolean() ? KvStore.ElementType.F32 : KvStore.ElementType.F16;
            int rotated = random.nextBoolean() ? headLength : headLength / 2;
            rope = random.nextInt(4) == 0
                    ? null
                    : new PlainRope(arena, rotated, random.nextBoolean(), 10000, positions);
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

        private double[][] rows(int columns) {
            var rows = new double[positions][columns];
            for (double[] row : rows) {
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
        float[][] run(Arena arena, int threads, int batch) {
            var results = new float[positions][headCount * valueLength];
            try (var team = new WorkerTeam(threads);
                    var kernels = new ScalarKernels(team, Precision.FLOAT32)) {
                var cache = new BlockKvStore(arena, cacheType, 2, 2, kvHeadCount, headLength, valueLength);
                Activations q = Activations.allocate(arena, batch + 1, headCount * headLength);
                Activations k = Activations.allocate(arena, batch + 1, kvHeadCount * headLength);
                Activations v = Activations.allocate(arena, batch + 1, kvHeadCount * valueLength);
                Activations output = Activations.allocate(arena, batch + 1, headCount * valueLength);
                var plan = new AttentionPlan(
                        q, k, v, output, 1, headCount, kvHeadCount, headLength, valueLength, scale(), rope, queryNorm,
                        keyNorm, 1e-6f, window, softCap, sinks, alibi);
                for (int first = 0; first < positions; first += batch) {
                    int count = Math.min(batch, positions - first);
                    for (int t = 0; t < count; t++) {
                        write(q, t + 1, queries[first + t]);
                        write(k, t + 1, keys[first + t]);
                        write(v, t + 1, values[first + t]);
                    }
                    kernels.attend(plan, new AttentionPlan.Span(cache, 1, count, first));
                    for (int t = 0; t < count; t++) {
                        output.read(t + 1, 0, results[first + t], 0, output.columns());
                    }
                }
            }
            return results;
        }

        private float scale() {
            return (float) (1 / Math.sqrt(headLength));
        }

        private static void write(Activations rows, int row, double[] values) {
            for (int i = 0; i < values.length; i++) {
                rows.set(row, i, (float) values[i]);
            }
        }

        double[] expected(int position, int head) {
            int kvHead = head * kvHeadCount / headCount;
            double[] query = prepared(queries[position], head, queryNorm, position);
            int first = window == 0 ? 0 : Math.max(0, position - window + 1);
            var weights = new double[position + 1];
            double sum = sinks == null ? 0 : Math.exp(sinks.getAtIndex(ValueLayout.JAVA_FLOAT, head));
            for (int p = first; p <= position; p++) {
                double[] key = prepared(keys[p], kvHead, keyNorm, p);
                double score = 0;
                for (int i = 0; i < headLength; i++) {
                    score += query[i] * stored(key[i]);
                }
                score *= scale();
                score = softCap == 0 ? score : softCap * Math.tanh(score / softCap);
                score += alibi == null ? 0 : alibi.getAtIndex(ValueLayout.JAVA_FLOAT, head) * (p - position);
                weights[p] = Math.exp(score);
                sum += weights[p];
            }
            var result = new double[valueLength];
            for (int p = first; p <= position; p++) {
                for (int i = 0; i < valueLength; i++) {
                    result[i] += weights[p] / sum * stored(values[p][kvHead * valueLength + i]);
                }
            }
            return result;
        }

        private double stored(double value) {
            return cacheType == KvStore.ElementType.F32
                    ? value
                    : Float.float16ToFloat(Float.floatToFloat16((float) value));
        }

        /** One head, normed and rotated: each pair as a complex number times e^(i angle). */
        private double[] prepared(double[] row, int head, MemorySegment norm, int position) {
            var x = new double[headLength];
            System.arraycopy(row, head * headLength, x, 0, headLength);
            if (norm != null) {
                double squares = 0;
                for (double value : x) {
                    squares += value * value;
                }
                for (int i = 0; i < headLength; i++) {
                    x[i] *= norm.getAtIndex(ValueLayout.JAVA_FLOAT, i) / Math.sqrt(squares / headLength + 1e-6);
                }
            }
            if (rope != null) {
                int pairs = rope.rotatedLength() / 2;
                for (int i = 0; i < pairs; i++) {
                    double angle = position * Math.pow(10000, -2.0 * i / rope.rotatedLength());
                    int a = rope.halves() ? i : 2 * i;
                    int b = rope.halves() ? i + pairs : 2 * i + 1;
                    double real = x[a] * Math.cos(angle) - x[b] * Math.sin(angle);
                    x[b] = x[a] * Math.sin(angle) + x[b] * Math.cos(angle);
                    x[a] = real;
                }
            }
            return x;
        }
    }

    @Test
    void followsTheFormulaForRandomPlans() {
        for (int seed = 0; seed < 60; seed++) {
            try (Arena arena = Arena.ofShared()) {
                var one = new Case(arena, seed);
                float[][] results = one.run(arena, 2, 64);
                // An f16 rounding border may lie between the float32 and the double value of a key.
                double tolerance = one.cacheType == KvStore.ElementType.F32 ? 2e-5 : 2e-3;
                for (int position = 0; position < one.positions; position += 1 + one.positions / 7) {
                    for (int head = 0; head < one.headCount; head++) {
                        double[] expected = one.expected(position, head);
                        for (int i = 0; i < one.valueLength; i++) {
                            float actual = results[position][head * one.valueLength + i];
                            assertEquals(expected[i], actual, tolerance, "seed " + seed + ", position " + position);
                        }
                    }
                }
            }
        }
    }

    @Test
    void batchesAndThreadsGiveTheSameBits() {
        for (int seed = 0; seed < 30; seed++) {
            try (Arena arena = Arena.ofShared()) {
                var one = new Case(arena, seed);
                float[][] expected = one.run(arena, 1, 1);
                assertArrayEquals(expected, one.run(arena, 2, 7), "seed " + seed);
                assertArrayEquals(expected, one.run(arena, 7, 300), "seed " + seed);
            }
        }
    }

    @Test
    void spansOfSeveralSequencesDoNotMeet() {
        try (Arena arena = Arena.ofShared();
                var team = new WorkerTeam(2);
                var kernels = new ScalarKernels(team, Precision.FAST)) {
            var a = new BlockKvStore(arena, KvStore.ElementType.F32, 1, 1, 1, 8, 8);
            var b = new BlockKvStore(arena, KvStore.ElementType.F32, 1, 1, 1, 8, 8);
            Activations rows = Activations.allocate(arena, 2, 8);
            Activations values = Activations.allocate(arena, 2, 8);
            Activations output = Activations.allocate(arena, 2, 8);
            values.set(0, 0, 3);
            values.set(1, 0, 5);
            var plan = new AttentionPlan(
                    rows, rows, values, output, 0, 1, 1, 8, 8, 1, null, null, null, 0, 0, 0, null, null);
            kernels.attend(plan, new AttentionPlan.Span(a, 0, 1, 0), new AttentionPlan.Span(b, 1, 1, 0));
            assertEquals(3, output.get(0, 0));
            assertEquals(5, output.get(1, 0));
        }
    }
}
