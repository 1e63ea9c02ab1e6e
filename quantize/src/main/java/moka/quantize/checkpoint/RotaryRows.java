package moka.quantize.checkpoint;

import java.util.Optional;
import moka.gguf.TensorType;
import moka.quantize.QuantizeException;

/**
 * A projection whose rows change from the order of Hugging Face to that of GGUF's {@code llama}: within a head of length {@code n}, rotation there
 * pairs row {@code i} with {@code i + n/2}, here {@code 2i} with {@code 2i + 1}. A bias (one row) changes in its columns.
 *
 * @param headLength even, divides the rows
 */
record RotaryRows(Matrix source, int headLength) implements Matrix {
    static RotaryRows of(String tensor, Matrix source, int heads) {
        long length = source.rows() == 1 ? source.columns() : source.rows();
        if (length % heads != 0 || length / heads % 2 != 0) {
            throw new QuantizeException("tensor '" + tensor + "' has " + length + " rows, expected an even number for each of " + heads
                    + " heads, as config.json tells");
        }
        return new RotaryRows(source, (int) (length / heads));
    }

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
        return source.type();
    }

    /** The row of the source that becomes row {@code row}. */
    long sourceRow(long row) {
        long head = row / headLength * headLength;
        long within = row - head;
        return head + within % 2 * (headLength / 2) + within / 2;
    }

    @Override
    public void read(long firstRow, int rows, float[] target, int offset) {
        if (rows() == 1) {
            float[] stored = new float[columns()];
            source.read(0, 1, stored, 0);
            for (int i = 0; i < stored.length; i++) {
                target[offset + i] = stored[(int) sourceRow(i)];
            }
            return;
        }
        // Every other row comes from one half of a head: rows that lie together are read together.
        int columns = columns();
        float[] half = new float[Math.ceilDiv(rows, 2) * columns];
        for (int done = 0; done < rows; ) {
            int here = (int) Math.min(rows - done, headLength - (firstRow + done) % headLength);
            for (int first = done; first < Math.min(done + 2, done + here); first++) {
                int count = Math.ceilDiv(done + here - first, 2);
                source.read(sourceRow(firstRow + first), count, half, 0);
                for (int i = 0; i < count; i++) {
                    System.arraycopy(half, i * columns, target, offset + (first + 2 * i) * columns, columns);
                }
            }
            done += here;
        }
    }

    @Override
    public int packedBits() {
        return source.packedBits();
    }

    @Override
    public Optional<ExactRows> exact() {
        return rows() == 1 ? Optional.empty() : source.exact().map(it -> new Reordered(this, it));
    }

    private record Reordered(RotaryRows order, ExactRows source) implements ExactRows {
        @Override
        public TensorType type() {
            return source.type();
        }

        @Override
        public void encode(long firstRow, int rows, byte[] target, int offset) {
            int rowBytes = (int) type().rowBytes(order.columns());
            for (int i = 0; i < rows; i++) {
                source.encode(order.sourceRow(firstRow + i), 1, target, offset + i * rowBytes);
            }
        }
    }
}
