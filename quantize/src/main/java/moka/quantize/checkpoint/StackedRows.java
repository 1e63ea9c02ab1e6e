package moka.quantize.checkpoint;

import java.util.List;
import java.util.Optional;
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

    @Override
    public int packedBits() {
        return parts.getFirst().packedBits();
    }

    @Override
    public Optional<ExactRows> exact() {
        List<ExactRows> all = parts.stream().flatMap(it -> it.exact().stream()).toList();
        boolean same = all.size() == parts.size() && all.stream().allMatch(it -> it.type() == all.getFirst().type());
        return same ? Optional.of(new Stacked(this, all)) : Optional.empty();
    }

    private record Stacked(StackedRows order, List<ExactRows> parts) implements ExactRows {
        @Override
        public TensorType type() {
            return parts.getFirst().type();
        }

        @Override
        public void encode(long firstRow, int rows, byte[] target, int offset) {
            long each = order.parts().getFirst().rows();
            int rowBytes = (int) type().rowBytes(order.columns());
            for (int done = 0; done < rows; ) {
                long row = firstRow + done;
                int here = (int) Math.min(rows - done, each - row % each);
                parts.get((int) (row / each)).encode(row % each, here, target, offset + done * rowBytes);
                done += here;
            }
        }
    }
}
