package moka.quantize;

import java.util.Optional;
import moka.gguf.TensorType;
import moka.quantize.method.ClipSearch;
import moka.quantize.method.SymmetricMatrix;

/** Stores rows as another encoder does, then chooses the ranges of their groups by what their output loses. */
final class ClippingEncoder implements RowEncoder {
    private final RowEncoder first;
    private final ClipSearch.Rows search;

    private ClippingEncoder(RowEncoder first, ClipSearch search) {
        this.first = first;
        this.search = search.new Rows(first.type());
    }

    @Override
    public TensorType type() {
        return first.type();
    }

    @Override
    public void encode(float[] values, long firstRow, int rows, int columns, byte[] target, int targetOffset) {
        first.encode(values, firstRow, rows, columns, target, targetOffset);
        int rowBytes = Math.toIntExact(type().rowBytes(columns));
        for (int row = 0; row < rows; row++) {
            search.improve(values, row * columns, target, targetOffset + row * rowBytes);
        }
    }

    /** Encoders for matrices whose inputs are known and whose types have ranges to choose; the others as they come. */
    static final class Clipping implements Factory {
        private final KnownInputs inputs;
        private final double damping;
        private final Factory others;
        private Optional<ClipSearch> prepared = Optional.empty();

        /** @param damping see {@link ClipSearch} */
        Clipping(KnownInputs inputs, double damping, Factory others) {
            this.inputs = inputs;
            this.damping = damping;
            this.others = others;
        }

        @Override
        public String origin() {
            return "clipped " + damping + " " + inputs.origin() + " " + others.origin();
        }

        @Override
        public void prepare(SourceTensor tensor, TensorType type) {
            others.prepare(tensor, type);
            Optional<SymmetricMatrix> products = ClipSearch.supports(type) ? inputs.products(tensor) : Optional.empty();
            prepared = products.map(it -> new ClipSearch(it, damping));
        }

        @Override
        public RowEncoder encoder(SourceTensor tensor, TensorType type) {
            RowEncoder first = others.encoder(tensor, type);
            return prepared.<RowEncoder>map(it -> new ClippingEncoder(first, it)).orElse(first);
        }
    }
}
