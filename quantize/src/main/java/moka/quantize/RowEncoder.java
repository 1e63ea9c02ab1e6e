package moka.quantize;

import moka.gguf.TensorType;

/** Stores the rows of one tensor in one type. For one thread: the job asks for one a worker. */
public interface RowEncoder {
    /** What the rows become. */
    TensorType type();

    /**
     * Stores whole rows of one matrix.
     *
     * @param values {@code [rows][columns]} from index 0
     * @param firstRow number of the first row in the tensor, counted over all its matrices
     * @param target receives {@code rows * type().rowBytes(columns)} bytes
     */
    void encode(float[] values, long firstRow, int rows, int columns, byte[] target, int targetOffset);

    /** How encoders are made: the method of quantization. Safe for use by many threads. */
    interface Factory {
        RowEncoder encoder(SourceTensor tensor, TensorType type);

        /** What the codes depend on, beside the weights: whether those of an earlier run may be kept is told by it. */
        String origin();

        /** Called once before a tensor, by the thread that runs the job: the place for long work. */
        default void prepare(SourceTensor tensor, TensorType type) {}
    }
}
