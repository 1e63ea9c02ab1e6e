package moka.quantize;

import java.util.Optional;
import moka.gguf.TensorType;
import moka.quantize.method.Gptq;
import moka.quantize.method.SymmetricMatrix;

/** Stores rows by GPTQ. */
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

    /** Encoders for matrices whose inputs are known and types that have blocks; the others come from another method. */
    static final class Rounding implements Factory {
        private final KnownInputs inputs;
        private final double damping;
        private final Factory others;
        private Optional<Gptq> prepared = Optional.empty();

        /** @param damping see {@link Gptq} */
        Rounding(KnownInputs inputs, double damping, Factory others) {
            this.inputs = inputs;
            this.damping = damping;
            this.others = others;
        }

        @Override
        public String origin() {
            return "gptq " + damping + " " + inputs.origin() + " " + others.origin();
        }

        @Override
        public void prepare(SourceTensor tensor, TensorType type) {
            Optional<SymmetricMatrix> products = type.blockElements() > 1 ? inputs.products(tensor) : Optional.empty();
            prepared = products.map(it -> new Gptq(it, type.blockElements(), damping));
            if (prepared.isEmpty()) {
                others.prepare(tensor, type);
            }
        }

        @Override
        public RowEncoder encoder(SourceTensor tensor, TensorType type) {
            return prepared.isPresent() ? new GptqEncoder(prepared.get(), type) : others.encoder(tensor, type);
        }
    }
}
