package moka.quantize.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import moka.quantize.RowQuantizer;
import moka.quantize.search.BlockScales;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ClipSearchTest {
    static List<TensorType> types() {
        return Stream.of(TensorType.values()).filter(ClipSearch::supports).toList();
    }

    private static byte[] rounded(TensorType type, float[] values) {
        byte[] bytes = new byte[(int) type.rowBytes(values.length)];
        new RowQuantizer(type).quantize(values, 0, 1, values.length, null, bytes, 0);
        return bytes;
    }

    private static float[] decoded(TensorType type, byte[] bytes, int count) {
        float[] values = new float[count];
        TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, count, values, 0);
        return values;
    }

    private static double outputError(SymmetricMatrix inputs, float[] values, TensorType type, byte[] bytes) {
        float[] back = decoded(type, bytes, values.length);
        double[] error = new double[values.length];
        for (int i = 0; i < error.length; i++) {
            error[i] = back[i] - values[i];
        }
        return inputs.quadraticForm(error);
    }

    private static double[][] zeros(int n) {
        double[][] rows = new double[n][];
        for (int i = 0; i < n; i++) {
            rows[i] = new double[i + 1];
        }
        return rows;
    }

    /**
     * One input meets the first column of two blocks, 3.4 and 3. Both have the scale 1 (from a -8 that meets none): the sum is 0.4 too small. With 1.09 the first
     * gives 3 * 1.09 = 3.27, 0.13 too small; the second makes most of that good with 3 * 1.03 = 3.09.
     */
    @Test
    void groupsMakeEachOthersErrorsGoodAsWorkedByHand() {
        double[][] sums = zeros(64);
        sums[0][0] = 1;
        sums[32][32] = 1;
        sums[32][0] = 1;
        SymmetricMatrix inputs = new SymmetricMatrix(sums);
        float[] values = new float[64];
        values[0] = 3.4f;
        values[1] = -8;
        values[32] = 3;
        values[33] = -8;
        byte[] stored = rounded(TensorType.Q4_0, values);
        assertEquals(0.16, outputError(inputs, values, TensorType.Q4_0, stored), 1e-6);

        new ClipSearch(inputs, 0).new Rows(TensorType.Q4_0).improve(values, 0, stored, 0);

        float[] back = decoded(TensorType.Q4_0, stored, 64);
        assertEquals(3.27f, back[0], 0.002f);
        assertEquals(3.09f, back[32], 0.002f);
        assertEquals(0.0016, outputError(inputs, values, TensorType.Q4_0, stored), 3e-4);
    }

    /** Inputs that share a part. */
    private static SymmetricMatrix moments(int n) {
        SplittableRandom random = new SplittableRandom(7);
        double[][] sums = zeros(n);
        double[] x = new double[n];
        for (int row = 0; row < 600; row++) {
            double shared = random.nextGaussian();
            double other = random.nextGaussian();
            for (int i = 0; i < n; i++) {
                x[i] = (random.nextGaussian() + shared * (i % 3) + other * (i % 5 - 2)) * (1 + i % 4);
            }
            for (int i = 0; i < n; i++) {
                for (int j = 0; j <= i; j++) {
                    sums[i][j] += x[i] * x[j];
                }
            }
        }
        return new SymmetricMatrix(sums);
    }

    @ParameterizedTest
    @MethodSource("types")
    void outputsLoseLessInEveryType(TensorType type) {
        SymmetricMatrix inputs = moments(512);
        ClipSearch.Rows search = new ClipSearch(inputs, 0.01).new Rows(type);
        SplittableRandom random = new SplittableRandom(8);
        double before = 0;
        double after = 0;
        for (int row = 0; row < 4; row++) {
            float[] values = new float[512 + row];
            for (int i = row; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            float[] plain = Arrays.copyOfRange(values, row, values.length);
            byte[] stored = rounded(type, plain);
            before += outputError(inputs, plain, type, stored);
            byte[] target = new byte[stored.length + row];
            System.arraycopy(stored, 0, target, row, stored.length);
            search.improve(values, row, target, row);
            after += outputError(inputs, plain, type, Arrays.copyOfRange(target, row, target.length));
        }
        assertTrue(after < 0.7 * before, after + " against " + before);
    }

    @ParameterizedTest
    @MethodSource("types")
    void fieldsAreReadAndWrittenAsTheyAre(TensorType type) {
        BlockScales fields = BlockScales.of(type).orElseThrow();
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < 50; i++) {
            byte[] block = new byte[type.blockBytes() + 3];
            random.nextBytes(block);
            byte[] copy = block.clone();
            fields.load(block, 3);
            fields.store(copy, 3);
            if (fields.groups() > 1) {
                assertArrayEquals(block, copy);
            }
            for (int group = 0; group < fields.groups(); group++) {
                for (int candidate = 0; candidate < fields.candidates(); candidate++) {
                    float scale = fields.scale(group, candidate);
                    float minimum = fields.minimum(group, candidate);
                    fields.load(block, 3);
                    fields.take(group, candidate);
                    fields.store(copy, 3);
                    BlockScales taken = BlockScales.of(type).orElseThrow();
                    taken.load(copy, 3);
                    assertEquals(scale, taken.scale(group, 0));
                    assertEquals(minimum, taken.minimum(group, 0));
                    fields.load(block, 3);
                }
            }
        }
    }

    @Test
    void typesWithoutRangesAreLeftAlone() {
        assertTrue(!ClipSearch.supports(TensorType.IQ2_XS) && !ClipSearch.supports(TensorType.F16) && !ClipSearch.supports(TensorType.Q8_0));
        assertEquals(11, types().size());
    }
}
