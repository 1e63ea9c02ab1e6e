package moka.quantize.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import moka.quantize.RowQuantizer;
import moka.quantize.method.ChannelScaling.RoundTrip;
import moka.quantize.method.ChannelScaling.Weights;
import moka.quantize.search.CodePacking;
import org.junit.jupiter.api.Test;

class MethodsTest {
    private static SymmetricMatrix lower(double[]... rows) {
        return new SymmetricMatrix(rows);
    }

    @Test
    void inverseRootOfTwoByTwoByHand() {
        // The inverse is 4/3 of (1, -1/2; -1/2, 1).
        double[][] root = lower(new double[] {1}, new double[] {0.5, 1}).inverseRoot();
        assertEquals(Math.sqrt(4.0 / 3), root[0][0], 1e-12);
        assertEquals(-Math.sqrt(1.0 / 3), root[0][1], 1e-12);
        assertEquals(1, root[1][1], 1e-12);
        assertEquals(0, root[1][0]);
    }

    @Test
    void inverseRootTimesItselfIsTheInverse() {
        int n = 40;
        SymmetricMatrix matrix = moments(n, 100, 1);
        double[][] root = matrix.inverseRoot();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double product = 0;
                for (int k = 0; k < n; k++) {
                    double inverse = 0;
                    for (int l = 0; l <= Math.min(i, k); l++) {
                        inverse += root[l][i] * root[l][k];
                    }
                    product += inverse * matrix.get(k, j);
                }
                assertEquals(i == j ? 1 : 0, product, 1e-9);
            }
        }
    }

    @Test
    void quadraticFormByHand() {
        // (1, 2, 3) times (1, 2, 4; 2, 5, 7; 4, 7, 9) times the same: the products of the rows are 17, 33, 45.
        SymmetricMatrix matrix = lower(new double[] {1}, new double[] {2, 5}, new double[] {4, 7, 9});
        assertEquals(17 + 2 * 33 + 3 * 45, matrix.quadraticForm(new double[] {1, 2, 3}), 1e-12);
    }

    @Test
    void refusesAMatrixThatIsNotPositiveDefiniteAndDampingHelps() {
        SymmetricMatrix singular = lower(new double[] {1}, new double[] {1, 1});
        assertThrows(ArithmeticException.class, singular::inverseRoot);
        singular.damped(0.01).inverseRoot();
        assertEquals(1, lower(new double[] {0}).damped(0.01).get(0, 0));
    }

    @Test
    void gptqSpreadsErrorsOverFourColumnsAsWorkedByHand() {
        // Columns 0 and 1 meet inputs that correlate by 1/2, columns 2 and 3 by -1/4: rounding 0 down by e is best made good by e/2 more in
        // column 1 (the minimum of e² - e*d + d²), rounding 2 down by e by -e/4 in column 3.
        SymmetricMatrix inputs =
                lower(new double[] {4}, new double[] {1.5, 3}, new double[] {0, 0, 2}, new double[] {0, 0, -0.25, 1});
        Gptq gptq = new Gptq(inputs, 4, 0);
        assertArrayEquals(new int[] {0, 1, 2, 3}, gptq.order());
        assertEquals(-0.5f, gptq.spread()[0][1], 1e-6f);
        assertEquals(0.25f, gptq.spread()[2][3], 1e-6f);
        assertEquals(0, gptq.spread()[1][2], 1e-6f);
    }

    @Test
    void gptqTakesLargeInputsFirstAndKeepsBlocksTogether() {
        SymmetricMatrix inputs = lower(
                new double[] {1}, new double[] {0, 2}, new double[] {0, 0, 5}, new double[] {0, 0, 0, 9});
        assertArrayEquals(new int[] {3, 2, 1, 0}, new Gptq(inputs, 2, 0).order());
    }

    /** Sum of xxᵀ of inputs that correlate. */
    private static SymmetricMatrix moments(int n, int rows, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] sums = new double[n][];
        for (int i = 0; i < n; i++) {
            sums[i] = new double[i + 1];
        }
        double[] x = new double[n];
        for (int row = 0; row < rows; row++) {
            double shared = random.nextGaussian();
            for (int i = 0; i < n; i++) {
                x[i] = (random.nextGaussian() + shared * (1 + i % 3)) * (1 + i % 5);
            }
            for (int i = 0; i < n; i++) {
                for (int j = 0; j <= i; j++) {
                    sums[i][j] += x[i] * x[j];
                }
            }
        }
        return new SymmetricMatrix(sums);
    }

    private static float[] gaussian(int count, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static double outputError(SymmetricMatrix inputs, float[] values, TensorType type, byte[] bytes) {
        float[] decoded = new float[values.length];
        TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, values.length, decoded, 0);
        double[] error = new double[values.length];
        for (int i = 0; i < error.length; i++) {
            error[i] = decoded[i] - values[i];
        }
        return inputs.quadraticForm(error);
    }

    @Test
    void gptqLosesLessOfTheOutputThanBlocksByThemselves() {
        SymmetricMatrix inputs = moments(512, 2000, 4);
        float[] importance = new float[512];
        for (int i = 0; i < 512; i++) {
            importance[i] = (float) inputs.get(i, i);
        }
        for (TensorType type : TensorType.values()) {
            if (!RowQuantizer.usesWeights(type) && type != TensorType.Q8_0) {
                continue;
            }
            Gptq.RowRounder rounder = new Gptq(inputs, type.blockElements(), 0.01).new RowRounder(type);
            RowQuantizer plain = new RowQuantizer(type);
            double gptq = 0;
            double alone = 0;
            for (int row = 0; row < 4; row++) {
                float[] values = gaussian(512, 50 + row);
                byte[] bytes = new byte[(int) type.rowBytes(512)];
                rounder.round(values, 0, bytes, 0);
                gptq += outputError(inputs, values, type, bytes);
                plain.quantize(values, 0, 1, 512, importance, bytes, 0);
                alone += outputError(inputs, values, type, bytes);
            }
            // Points of codebooks are found for a block at once: only the other block can make its error good.
            assertTrue(gptq <= (CodePacking.supports(type) ? 0.8 : 1) * alone * (1 + 1e-6), type + ": " + gptq + " against " + alone);
        }
    }

    @Test
    void gptqWithoutCorrelationRoundsToNearest() {
        double[][] identity = new double[32][];
        for (int i = 0; i < 32; i++) {
            identity[i] = new double[i + 1];
            identity[i][i] = 1;
        }
        float[] values = gaussian(32, 9);
        byte[] expected = new byte[34];
        new RowQuantizer(TensorType.Q8_0).quantize(values, 0, 1, 32, null, expected, 0);
        byte[] bytes = new byte[34];
        new Gptq(new SymmetricMatrix(identity), 32, 0).new RowRounder(TensorType.Q8_0).round(values, 0, bytes, 0);
        double difference = 0;
        for (int i = 2; i < 34; i++) {
            difference += Math.abs(bytes[i] - expected[i]);
        }
        // The codes are chosen with the scale as it is stored in f16: next to a tie one may differ.
        assertTrue(difference <= 1, "difference " + difference);
    }

    @Test
    void awqScalesUpTheOneSalientChannel() {
        float[] magnitude = new float[32];
        Arrays.fill(magnitude, 1);
        magnitude[5] = 50;
        double[][] sums = new double[32][];
        for (int i = 0; i < 32; i++) {
            sums[i] = new double[i + 1];
            sums[i][i] = magnitude[i] * magnitude[i];
        }
        float[] values = gaussian(32 * 16, 11);
        for (int row = 0; row < 16; row++) {
            values[row * 32 + 5] *= 0.2f;
        }
        Weights weights = new Weights(values, 16, 32);
        RoundTrip trip = (it, scales) -> {
            byte[] bytes = new byte[16 * 18];
            new RowQuantizer(TensorType.Q4_0).quantize(it.values(), 0, 16, 32, null, bytes, 0);
            float[] back = new float[it.values().length];
            TensorFormats.of(TensorType.Q4_0).decode(MemorySegment.ofArray(bytes), 0, back.length, back, 0);
            return back;
        };
        SymmetricMatrix inputs = new SymmetricMatrix(sums);
        float[] found = ChannelScaling.awq(List.of(weights), inputs, magnitude, List.of(trip), scales -> scales);
        assertTrue(found[5] > 2 * found[6], Arrays.toString(found));
        float[] ones = new float[32];
        Arrays.fill(ones, 1);
        double before = ChannelScaling.outputErrors(List.of(weights), inputs, List.of(trip), ones)[0];
        double after = ChannelScaling.outputErrors(List.of(weights), inputs, List.of(trip), found)[0];
        assertTrue(after < 0.5 * before, after + " against " + before);
    }

    @Test
    void awqUndoesAChannelThatWasMovedFromWeightsToInputs() {
        float[] magnitude = new float[64];
        Arrays.fill(magnitude, 1);
        magnitude[5] = 50;
        double[][] sums = new double[64][];
        for (int i = 0; i < 64; i++) {
            sums[i] = new double[i + 1];
            sums[i][i] = magnitude[i] * magnitude[i];
        }
        float[] values = gaussian(64 * 16, 12);
        for (int row = 0; row < 16; row++) {
            values[row * 64 + 5] /= 50;
        }
        RoundTrip trip = (it, scales) -> {
            byte[] bytes = new byte[32 * 18];
            new RowQuantizer(TensorType.Q4_0).quantize(it.values(), 0, 16, 64, null, bytes, 0);
            float[] back = new float[it.values().length];
            TensorFormats.of(TensorType.Q4_0).decode(MemorySegment.ofArray(bytes), 0, back.length, back, 0);
            return back;
        };
        Weights weights = new Weights(values, 16, 64);
        float[] found = ChannelScaling.awq(List.of(weights), new SymmetricMatrix(sums), magnitude, List.of(trip), scales -> scales);
        // Up to the chance of 16 rows, and of the exponent that suits them.
        assertEquals(50, found[5] / found[6], 30);
        for (int i = 6; i < 64; i++) {
            assertEquals(1, found[i] / found[6], 0.6f, "channel " + i);
        }
    }

    @Test
    void awqScalesNothingWhereOneOfTheMatricesLoses() {
        SymmetricMatrix inputs = new SymmetricMatrix(new double[][] {{1}, {0, 16}});
        Weights weights = new Weights(new float[] {1, 1}, 1, 2);
        RoundTrip gains = (it, scales) -> new float[] {it.values()[0], scales[1] > scales[0] ? it.values()[1] : 0};
        RoundTrip loses = (it, scales) -> new float[] {scales[1] > scales[0] ? 0 : 0.9f * it.values()[0], it.values()[1]};
        float[] magnitude = {1, 4};
        float[] alone = ChannelScaling.awq(List.of(weights), inputs, magnitude, List.of(gains), scales -> scales);
        assertTrue(alone[1] > alone[0]);
        float[] both = ChannelScaling.awq(List.of(weights, weights), inputs, magnitude, List.of(gains, loses), scales -> scales);
        assertArrayEquals(new float[] {1, 1}, both);
    }

    @Test
    void powersAreAroundOne() {
        float[] scales = ChannelScaling.powers(new float[] {1, 16}, 0.5);
        assertArrayEquals(new float[] {0.5f, 2f}, scales, 1e-6f);
    }

    @Test
    void smoothQuantMakesInputsAndWeightsEquallyLarge() {
        Weights weights = new Weights(new float[] {4, -1, 2, 0.25f}, 2, 2);
        float[] scales = ChannelScaling.smoothQuant(new float[] {16, 1}, List.of(weights), 0.5);
        assertArrayEquals(new float[] {2, 1}, scales, 1e-6f);
        // 16 / 2 = 4 * 2, and 1 / 1 = 1 * 1.
    }

    @Test
    void absmaxAndAffineByHand() {
        float[] values = new float[32];
        values[3] = -8;
        values[4] = 3.4f;
        values[5] = 7;
        byte[] bytes = new byte[18];
        new RowQuantizer(TensorType.Q4_0).quantize(values, 0, 1, 32, null, bytes, 0);
        float[] decoded = new float[32];
        TensorFormats.of(TensorType.Q4_0).decode(MemorySegment.ofArray(bytes), 0, 32, decoded, 0);
        assertEquals(-8, decoded[3]); // scale 1: the largest magnitude becomes -8
        assertEquals(3, decoded[4]);
        assertEquals(7, decoded[5]);
        // From -8 to 7 in 15 steps of 1: zero lies at code 8.
        byte[] affine = new byte[20];
        new RowQuantizer(TensorType.Q4_1).quantize(values, 0, 1, 32, null, affine, 0);
        TensorFormats.of(TensorType.Q4_1).decode(MemorySegment.ofArray(affine), 0, 32, decoded, 0);
        assertEquals(8, affine[4] & 15);
        assertEquals(0, decoded[0]);
        assertEquals(7, decoded[5]);
    }
}
