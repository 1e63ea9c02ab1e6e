package moka.quantize.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import moka.gguf.GgufTensorInfo;
import moka.gguf.TensorType;
import moka.quantize.SourceTensor;
import moka.quantize.TypeChoice;

/** A tensor of the model that a checkpoint becomes. */
record CheckpointTensor(GgufTensorInfo info, Matrix matrix) implements SourceTensor {
    /** @param experts how many matrices it holds, or 0 for a plain tensor */
    static CheckpointTensor of(String name, Matrix matrix, boolean vector, int experts) {
        long[] shape = vector
                ? new long[] {matrix.columns()}
                : experts == 0
                        ? new long[] {matrix.columns(), matrix.rows()}
                        : new long[] {matrix.columns(), matrix.rows() / experts, experts};
        GgufTensorInfo stored = new GgufTensorInfo(name, matrix.type(), shape);
        // Engines take vectors, norms and routers in float32 alone.
        return new CheckpointTensor(TypeChoice.isQuantizable(stored) ? stored : stored.withType(TensorType.F32), matrix);
    }

    @Override
    public Optional<MemorySegment> data() {
        return info.type() == matrix.type() ? matrix.bytes() : Optional.empty();
    }

    @Override
    public void read(long firstRow, int rows, float[] target, int offset) {
        matrix.read(firstRow, rows, target, offset);
    }
}
