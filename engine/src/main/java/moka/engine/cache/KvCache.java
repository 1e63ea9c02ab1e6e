package moka.engine.cache;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import moka.engine.kernel.KvStore;

/**
 * Keys and values of one sequence. Grows by blocks as positions are used; layers with a sliding window use a ring of blocks, so that their
 * memory ends with the window. Layers with a state have two: a batch reads one and writes the other. Belongs to one session; not thread-safe.
 */
public final class KvCache implements KvStore, AutoCloseable {
    static final ValueLayout.OfInt INT32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong INT64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final CacheShape shape;
    private final ElementType keyType;
    private final ElementType valueType;
    private final int batchRows;
    private final Arena arena = Arena.ofShared();
    private final List<List<MemorySegment>> keys = new ArrayList<>();
    private final List<List<MemorySegment>> values = new ArrayList<>();
    private final List<MemorySegment[]> states = new ArrayList<>(); // [layer][0: now, 1: before or next]
    private int statePosition;
    private int earlierPosition = -1;
    private long bytes;

    /** @param batchRows most positions that are stored at once: a window's ring must hold them beside the window */
    public KvCache(CacheShape shape, ElementType keyType, ElementType valueType, int batchRows) {
        this.shape = shape;
        this.keyType = keyType;
        this.valueType = valueType;
        this.batchRows = batchRows;
        for (int i = 0; i < shape.layers().size(); i++) {
            keys.add(new ArrayList<>());
            values.add(new ArrayList<>());
            long length = 4L * shape.layers().get(i).stateLength();
            states.add(new MemorySegment[] {arena.allocate(length, 64), arena.allocate(length, 64)});
            bytes += 2 * length;
        }
    }

    /** The batch that ends before {@code position} is done: its states hold from now on, and those before it are kept for {@link #rewind}. */
    public void advance(int position) {
        earlierPosition = statePosition;
        statePosition = position;
        swapStates();
    }

    /** Goes back to a position that {@link #canRewind} allows. */
    public void rewind(int position) {
        if (position == 0) {
            states.forEach(it -> it[0].fill((byte) 0));
            earlierPosition = -1;
        } else if (position != statePosition && position == earlierPosition) {
            swapStates();
            earlierPosition = -1;
        }
        statePosition = position;
    }

    /** The states are those after {@code position} tokens. */
    void restored(int position) {
        statePosition = position;
        earlierPosition = -1;
    }

    private void swapStates() {
        for (MemorySegment[] pair : states) {
            MemorySegment now = pair[0];
            pair[0] = pair[1];
            pair[1] = now;
        }
    }

    @Override
    public MemorySegment state(int layer) {
        return states.get(layer)[0];
    }

    @Override
    public MemorySegment nextState(int layer) {
        return states.get(layer)[1];
    }

    /** Makes room for positions below {@code positions}. */
    public void reserve(int positions) {
        int wanted = (positions + BLOCK - 1) / BLOCK;
        for (int layer = 0; layer < keys.size(); layer++) {
            CacheShape.Layer it = shape.layers().get(layer);
            int blocks = Math.min(wanted, ringBlocks(it, batchRows));
            while (it.kvHeadCount() > 0 && keys.get(layer).size() < blocks) {
                keys.get(layer).add(block(keyType, (long) it.kvHeadCount() * it.headLength()));
                values.get(layer).add(block(valueType, (long) it.kvHeadCount() * it.valueLength()));
            }
        }
    }

    /**
     * Whether the sequence, which has had {@code stored} positions at most, can go on from {@code position}: all that the token there sees is
     * still in the ring of each window, and the state is at hand.
     */
    public boolean canRewind(int position, int stored) {
        if (shape.recurrent() && position != 0 && position != statePosition && position != earlierPosition) {
            return false;
        }
        int newest = Math.max(0, stored - 1) / BLOCK;
        for (CacheShape.Layer layer : shape.layers()) {
            int ring = ringBlocks(layer, batchRows);
            int oldest = Math.max(0, position - layer.window() + 1) / BLOCK;
            if (layer.window() > 0 && newest - oldest >= ring) {
                return false;
            }
        }
        return true;
    }

    private MemorySegment block(ElementType type, long elements) {
        long size = type.bytes(elements * BLOCK);
        bytes += size;
        return arena.allocate(size, 64);
    }

    private static int ringBlocks(CacheShape.Layer layer, int batchRows) {
        // The oldest position that a batch sees and the newest that it stores must never share a block.
        return layer.window() == 0 ? Integer.MAX_VALUE : (layer.window() + batchRows) / BLOCK + 2;
    }

    int layerCount() {
        return keys.size();
    }

    int batchRows() {
        return batchRows;
    }

    /** Blocks of a layer that {@code positions} positions have touched. */
    int usedBlocks(int layer, int positions) {
        CacheShape.Layer it = shape.layers().get(layer);
        int wanted = (positions + BLOCK - 1) / BLOCK;
        return it.kvHeadCount() == 0 ? 0 : Math.min(wanted, ringBlocks(it, batchRows));
    }

    MemorySegment keyBlock(int layer, int block) {
        return keys.get(layer).get(block);
    }

    MemorySegment valueBlock(int layer, int block) {
        return values.get(layer).get(block);
    }

    /** Bytes that a cache of this shape takes with {@code positions} positions. */
    public static long bytes(
            CacheShape shape, ElementType keyType, ElementType valueType, int positions, int batchRows) {
        long total = 0;
        int wanted = (positions + BLOCK - 1) / BLOCK;
        for (CacheShape.Layer layer : shape.layers()) {
            long blocks = Math.min(wanted, ringBlocks(layer, batchRows));
            long positionsHeld = blocks * BLOCK * layer.kvHeadCount();
            total += keyType.bytes(positionsHeld * layer.headLength())
                    + valueType.bytes(positionsHeld * layer.valueLength())
                    + 8L * layer.stateLength();
        }
        return total;
    }

    /** Bytes held now. */
    public long bytes() {
        return bytes;
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
        return at(keys.get(layer), layer, position);
    }

    @Override
    public MemorySegment values(int layer, int position) {
        return at(values.get(layer), layer, position);
    }

    private MemorySegment at(List<MemorySegment> blocks, int layer, int position) {
        int block = position / BLOCK;
        int ring = ringBlocks(shape.layers().get(layer), batchRows);
        return blocks.get(block < ring ? block : block % ring);
    }

    @Override
    public void close() {
        arena.close();
    }
}
