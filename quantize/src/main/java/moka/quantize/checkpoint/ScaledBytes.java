package moka.quantize.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.gguf.TensorType;

/**
 * A byte a weight, row after row: an index of 256 numbers, times the scale of its block.
 *
 * @param meanings of the bytes
 */
record ScaledBytes(MemorySegment data, float[] meanings, long rows, int columns, Scales scales) implements Matrix {
    /**
     * Scales, {@code [rows / blockRows][columns / blockColumns]}, both rounded up.
     *
     * @param blockRows rows that share a scale
     * @param blockColumns columns that share a scale
     */
    record Scales(float[] values, long blockRows, int blockColumns) {}

    @Override
    public TensorType type() {
        return TensorType.F32;
    }

    @Override
    public void read(long firstRow, int count, float[] target, int offset) {
        int across = Math.ceilDiv(columns, scales.blockColumns);
        for (int row = 0; row < count; row++) {
            long at = (firstRow + row) * columns;
            int scaleRow = (int) ((firstRow + row) / scales.blockRows) * across;
            for (int block = 0; block < across; block++) {
                float scale = scales.values[scaleRow + block];
                int end = Math.min(columns, (block + 1) * scales.blockColumns);
                for (int i = block * scales.blockColumns; i < end; i++) {
                    target[offset + row * columns + i] = scale * meanings[data.get(ValueLayout.JAVA_BYTE, at + i) & 255];
                }
            }
        }
    }

    @Override
    public int packedBits() {
        return 8;
    }
}
