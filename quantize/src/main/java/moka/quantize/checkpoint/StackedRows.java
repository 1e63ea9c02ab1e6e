package moka.quantize.checkpoint;

import java.util.List;
import moka.gguf.TensorType;

/** Matrices of the same shape one after another: the experts of a layer. */
record StackedRows(List<Matrix> parts) implements Matrix {
    @Override
    public long rows() {
        return parts.size() * parts.getFirst().rows();
    }

    @Override
    public int columns() {
        return parts.getFirst().columns();
    }

    @Override
    public TensorType type() {
        TensorType first = parts.getFirst().type();
        return parts.stream().allMatch(it -> it.type() == first) ? first : TensorType.F32;
    }

    @Override
    public void read(long firstRow, int rows, float[] target, int offset) {
        long each = parts.getFirst().rows();
        for (int done = 0; done < rows; ) {
            long row = firstRow + done;
            int here = (int) Math.min(rows - done, each - row % each);
            parts.get((int) (row / each)).read(row % each, here, target, offset + done * columns());
            done += here;
        }
    }
}
