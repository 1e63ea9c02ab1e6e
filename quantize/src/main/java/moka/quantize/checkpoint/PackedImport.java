package moka.quantize.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import moka.quantize.QuantizeOptions;
import moka.quantize.Quantization;
import moka.quantize.RowEncoder;
import moka.quantize.SourceTensor;

/**
 * Stores the tensors of a packed checkpoint: codes are carried over as they are where the type can hold them, other tensors are quantized; what each
 * lost is measured on the way. Safe for use by many threads.
 */
public final class PackedImport implements RowEncoder.Factory {
    /**
     * What a tensor lost.
     *
     * @param exact whether its codes were carried over
     * @param squaredError sum of squared differences between the checkpoint's weights and those that are stored
     * @param squares sum of the squared weights of the checkpoint
     */
    public record Loss(String name, TensorType type, boolean exact, double squaredError, double squares) {
        /** Size of the differences, as a part of the size of the weights. */
        public double relative() {
            return squares == 0 ? 0 : Math.sqrt(squaredError / squares);
        }
    }

    private final RowEncoder.Factory others;
    private final Map<String, Optional<ExactRows>> exact = Collections.synchronizedMap(new LinkedHashMap<>());
    private final Map<String, Loss> losses = new LinkedHashMap<>();

    /** With the quantizers of the options for what cannot be carried over. */
    public PackedImport(QuantizeOptions options) {
        others = Quantization.weighted(options.importance());
    }

    /** What each tensor lost that was stored, in the order in which they were. */
    public synchronized List<Loss> losses() {
        return new ArrayList<>(losses.values());
    }

    /** What all lost together. */
    public double relativeError() {
        double error = 0;
        double squares = 0;
        for (Loss loss : losses()) {
            error += loss.squaredError;
            squares += loss.squares;
        }
        return squares == 0 ? 0 : Math.sqrt(error / squares);
    }

    /** Another each time: a run that is killed is not gone on with, since the losses of what it finished would not be known. */
    @Override
    public String origin() {
        return UUID.randomUUID().toString();
    }

    @Override
    public void prepare(SourceTensor tensor, TensorType type) {
        if (tensor instanceof CheckpointTensor(var info, Matrix matrix)) {
            exact.put(info.name(), matrix.exact().filter(it -> it.type() == type));
        }
        others.prepare(tensor, type);
    }

    @Override
    public RowEncoder encoder(SourceTensor tensor, TensorType type) {
        String name = tensor.info().name();
        Optional<ExactRows> rows = exact.getOrDefault(name, Optional.empty());
        RowEncoder encoder = rows.<RowEncoder>map(CarryOver::new).orElseGet(() -> others.encoder(tensor, type));
        return type == TensorType.F32 ? encoder : new Measured(name, rows.isPresent(), encoder);
    }

    private synchronized void add(Loss more) {
        losses.merge(
                more.name,
                more,
                (a, b) -> new Loss(a.name, a.type, a.exact, a.squaredError + b.squaredError, a.squares + b.squares));
    }

    private record CarryOver(ExactRows source) implements RowEncoder {
        @Override
        public TensorType type() {
            return source.type();
        }

        @Override
        public void encode(float[] values, long firstRow, int rows, int columns, byte[] target, int targetOffset) {
            source.encode(firstRow, rows, target, targetOffset);
        }
    }

    /** Decodes what another encoder stored. */
    private final class Measured implements RowEncoder {
        private final String name;
        private final boolean exactly;
        private final RowEncoder encoder;
        private float[] decoded = new float[0];

        Measured(String name, boolean exactly, RowEncoder encoder) {
            this.name = name;
            this.exactly = exactly;
            this.encoder = encoder;
        }

        @Override
        public TensorType type() {
            return encoder.type();
        }

        @Override
        public void encode(float[] values, long firstRow, int rows, int columns, byte[] target, int targetOffset) {
            encoder.encode(values, firstRow, rows, columns, target, targetOffset);
            int count = rows * columns;
            if (decoded.length < count) {
                decoded = new float[count];
            }
            TensorFormats.of(type()).decode(MemorySegment.ofArray(target), targetOffset, count, decoded, 0);
            double error = 0;
            double squares = 0;
            for (int i = 0; i < count; i++) {
                double difference = (double) decoded[i] - values[i];
                error += difference * difference;
                squares += (double) values[i] * values[i];
            }
            add(new Loss(name, type(), exactly, error, squares));
        }
    }
}
