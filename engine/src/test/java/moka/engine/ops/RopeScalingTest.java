package moka.engine.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RopeScalingTest {
    private static final int LENGTH = 64;
    private static final double BASE = 10_000;
    private static final float[] NO_DIVISORS = {};

    private static RopeScaling scaling(RopeScaling.Type type, double extrapolation, double attention) {
        return new RopeScaling(type, 4, 512, extrapolation, attention, 32, 1, 0);
    }

    private static double[] frequencies(RopeScaling scaling) {
        return scaling.frequencies(LENGTH, BASE, NO_DIVISORS);
    }

    @Test
    void linearStretchesAllFrequenciesAlike() {
        double[] plain = frequencies(RopeScaling.NONE);
        assertEquals(1, plain[0]);
        assertEquals(Math.pow(BASE, -62.0 / LENGTH), plain[31], 1e-15);
        double[] linear = frequencies(scaling(RopeScaling.Type.LINEAR, 0, 1.5));
        for (int i = 0; i < plain.length; i++) {
            assertEquals(plain[i] / 4, linear[i]);
        }
        assertEquals(1.5, scaling(RopeScaling.Type.LINEAR, 0, 1.5).magnitude());
    }

    @Test
    void yarnSparesFastFrequenciesAndLengthensQueriesAndKeys() {
        double[] plain = frequencies(RopeScaling.NONE);
        double[] yarn = frequencies(scaling(RopeScaling.Type.YARN, 1, 1));
        assertEquals(plain[0], yarn[0]);
        assertEquals(plain[31] / 4, yarn[31]);
        // Pairs that turn 32 times and once over 512 positions: 64 ln(512 / (2 pi r)) / (2 ln 10000), rounded away from each other.
        assertEquals(plain[3], yarn[3]);
        assertTrue(yarn[4] < plain[4] && yarn[4] > plain[4] / 4, "between " + plain[4] + " and a quarter: " + yarn[4]);
        assertEquals(plain[16] / 4, yarn[16]);
        assertEquals(0.1 * Math.log(4) + 1, scaling(RopeScaling.Type.YARN, 1, 1).magnitude(), 1e-15);
        assertEquals(2 * (0.1 * Math.log(4) + 1), scaling(RopeScaling.Type.YARN, 1, 2).magnitude(), 1e-15);
    }

    @Test
    void theExtensionFactorMixesTheTwo() {
        double[] linear = frequencies(scaling(RopeScaling.Type.LINEAR, 0, 1));
        double[] yarn = frequencies(scaling(RopeScaling.Type.YARN, 1, 1));
        double[] half = frequencies(scaling(RopeScaling.Type.YARN, 0.5, 1));
        for (int i = 0; i < half.length; i++) {
            assertEquals((linear[i] + yarn[i]) / 2, half[i], 1e-15, "pair " + i);
        }
        assertArrayEquals(linear, frequencies(scaling(RopeScaling.Type.YARN, 0, 1)));
        assertEquals(1, scaling(RopeScaling.Type.YARN, 0, 1).magnitude());
    }
}
