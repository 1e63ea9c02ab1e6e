package moka.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Heads that are written come back as their type rounds them, and nothing else changes. */
class KvLayoutTest {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int HEADS = 3;

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void headsComeBackAsTheTensorTypeRoundsThem(ElementType type) {
        var random = new SplittableRandom(1);
        for (int length : new int[] {32, 64, 96}) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment keys = arena.allocate(type.bytes((long) HEADS * KvStore.BLOCK * length), 64);
                MemorySegment values = arena.allocate(keys.byteSize(), 64);
                var written = new float[HEADS][KvStore.BLOCK][];
                for (int head = 0; head < HEADS; head++) {
                    for (int slot = KvStore.BLOCK - 1; slot >= 0; slot--) {
                        float[] one = random(random, length + 5);
                        written[head][slot] = one;
                        KvLayout.writeKey(keys, type, head, slot, one, 5, length);
                        KvLayout.writeValue(values, type, head, slot, one, 5, length);
                    }
                }
                for (int head = 0; head < HEADS; head++) {
                    for (int slot = 0; slot < KvStore.BLOCK; slot++) {
                        float[] expected = rounded(arena, type, written[head][slot], length);
                        var key = new float[length];
                        KvLayout.readKey(keys, type, head, slot, key, 0, length);
                        assertArrayEquals(expected, key, "key " + head + ", " + slot);
                        var value = new float[length];
                        KvLayout.readValue(values, type, head, slot, value, 0, length);
                        assertArrayEquals(expected, value, "value " + head + ", " + slot);
                    }
                }
            }
        }
    }

    @Test
    void quantizedKeysLieInPanelsOfSixteen() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate(ElementType.Q8_0.bytes(2L * KvStore.BLOCK * 64), 64);
            var head = new float[64];
            head[32 + 4 * 5 + 3] = 127;
            KvLayout.writeKey(keys, ElementType.Q8_0, 1, 16 + 9, head, 0, 64);
            // head 1, panel 1, group 1: scales, then byte [5][9][3]
            long group = (1 * 16 + 1) * 2 * 544 + 544;
            assertEquals(1f, Float.float16ToFloat(keys.get(SHORT, group + 2 * 9)));
            assertEquals((byte) 255, keys.get(ValueLayout.JAVA_BYTE, group + 32 + 5 * 64 + 4 * 9 + 3));
        }
    }

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void notANumberStaysVisible(ElementType type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(type.bytes((long) KvStore.BLOCK * 32), 64);
            var head = new float[32];
            head[7] = Float.NaN;
            KvLayout.writeValue(block, type, 0, 3, head, 0, 32);
            KvLayout.readValue(block, type, 0, 3, head, 0, 32);
            assertTrue(Float.isNaN(head[7]));
        }
    }

    private static float[] random(SplittableRandom random, int length) {
        var values = new float[length];
        int kind = random.nextInt(4);
        for (int i = 0; i < length; i++) {
            values[i] = switch (kind) {
                case 0 -> 0;
                case 1 -> (float) (random.nextGaussian() * 1e-6);
                case 2 -> -random.nextInt(0, 3);
                default -> (float) random.nextGaussian();
            };
        }
        return values;
    }

    private static float[] rounded(Arena arena, ElementType type, float[] written, int length) {
        var source = java.util.Arrays.copyOfRange(written, 5, 5 + length);
        var format = TensorFormats.of(TensorType.valueOf(type.name()));
        MemorySegment blocks = arena.allocate(format.type().rowBytes(length));
        format.quantize(source, 0, length, blocks, 0);
        var result = new float[length];
        format.decode(blocks, 0, length, result, 0);
        return result;
    }
}
