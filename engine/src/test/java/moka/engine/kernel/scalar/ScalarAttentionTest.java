package moka.engine.kernel.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionCase;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.BlockKvStore;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KvStore;
import moka.engine.runtime.WorkerTeam;
import org.junit.jupiter.api.Test;

class ScalarAttentionTest {
    private static AttentionCase random(Arena arena, long seed) {
        var random = new SplittableRandom(seed);
        int positions = random.nextBoolean() ? random.nextInt(1, 20) : random.nextInt(250, 300);
        int kvHeadCount = random.nextInt(1, 4);
        int headCount = kvHeadCount * random.nextInt(1, 4);
        int headLength = 8 * random.nextInt(1, 5);
        int valueLength = random.nextBoolean() ? headLength : 8 * random.nextInt(1, 5);
        KvStore.ElementType type = random.nextBoolean() ? KvStore.ElementType.F32 : KvStore.ElementType.F16;
        int rotated = random.nextBoolean() ? headLength : headLength / 2;
        var shape = new AttentionCase.Shape(positions, kvHeadCount, headCount, headLength, valueLength, type, type, rotated);
        return new AttentionCase(arena, random, shape);
    }

    private static float[][] run(AttentionCase it, Arena arena, int threads, int batch) {
        try (var team = new WorkerTeam(threads);
                var kernels = new ScalarKernels(team, Precision.FLOAT32)) {
            return it.run(arena, kernels, batch);
        }
    }

    /** Attention straight from its formula. */
    private static double[] expected(AttentionCase it, int position, int head) {
        int kvHead = head * it.kvHeadCount / it.headCount;
        double[] query = prepared(it, it.queries[position], head, it.queryNorm, position);
        int first = it.window == 0 ? 0 : Math.max(0, position - it.window + 1);
        var weights = new double[position + 1];
        double sum = it.sinks == null ? 0 : Math.exp(it.sinks.getAtIndex(ValueLayout.JAVA_FLOAT, head));
        for (int p = first; p <= position; p++) {
            double[] key = prepared(it, it.keys[p], kvHead, it.keyNorm, p);
            double score = 0;
            for (int i = 0; i < it.headLength; i++) {
                score += query[i] * stored(it, key[i]);
            }
            score *= it.scale();
            score = it.softCap == 0 ? score : it.softCap * Math.tanh(score / it.softCap);
            score += it.alibi == null ? 0 : it.alibi.getAtIndex(ValueLayout.JAVA_FLOAT, head) * (p - position);
            weights[p] = Math.exp(score);
            sum += weights[p];
        }
        var result = new double[it.valueLength];
        for (int p = first; p <= position; p++) {
            for (int i = 0; i < it.valueLength; i++) {
                result[i] += weights[p] / sum * stored(it, it.values[p][kvHead * it.valueLength + i]);
            }
        }
        return result;
    }

    private static double stored(AttentionCase it, double value) {
        return it.keyType == KvStore.ElementType.F32
                ? value
                : Float.float16ToFloat(Float.floatToFloat16((float) value));
    }

    /** One head, normed and rotated: each pair as a complex number times e^(i angle). */
    private static double[] prepared(AttentionCase it, float[] row, int head, MemorySegment norm, int position) {
        var x = new double[it.headLength];
        for (int i = 0; i < x.length; i++) {
            x[i] = row[head * it.headLength + i];
        }
        if (norm != null) {
            double squares = 0;
            for (double value : x) {
                squares += value * value;
            }
            for (int i = 0; i < it.headLength; i++) {
                x[i] *= norm.getAtIndex(ValueLayout.JAVA_FLOAT, i) / Math.sqrt(squares / it.headLength + 1e-6);
            }
        }
        if (it.rope != null) {
            int pairs = it.rope.rotatedLength() / 2;
            for (int i = 0; i < pairs; i++) {
                double angle = position * Math.pow(10000, -2.0 * i / it.rope.rotatedLength());
                int a = it.rope.halves() ? i : 2 * i;
                int b = it.rope.halves() ? i + pairs : 2 * i + 1;
                double real = x[a] * Math.cos(angle) - x[b] * Math.sin(angle);
                x[b] = x[a] * Math.sin(angle) + x[b] * Math.cos(angle);
                x[a] = real;
            }
        }
        return x;
    }

    @Test
    void followsTheFormulaForRandomPlans() {
        for (int seed = 0; seed < 60; seed++) {
            try (Arena arena = Arena.ofShared()) {
                AttentionCase one = random(arena, seed);
                float[][] results = run(one, arena, 2, 64);
                // An f16 rounding border may lie between the float32 and the double value of a key.
                double tolerance = one.keyType == KvStore.ElementType.F32 ? 2e-5 : 2e-3;
                for (int position = 0; position < one.positions; position += 1 + one.positions / 7) {
                    for (int head = 0; head < one.headCount; head++) {
                        double[] expected = expected(one, position, head);
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
                AttentionCase one = random(arena, seed);
                float[][] expected = run(one, arena, 1, 1);
                assertArrayEquals(expected, run(one, arena, 2, 7), "seed " + seed);
                assertArrayEquals(expected, run(one, arena, 7, 300), "seed " + seed);
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
