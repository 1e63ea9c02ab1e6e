package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import moka.gguf.TensorType;

/**
 * A matrix of weights as it lies in the file.
 *
 * @param name the tensor's name, for messages
 * @param type how its elements are stored
 * @param rows outputs of the product
 * @param columns inputs of the product: a whole number of blocks
 * @param data the blocks, row after row; at least {@code rows * type.rowBytes(columns)} bytes
 */
public record WeightMatrix(String name, TensorType type, int rows, int columns, MemorySegment data) {
    public WeightMatrix {
        long needed = type.rowBytes(columns) * rows;
        if (data.byteSize() < needed) {
            throw new IllegalArgumentException(name + ": " + data.byteSize() + " bytes, expected " + needed);
        }
    }

    /** Bytes of a row. */
    public long rowBytes() {
        return type.rowBytes(columns);
    }
}
