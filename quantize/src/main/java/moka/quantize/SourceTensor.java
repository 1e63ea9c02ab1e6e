package moka.quantize;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.TensorType;

/** A tensor to be quantized: read row by row, so that none has to be in memory as a whole. Safe for use by many threads. */
public interface SourceTensor {
    /** GGUF name, type as stored, shape. */
    GgufTensorInfo info();

    /** The bytes, where they can be copied as they are. */
    Optional<MemorySegment> data();

    /** Decodes rows {@code firstRow} to {@code firstRow + rows} (counted over all dimensions but the first). */
    void read(long firstRow, int rows, float[] target, int offset);

    /** What the columns were multiplied by, where they were. */
    default Optional<float[]> columnScales() {
        return Optional.empty();
    }

    /** Length of a row. */
    default int columns() {
        long[] shape = info().shape();
        return shape.length == 0 ? 1 : Math.toIntExact(shape[0]);
    }

    /** Number of rows: the product of all dimensions but the first. */
    default long rows() {
        long rows = 1;
        for (int i = 1; i < info().shape().length; i++) {
            rows *= info().shape()[i];
        }
        return rows;
    }

    /** Rows of one matrix: a tensor of three dimensions holds one for each expert. */
    default long matrixRows() {
        return info().shape().length < 2 ? 1 : info().shape()[1];
    }

    /** A tensor of a GGUF file. */
    static SourceTensor of(GgufTensor tensor) {
        record Stored(GgufTensor tensor, GgufTensorInfo info) implements SourceTensor {
            @Override
            public Optional<MemorySegment> data() {
                return Optional.of(tensor.data());
            }

            @Override
            public void read(long firstRow, int rows, float[] target, int offset) {
                TensorType type = tensor.type();
                TensorFormat format = TensorFormats.of(type);
                format.decode(
                        tensor.data(), firstRow * type.rowBytes(tensor.columns()), rows * columns(), target, offset);
            }
        }
        return new Stored(tensor, GgufTensorInfo.of(tensor));
    }
}
