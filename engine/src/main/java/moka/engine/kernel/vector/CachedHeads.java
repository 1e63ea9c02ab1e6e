package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import moka.engine.kernel.KvLayout;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.KvStore.ElementType;

/** Widens keys and values of one head from the cache's elements to float32: a panel of 16 keys, or rows of values. */
final class CachedHeads {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int GROUP = KvStore.GROUP;
    private static final int PANEL = 16;

    private final Elements elements;

    CachedHeads(Elements elements) {
        this.elements = elements;
    }

    /** @param slot position of the panel's first key in the block @param at index of the first float of {@code target [length][16]} */
    void keys(MemorySegment block, ElementType type, int kvHead, int slot, int length, MemorySegment target, int at) {
        long start = KvLayout.panel(type, kvHead, slot, length);
        switch (type) {
            case F16 -> elements.widen(block.address() + start, target.address() + 4L * at, PANEL * length);
            case F32 -> MemorySegment.copy(block, start, target, 4L * at, 4L * PANEL * length);
            case BF16 -> bfloats(block, start, target, at, PANEL * length);
            case Q8_0 -> {
                for (int group = 0; group < length / GROUP; group++) {
                    bytes(block, start + group * PANEL * 34L, target, at + group * GROUP * PANEL);
                }
            }
            case Q4_0 -> {
                for (int group = 0; group < length / GROUP; group++) {
                    nibbles(block, start + group * PANEL * 18L, target, at + group * GROUP * PANEL);
                }
            }
        }
    }

    private static void bytes(MemorySegment block, long start, MemorySegment target, int at) {
        for (int key = 0; key < PANEL; key++) {
            float scale = Float.float16ToFloat(block.get(SHORT, start + 2L * key));
            long codes = start + 2 * PANEL + 4L * key;
            for (int i = 0; i < GROUP; i++) {
                int code = (block.get(ValueLayout.JAVA_BYTE, codes + i / 4 * 64 + i % 4) & 0xFF) - 128;
                target.set(FLOAT, 4L * (at + i * PANEL + key), scale * code);
            }
        }
    }

    private static void nibbles(MemorySegment block, long start, MemorySegment target, int at) {
        for (int key = 0; key < PANEL; key++) {
            float scale = Float.float16ToFloat(block.get(SHORT, start + 2L * key));
            long codes = start + 2 * PANEL + 4L * key;
            for (int i = 0; i < GROUP / 2; i++) {
                int code = block.get(ValueLayout.JAVA_BYTE, codes + i / 4 * 64 + i % 4) & 0xFF;
                target.set(FLOAT, 4L * (at + i * PANEL + key), scale * ((code & 15) - 8));
                target.set(FLOAT, 4L * (at + (i + GROUP / 2) * PANEL + key), scale * ((code >> 4) - 8));
            }
        }
    }

    /** @param slot first position in the block @param at index of the first float of {@code target [count][width]} */
    void values(
            MemorySegment block,
            ElementType type,
            int kvHead,
            int slot,
            int count,
            int length,
            MemorySegment target,
            int at,
            int width) {
        if (type.isPlain() && width == length) {
            plainValues(block, type, kvHead, slot, count * length, length, target, at);
            return;
        }
        for (int i = 0; i < count; i++) {
            if (type.isPlain()) {
                plainValues(block, type, kvHead, slot + i, length, length, target, at + i * width);
            } else {
                quantizedValues(block, type, kvHead, slot + i, length, target, at + i * width);
            }
        }
    }

    private void plainValues(
            MemorySegment block, ElementType type, int kvHead, int slot, int count, int length, MemorySegment target, int at) {
        long start = ((long) kvHead * KvStore.BLOCK + slot) * length * type.bytes();
        switch (type) {
            case F16 -> elements.widen(block.address() + start, target.address() + 4L * at, count);
            case F32 -> MemorySegment.copy(block, start, target, 4L * at, 4L * count);
            default -> bfloats(block, start, target, at, count);
        }
    }

    private static void quantizedValues(
            MemorySegment block, ElementType type, int kvHead, int slot, int length, MemorySegment target, int at) {
        long start = kvHead * type.bytes((long) KvStore.BLOCK * length);
        boolean bytes = type == ElementType.Q8_0;
        long codes = start + (bytes ? (long) slot * length : (long) slot * length / 2);
        long scales = start + (long) KvStore.BLOCK * length / (bytes ? 1 : 2) + 2L * slot * (length / GROUP);
        for (int group = 0; group < length / GROUP; group++) {
            float scale = Float.float16ToFloat(block.get(SHORT, scales + 2L * group));
            long to = 4L * (at + group * GROUP);
            if (bytes) {
                for (int i = 0; i < GROUP; i++) {
                    target.set(FLOAT, to + 4L * i, scale * block.get(ValueLayout.JAVA_BYTE, codes + group * GROUP + i));
                }
            } else {
                for (int i = 0; i < GROUP / 2; i++) {
                    int code = block.get(ValueLayout.JAVA_BYTE, codes + group * (GROUP / 2) + i) & 0xFF;
                    target.set(FLOAT, to + 4L * i, scale * ((code & 15) - 8));
                    target.set(FLOAT, to + 4L * (i + GROUP / 2), scale * ((code >> 4) - 8));
                }
            }
        }
    }

    private static void bfloats(MemorySegment block, long start, MemorySegment target, int at, int count) {
        for (int i = 0; i < count; i++) {
            target.set(FLOAT, 4L * (at + i), Float.intBitsToFloat(block.get(SHORT, start + 2L * i) << 16));
        }
    }
}
