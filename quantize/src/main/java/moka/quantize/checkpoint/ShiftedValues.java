package moka.quantize.checkpoint;

import moka.gguf.TensorType;

/** Values plus a constant: the norms of Gemma are stored less 1. */
record ShiftedValues(Matrix source, float shift) implements Matrix {
    @Override
    public long rows() {
        return source.rows();
    }

    @Override
    public int columns() {
        return source.columns();
    }

    @Override
    public TensorType type() {
        return TensorType.F32;
    }

    @Override
    public void read(long firstRow, int rows, float[] target, int offset) {
        source.read(firstRow, rows, target, offset);
        for (int i = offset; i < offset + rows * columns(); i++) {
            target[i] += shift;
        }
    }
}
