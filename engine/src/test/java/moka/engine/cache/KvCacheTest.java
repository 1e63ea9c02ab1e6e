package moka.engine.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.KvStore.ElementType;
import org.junit.jupiter.api.Test;

/** Blocks grow with use, and end with the window where there is one. */
class KvCacheTest {
    private static final CacheShape.Layer FULL = new CacheShape.Layer(2, 64, 32, 0);
    private static final CacheShape.Layer WINDOWED = new CacheShape.Layer(2, 64, 32, 300);
    private static final long FULL_BLOCK = 2L * 256 * (64 + 32) * 2;

    private static KvCache cache(CacheShape.Layer... layers) {
        return new KvCache(new CacheShape(List.of(layers)), ElementType.F16, ElementType.F16, 100);
    }

    @Test
    void growsByBlocksWithUse() {
        try (KvCache cache = cache(FULL)) {
            assertEquals(0, cache.bytes());
            cache.reserve(1);
            assertEquals(FULL_BLOCK, cache.bytes());
            cache.reserve(256);
            assertEquals(FULL_BLOCK, cache.bytes());
            cache.reserve(257);
            assertEquals(2 * FULL_BLOCK, cache.bytes());
        }
    }

    @Test
    void aWindowEndsTheGrowth() {
        try (KvCache cache = cache(WINDOWED)) {
            cache.reserve(100_000);
            assertEquals(3 * FULL_BLOCK, cache.bytes());
            assertEquals(
                    cache.bytes(),
                    KvCache.bytes(new CacheShape(List.of(WINDOWED)), ElementType.F16, ElementType.F16, 100_000, 100));
            // All that a batch of 100 at any position sees or stores lies in blocks of its own.
            for (int position = 0; position < 5000; position += 37) {
                int oldest = Math.max(0, position - 300 + 1) / KvStore.BLOCK;
                int newest = (position + 99) / KvStore.BLOCK;
                assertTrue(newest - oldest < 3, "at " + position);
            }
        }
    }

    @Test
    void goesBackOnlyAsFarAsTheWindowIsHeld() {
        try (KvCache cache = cache(FULL, WINDOWED)) {
            assertTrue(cache.canRewind(0, 700));
            assertTrue(cache.canRewind(600, 768));
            assertTrue(cache.canRewind(500, 768));
            assertFalse(cache.canRewind(500, 769));
            assertTrue(cache.canRewind(556, 1024));
        }
        try (KvCache cache = cache(FULL)) {
            assertTrue(cache.canRewind(1, 100_000));
        }
    }
}
