package moka.quantize.checkpoint;

import moka.gguf.TensorType;

/** One row of numbers that no tensor of the checkpoint holds, but its configuration. */
record GivenValues(float[] values) implements Matrix {
    @Override
    public long rows() {
        return 1;
    }

    @Override
    public int columns() {
        return values.length;
    }

    @Override
    public TensorType type() {
        return TensorType.F32;
    }

    @Override
    public void read(long firstRow, int rows, float[] target, int offset) {
        System.arraycopy(values, 0, target, offset, values.length);
    }
}
