package moka.engine.kernel.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.BlockKvStore;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.PlainRope;
import moka.engine.kernel.RopeTable;
import moka.engine.kernel.scalar.ScalarProvider;
import moka.engine.runtime.WorkerTeam;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention with every option, against the scalar set. */
class VectorAttentionTest {
    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {128, 256, 512})
    void attendsAsTheScalarSetDoes(int bits) {
        for (int seed = 0; seed < 30; seed++) {
            try (var team = new WorkerTeam(2);
                    Kernels vector = VectorKernelsTest.kernels(team, bits);
                    Kernels scalar = scalar(team);
                    Arena arena = Arena.ofShared()) {
                Case example = new Case(arena, seed);
                // A key may round to the neighbouring half where the norms differ in the last bit.
                float tolerance = tolerance(example.cacheType);
                float[][] expected = example.run(arena, scalar, example.positions);
                float[][] one = example.run(arena, vector, 1);
                float[][] all = example.run(arena, vector, example.positions);
                for (int p = 0; p < example.positions; p++) {
                    String where = example + ", position " + p;
                    assertArrayEquals(expected[p], one[p], tolerance, where + ", one by one");
                    assertArrayEquals(expected[p], all[p], tolerance, where + ", in one batch");
                }
            }
        }
    }

    /** About one code of one key that falls to the other side. */
    private static float tolerance(KvStore.ElementType type) {
        return switch (type) {
            case F32 -> 3e-5f;
            case F16 -> 1e-3f;
            case BF16, Q8_0 -> 1e-2f;
            case Q4_0 -> 0.15f;
        };
    }

    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {128, 256, 512})
    void givesTheSameBitsForAnyNumberOfThreads(int bits) {
        for (int seed = 100; seed < 103; seed++) {
            float[][] expected = null;
            for (int threads : new int[] {1, 2, 7}) {
                try (var team = new WorkerTeam(threads);
                        Kernels vector = VectorKernelsTest.kernels(team, bits);
                        Arena arena = Arena.ofShared()) {
                    Case example = new Case(arena, seed);
                    float[][] found = example.run(arena, vector, 100);
                    if (expected == null) {
                        expected = found;
                    }
                    for (int p = 0; p < example.positions; p++) {
                        for (int i = 0; i < found[p].length; i++) {
                            assertEquals(
                                    Float.floatToRawIntBits(expected[p][i]), Float.floatToRawIntBits(found[p][i]));
                        }
                    }
                }
            }
        }
    }

    private static Kernels scalar(WorkerTeam team) {
        Offer offer = new ScalarProvider().offer(new Request(team, Precision.FLOAT32, false, 0));
        return assertInstanceOf(Offer.Accepted.class, offer).kernels();
    }

    /** A random plan and its inputs. */
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
        final float[][] queries;
        final float[][] keys;
        final float[][] values;

        Case(Arena arena, long seed) {
            random = new SplittableRandom(seed);
            positions = random.nextBoolean() ? random.nextInt(1, 20) : random.nextInt(250, 300);
            kvHeadCount = random.nextInt(1, 4);
            headCount = kvHeadCount * random.nextInt(1, 6);
            cacheType = KvStore.ElementType.values()[random.nextInt(5)];
            int group = cacheType.groupLength();
            headLength = group == 1 ? 2 * random.nextInt(1, 40) : group * random.nextInt(1, 4);
            valueLength = random.nextBoolean() ? headLength : group * random.nextInt(1, group == 1 ? 80 : 4);
            int rotated = random.nextBoolean() ? headLength : Math.max(2, headLength / 4 * 2);
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

        /** Runs all positions in batches; {@code [position][headCount * valueLength]}. */
        float[][] run(Arena arena, Kernels kernels, int batch) {
            var results = new float[positions][headCount * valueLength];
            var cache = new BlockKvStore(arena, cacheType, 2, 2, kvHeadCount, headLength, valueLength);
            Activations q = Activations.allocate(arena, batch + 1, headCount * headLength);
            Activations k = Activations.allocate(arena, batch + 1, kvHeadCount * headLength);
            Activations v = Activations.allocate(arena, batch + 1, kvHeadCount * valueLength);
            Activations output = Activations.allocate(arena, batch + 1, headCount * valueLength);
            var plan = new AttentionPlan(
                    q, k, v, output, 1, headCount, kvHeadCount, headLength, valueLength,
                    (float) (1 / Math.sqrt(headLength)), rope, queryNorm, keyNorm, 1e-6f, window, softCap, sinks, alibi);
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
            return positions + " positions, " + headCount + "/" + kvHeadCount + " heads of " + headLength + " and "
                    + valueLength + ", " + cacheType + ", window " + window + ", cap " + softCap;
        }
    }
}
