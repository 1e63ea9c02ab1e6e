package moka.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A cache for tests: all blocks allocated at once; with {@code ringBlocks} fewer than the positions need, blocks are
 * used in turn.
 */
public final class BlockKvStore implements KvStore {
    private final ElementType keyType;
    private final ElementType valueType;
    private final int ringBlocks;
    private final MemorySegment[][] keys;
    private final MemorySegment[][] values;

    public BlockKvStore(
            Arena arena,
            ElementType type,
            int layers,
            int ringBlocks,
            int kvHeadCount,
            int headLength,
            int valueLength) {
        this(arena, type, type, layers, ringBlocks, kvHeadCount, headLength, valueLength);
    }

    public BlockKvStore(
            Arena arena,
            ElementType keyType,
            ElementType valueType,
            int layers,
            int ringBlocks,
            int kvHeadCount,
            int headLength,
            int valueLength) {
        this.keyType = keyType;
        this.valueType = valueType;
        this.ringBlocks = ringBlocks;
        keys = new MemorySegment[layers][ringBlocks];
        values = new MemorySegment[layers][ringBlocks];
        for (int layer = 0; layer < layers; layer++) {
            for (int block = 0; block < ringBlocks; block++) {
                keys[layer][block] = stale(arena, keyType.bytes((long) kvHeadCount * BLOCK * headLength));
                values[layer][block] = stale(arena, valueType.bytes((long) kvHeadCount * BLOCK * valueLength));
            }
        }
    }

    /** NaN everywhere: whoever reads what was not stored shows it. */
    private static MemorySegment stale(Arena arena, long bytes) {
        return arena.allocate(bytes, 64).fill((byte) 0xFF);
    }

    @Override
    public ElementType keyType() {
        return keyType;
    }

    @Override
    public ElementType valueType() {
        return valueType;
    }

    @Override
    public MemorySegment keys(int layer, int position) {
        return keys[layer][position / BLOCK % ringBlocks];
    }

    @Override
    public MemorySegment values(int layer, int position) {
        return values[layer][position / BLOCK % ringBlocks];
    }
}
