package moka.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Memory of one sequence's keys and values, grown by blocks of {@link #BLOCK} positions.
 *
 * <p>Layout of one block of one layer, by element (float16 or float32, little-endian, blocks 64-byte aligned):
 *
 * <pre>
 *   keys    [kvHeadCount][BLOCK/16][headLength][16]   panels of 16 keys, transposed: lanes are keys
 *   values  [kvHeadCount][BLOCK][valueLength]
 * </pre>
 *
 * Position {@code p} lies in block {@code (p / BLOCK)}, or in {@code (p / BLOCK) % ringBlocks} where a layer has a sliding window and its
 * blocks are used in turn. Memory of positions not yet written is zero or stale: never read beyond what was stored.
 */
public interface KvStore {
    /** Positions of a block. */
    int BLOCK = 256;

    /** Element types of the cache. */
    enum ElementType {
        F32(4),
        F16(2);

        private final int bytes;

        ElementType(int bytes) {
            this.bytes = bytes;
        }

        public int bytes() {
            return bytes;
        }
    }

    ElementType keyType();

    ElementType valueType();

    /** Keys of the block that holds {@code position}. */
    MemorySegment keys(int layer, int position);

    /** Values of the block that holds {@code position}. */
    MemorySegment values(int layer, int position);
}
