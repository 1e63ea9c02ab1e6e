package moka.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Memory of one sequence's keys and values, grown by blocks of {@link #BLOCK} positions.
 *
 * <p>Layout of one block of one layer, by element (float32, float16 or bfloat16, little-endian, blocks 64-byte aligned):
 *
 * <pre>
 *   keys    [kvHeadCount][BLOCK/16][headLength][16]   panels of 16 keys, transposed: lanes are keys
 *   values  [kvHeadCount][BLOCK][valueLength]
 * </pre>
 *
 * Quantized elements share a float16 scale by groups of 32 values of one head, as in the tensor types of the same names:
 *
 * <pre>
 *   keys    [kvHeadCount][BLOCK/16][headLength/32] groups of 16 keys:
 *             float16 scale[16]
 *             Q8_0: byte [8][16][4]: byte [g][key][j] is value 4g+j of the group, + 128
 *             Q4_0: byte [4][16][4]: low nibble of [g][key][j] is value 4g+j, high nibble value 16+4g+j, each + 8
 *   values  [kvHeadCount] of
 *             Q8_0: byte [BLOCK][valueLength], signed
 *             Q4_0: byte [BLOCK][valueLength/2]: low nibble of byte i of a group is value i, high nibble value 16+i, each + 8
 *             float16 scale [BLOCK][valueLength/32]
 * </pre>
 *
 * So keys are the 16-row panels that integer dot products want, and values the rows that are mixed. {@link KvLayout} reads and writes one
 * head at a time, in scalar code that says what all this means.
 *
 * <p>Position {@code p} lies in block {@code (p / BLOCK)}, or in {@code (p / BLOCK) % ringBlocks} where a layer has a sliding window and its
 * blocks are used in turn. Memory of positions not yet written is zero or stale: never read beyond what was stored.
 */
public interface KvStore {
    /** Positions of a block. */
    int BLOCK = 256;

    /** Values that share a scale in quantized caches. */
    int GROUP = 32;

    /** Element types of the cache. */
    enum ElementType {
        F32(1, 4),
        F16(1, 2),
        BF16(1, 2),
        Q8_0(GROUP, 34),
        Q4_0(GROUP, 18);

        private final int groupLength;
        private final int groupBytes;

        ElementType(int groupLength, int groupBytes) {
            this.groupLength = groupLength;
            this.groupBytes = groupBytes;
        }

        /** Whether each element stands for itself, without a scale. */
        public boolean isPlain() {
            return groupLength == 1;
        }

        /** Heads must have a multiple of these values. */
        public int groupLength() {
            return groupLength;
        }

        /** Bytes of one element of a plain type. */
        public int bytes() {
            if (!isPlain()) {
                throw new IllegalArgumentException(this + " has no elements of whole bytes");
            }
            return groupBytes;
        }

        /** Bytes of {@code count} values, a whole number of groups. */
        public long bytes(long count) {
            return count / groupLength * groupBytes;
        }
    }

    ElementType keyType();

    ElementType valueType();

    /** Keys of the block that holds {@code position}. */
    MemorySegment keys(int layer, int position);

    /** Values of the block that holds {@code position}. */
    MemorySegment values(int layer, int position);

    /** A layer's state after the tokens before this batch: float32, off-heap, 64-byte aligned. Read only. */
    default MemorySegment state(int layer) {
        throw new UnsupportedOperationException("no state");
    }

    /** Where a batch leaves the layer's state: all of it is written. */
    default MemorySegment nextState(int layer) {
        throw new UnsupportedOperationException("no state");
    }
}
