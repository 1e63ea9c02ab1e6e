package moka.quantize.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.SafetensorsTensor;
import moka.gguf.TensorType;
import moka.quantize.QuantizeException;

/** A tensor as the file has it: floating-point numbers, all dimensions but the last counted as rows. */
record StoredMatrix(MemorySegment data, TensorType type, long rows, int columns) implements Matrix {
    static StoredMatrix of(SafetensorsTensor tensor) {
        TensorType type = switch (tensor.type()) {
            case F32 -> TensorType.F32;
            case F16 -> TensorType.F16;
            case BF16 -> TensorType.BF16;
            case F64 -> TensorType.F64;
            default ->
                throw new QuantizeException("tensor '" + tensor.name() + "' is " + tensor.type()
                        + ", expected F32, F16, BF16 or F64: such checkpoints are not read");
        };
        long[] shape = tensor.shape();
        long columns = shape.length == 0 ? 1 : shape[shape.length - 1];
        long elements = tensor.elements();
        if (elements == 0 || columns > Integer.MAX_VALUE) {
            throw new QuantizeException("tensor '" + tensor.name() + "' has rows of " + columns + " and " + elements
                    + " elements in all, expected at least one, and rows of at most 2147483647");
        }
        return new StoredMatrix(tensor.data(), type, elements / columns, (int) columns);
    }

    @Override
    public void read(long firstRow, int rows, float[] target, int offset) {
        TensorFormat format = TensorFormats.of(type);
        format.decode(data, firstRow * type.rowBytes(columns), rows * columns, target, offset);
    }

    /** Decodes a part of a row. */
    void readPart(long row, long firstColumn, float[] target) {
        long at = (row * columns + firstColumn) * type.rowBytes(1);
        TensorFormats.of(type).decode(data, at, target.length, target, 0);
    }

    @Override
    public Optional<MemorySegment> bytes() {
        return Optional.of(data);
    }
}
