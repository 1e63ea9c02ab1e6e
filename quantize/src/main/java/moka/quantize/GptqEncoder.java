package moka.quantize;

import java.util.Map;
import java.util.Optional;
import moka.gguf.TensorType;
import moka.quantize.method.Gptq;

/** Stores rows by GPTQ where the inputs of their tensor are known, else as {@link RowQuantizer} does. */
final class GptqEncoder implements RowEncoder {
    private final TensorType type;
    private final Gptq.RowRounder rounder;

    private GptqEncoder(Gptq gptq, TensorType type) {
        this.type = type;
        this.rounder = gptq.new RowRounder(type);
    }

    @Override
    public TensorType type() {
        return type;
    }

    @Override
    public void encode(float[] values, long firstRow, int rows, int columns, byte[] target, int targetOffset) {
        int rowBytes = Math.toIntExact(type.rowBytes(columns));
        for (int row = 0; row < rows; row++) {
            rounder.round(values, row * columns, target, targetOffset + row * rowBytes);
        }
    }

    /** Encoders for tensors whose inputs are known; the others come from another method. */
    static final class Rounding implements Factory {
        private final MomentsByLayer moments;
        private final Map<String, float[]> scales;
        private final double damping;
        private final Factory otherwise;
        private Optional<Gptq> prepared = Optional.empty();

        /**
         * @param scales by which the inputs of a tensor are divided, where channels were scaled
         * @param damping see {@link Gptq}
         */
        Rounding(MomentsByLayer moments, Map<String, float[]> scales, double damping, Factory otherwise) {
            this.moments = moments;
            this.scales = scales;
            this.damping = damping;
            this.otherwise = otherwise;
        }

        @Override
        public String origin() {
            return "gptq " + damping + " " + moments.origin() + " " + otherwise.origin();
        }

        @Override
        public void prepare(SourceTensor tensor, TensorType type) {
            String name = tensor.info().name();
            boolean blocks = type.blockElements() > 1 && tensor.rows() == tensor.matrixRows();
            prepared = (blocks ? moments.of(name) : Optional.<InputMoments>empty())
                    .map(it -> new Gptq(it.divided(scales.get(name)).products(), type.blockElements(), damping));
        }

        @Override
        public RowEncoder encoder(SourceTensor tensor, TensorType type) {
            return prepared.isPresent() ? new GptqEncoder(prepared.get(), type) : otherwise.encoder(tensor, type);
        }
    }
}
