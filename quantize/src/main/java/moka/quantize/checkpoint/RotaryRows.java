package moka.quantize.checkpoint;

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
        for (int i = 0; i < rows; i++) {
            source.read(sourceRow(firstRow + i), 1, target, offset + i * columns());
        }
    }
}
