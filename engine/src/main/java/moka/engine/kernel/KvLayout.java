package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import moka.engine.kernel.KvStore.ElementType;

/** Reads and writes one head of one position in a block of {@link KvStore}: what the layout there means, without haste. */
public final class KvLayout {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Keys of a panel. */
    private static final int PANEL = 16;

    private static final int GROUP = KvStore.GROUP;

    private KvLayout() {}

    /** @param slot position in the block @param head values from {@code at} on, {@code length} of them */
    public static void writeKey(
            MemorySegment block, ElementType type, int kvHead, int slot, float[] head, int at, int length) {
        long panel = panel(type, kvHead, slot, length);
        int key = slot % PANEL;
        if (type.isPlain()) {
            for (int i = 0; i < length; i++) {
                put(block, type, panel / type.bytes() + (long) i * PANEL + key, head[at + i]);
            }
            return;
        }
        for (int group = 0; group < length / GROUP; group++) {
            long start = panel + group * PANEL * type.bytes(GROUP);
            float scale = scale(type, head, at + group * GROUP);
            block.set(SHORT, start + 2 * key, Float.floatToFloat16(scale));
            for (int i = 0; i < GROUP; i++) {
                int code = code(type, head[at + group * GROUP + i], scale);
                long place = start + 2 * PANEL + keyByte(type, key, i);
                putCode(block, type, place, i, type == ElementType.Q8_0 ? code + 128 : code);
            }
        }
    }

    /** The values that {@link #writeKey} left, rounded as the type does. */
    public static void readKey(
            MemorySegment block, ElementType type, int kvHead, int slot, float[] head, int at, int length) {
        readKey(block, type, kvHead, slot, head, at, length, length);
    }

    /** The first of them. @param count a multiple of the type's groups */
    public static void readKey(
            MemorySegment block, ElementType type, int kvHead, int slot, float[] head, int at, int length, int count) {
        long panel = panel(type, kvHead, slot, length);
        int key = slot % PANEL;
        if (type.isPlain()) {
            for (int i = 0; i < count; i++) {
                head[at + i] = get(block, type, panel / type.bytes() + (long) i * PANEL + key);
            }
            return;
        }
        for (int group = 0; group < count / GROUP; group++) {
            long start = panel + group * PANEL * type.bytes(GROUP);
            float scale = Float.float16ToFloat(block.get(SHORT, start + 2 * key));
            for (int i = 0; i < GROUP; i++) {
                int code = block.get(ValueLayout.JAVA_BYTE, start + 2 * PANEL + keyByte(type, key, i)) & 0xFF;
                head[at + group * GROUP + i] = scale * (type == ElementType.Q8_0 ? code - 128 : nibble(code, i) - 8);
            }
        }
    }

    public static void writeValue(
            MemorySegment block, ElementType type, int kvHead, int slot, float[] head, int at, int length) {
        if (type.isPlain()) {
            for (int i = 0; i < length; i++) {
                put(block, type, ((long) kvHead * KvStore.BLOCK + slot) * length + i, head[at + i]);
            }
            return;
        }
        long start = kvHead * type.bytes((long) KvStore.BLOCK * length);
        for (int group = 0; group < length / GROUP; group++) {
            float scale = scale(type, head, at + group * GROUP);
            block.set(SHORT, valueScale(type, start, slot, group, length), Float.floatToFloat16(scale));
            for (int i = 0; i < GROUP; i++) {
                int code = code(type, head[at + group * GROUP + i], scale);
                putCode(block, type, valueByte(type, start, slot, group, i, length), i, code);
            }
        }
    }

    /** The values that {@link #writeValue} left, rounded as the type does. */
    public static void readValue(
            MemorySegment block, ElementType type, int kvHead, int slot, float[] head, int at, int length) {
        if (type.isPlain()) {
            for (int i = 0; i < length; i++) {
                head[at + i] = get(block, type, ((long) kvHead * KvStore.BLOCK + slot) * length + i);
            }
            return;
        }
        long start = kvHead * type.bytes((long) KvStore.BLOCK * length);
        for (int group = 0; group < length / GROUP; group++) {
            float scale = Float.float16ToFloat(block.get(SHORT, valueScale(type, start, slot, group, length)));
            for (int i = 0; i < GROUP; i++) {
                byte code = block.get(ValueLayout.JAVA_BYTE, valueByte(type, start, slot, group, i, length));
                head[at + group * GROUP + i] = scale * (type == ElementType.Q8_0 ? code : nibble(code & 0xFF, i) - 8);
            }
        }
    }

    /** Byte offset of the panel that holds a position's key. */
    public static long panel(ElementType type, int kvHead, int slot, int headLength) {
        long panel = (long) kvHead * (KvStore.BLOCK / PANEL) + slot / PANEL;
        return panel * PANEL * type.bytes(headLength);
    }

    // Where the codes of a quantized type stand.

    private static long keyByte(ElementType type, int key, int i) {
        int value = type == ElementType.Q8_0 ? i : i % (GROUP / 2);
        return (long) value / 4 * 4 * PANEL + 4 * key + value % 4;
    }

    private static long valueByte(ElementType type, long start, int slot, int group, int i, int length) {
        return type == ElementType.Q8_0
                ? start + (long) slot * length + group * GROUP + i
                : start + (long) slot * length / 2 + group * GROUP / 2 + i % (GROUP / 2);
    }

    private static long valueScale(ElementType type, long start, int slot, int group, int length) {
        long codes = (long) KvStore.BLOCK * length / (type == ElementType.Q8_0 ? 1 : 2);
        return start + codes + 2 * ((long) slot * (length / GROUP) + group);
    }

    /** Two values share a byte in Q4_0: the other one's nibble stays. */
    private static void putCode(MemorySegment block, ElementType type, long place, int i, int code) {
        if (type == ElementType.Q8_0) {
            block.set(ValueLayout.JAVA_BYTE, place, (byte) code);
            return;
        }
        int old = block.get(ValueLayout.JAVA_BYTE, place);
        int nibble = code + 8;
        block.set(
                ValueLayout.JAVA_BYTE,
                place,
                (byte) (i < GROUP / 2 ? old & 0xF0 | nibble : old & 0x0F | nibble << 4));
    }

    private static int nibble(int code, int i) {
        return i < GROUP / 2 ? code & 15 : code >> 4;
    }

    // Rounding as in the tensor types: Q8_0 by the largest magnitude, Q4_0 so that the largest becomes -8.

    /** What a group's values are divided by. A group with a NaN or infinite value has a NaN scale: it must not vanish. */
    private static float scale(ElementType type, float[] head, int at) {
        float extreme = 0;
        for (int i = 0; i < GROUP; i++) {
            float value = head[at + i];
            if (!Float.isFinite(value)) {
                return Float.NaN;
            }
            if (Math.abs(value) > Math.abs(extreme)) {
                extreme = value;
            }
        }
        return type == ElementType.Q8_0 ? Math.abs(extreme) / 127 : extreme / -8;
    }

    private static int code(ElementType type, float value, float scale) {
        if (scale == 0 || Float.isNaN(scale)) {
            return 0;
        }
        float code = value / scale;
        return type == ElementType.Q8_0
                ? Math.clamp((long) (code + Math.copySign(0.5f, code)), -127, 127)
                : Math.clamp((long) Math.floor(code + 8.5f) - 8, -8, 7);
    }

    private static float get(MemorySegment block, ElementType type, long index) {
        return switch (type) {
            case F32 -> block.get(FLOAT, 4 * index);
            case F16 -> Float.float16ToFloat(block.get(SHORT, 2 * index));
            case BF16 -> Float.intBitsToFloat(block.get(SHORT, 2 * index) << 16);
            case Q8_0, Q4_0 -> throw new IllegalArgumentException(type + " has no single elements");
        };
    }

    private static void put(MemorySegment block, ElementType type, long index, float value) {
        switch (type) {
            case F32 -> block.set(FLOAT, 4 * index, value);
            case F16 -> block.set(SHORT, 2 * index, Float.floatToFloat16(value));
            case BF16 -> block.set(SHORT, 2 * index, bfloat16(value));
            case Q8_0, Q4_0 -> throw new IllegalArgumentException(type + " has no single elements");
        }
    }

    /** Round to nearest, ties to even; NaN stays NaN. */
    private static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
