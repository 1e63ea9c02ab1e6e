package moka.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KeyOrderTest {
    @Test
    void sortsAndSelectsAnyPattern() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 2000; round++) {
            long[] keys = keys(random, 1 + random.nextInt(400), round % 6);
            long[] sorted = keys.clone();
            Arrays.sort(sorted);
            int n = random.nextInt(keys.length + 1);
            long[] selected = keys.clone();
            KeyOrder.select(selected, 0, keys.length, n);
            Arrays.sort(selected, 0, n);
            Arrays.sort(selected, n, keys.length);
            assertArrayEquals(sorted, selected, "selected " + n);
            KeyOrder.sort(keys, 0, keys.length);
            assertArrayEquals(sorted, keys);
        }
    }

    @Test
    void keysOrderByDescendingLogitThenAscendingId() {
        float[] logits = {Float.POSITIVE_INFINITY, 1e30f, 2, Float.MIN_VALUE, 0, -Float.MIN_VALUE, -2, -1e30f};
        for (int i = 0; i + 1 < logits.length; i++) {
            assertTrue(LogitKey.of(logits[i], 9) < LogitKey.of(logits[i + 1], 3), "at " + i);
            assertTrue(LogitKey.of(logits[i], 3) < LogitKey.of(logits[i], 4), "at " + i);
            assertEquals(logits[i], LogitKey.logit(LogitKey.of(logits[i], 5)));
        }
        assertEquals(LogitKey.of(0, 3), LogitKey.of(-0.0f, 3), "minus zero is zero");
    }

    private static long[] keys(SplittableRandom random, int size, int pattern) {
        long[] keys = new long[size];
        for (int i = 0; i < size; i++) {
            float logit = switch (pattern) {
                case 0 -> random.nextFloat() - 0.5f;
                case 1 -> i;
                case 2 -> -i;
                case 3 -> 1;
                case 4 -> Math.min(i, size - i);
                default -> random.nextInt(3);
            };
            keys[i] = LogitKey.of(logit, i);
        }
        return keys;
    }
}
