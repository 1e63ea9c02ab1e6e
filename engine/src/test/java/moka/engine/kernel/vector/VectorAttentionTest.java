package moka.engine.kernel.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import moka.engine.kernel.AttentionCase;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.KvStore;
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
                AttentionCase example = random(arena, seed);
                // A key may round to the neighbouring half where the norms differ in the last bit.
                float tolerance = tolerance(example.keyType);
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
                    AttentionCase example = random(arena, seed);
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

    private static AttentionCase random(Arena arena, long seed) {
        var random = new SplittableRandom(seed);
        int positions = random.nextBoolean() ? random.nextInt(1, 20) : random.nextInt(250, 300);
        int kvHeadCount = random.nextInt(1, 4);
        int headCount = kvHeadCount * random.nextInt(1, 6);
        KvStore.ElementType type = KvStore.ElementType.values()[random.nextInt(5)];
        int group = type.groupLength();
        int headLength = group == 1 ? 2 * random.nextInt(1, 40) : group * random.nextInt(1, 4);
        int valueLength = random.nextBoolean() ? headLength : group * random.nextInt(1, group == 1 ? 80 : 4);
        int rotated = random.nextBoolean() ? headLength : Math.max(2, headLength / 4 * 2);
        var shape = new AttentionCase.Shape(positions, kvHeadCount, headCount, headLength, valueLength, type, type, rotated);
        return new AttentionCase(arena, random, shape);
    }
}
