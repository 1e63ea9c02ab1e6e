package moka.quantize;

import java.nio.file.Path;
import java.util.Map;
import moka.gguf.TensorType;

/**
 * Makes a quantized model by a method that looks at what the matrices are multiplied with.
 *
 * @param options types and threads; without importance matrix the calibration measures one
 * @param method how
 * @param calibration a text run through the source
 * @param momentBytes memory for what is known of inputs: with less the calibration runs more often
 * @param damping part of the mean square of the inputs that GPTQ adds to all
 */
public record CalibratedQuantization(
        QuantizeOptions options, Method method, Calibration calibration, long momentBytes, double damping) {
    /** Three layers of a model of a billion weights at a time: its down projections have inputs of 8192 columns, which take 400 MB each. */
    public static final long DEFAULT_MOMENT_BYTES = 2L << 30;

    /** Few rows of text must not decide: see docs/quantization.md. */
    public static final double DEFAULT_DAMPING = 0.03;

    public CalibratedQuantization(QuantizeOptions options, Method method, Calibration calibration) {
        this(options, method, calibration, DEFAULT_MOMENT_BYTES, DEFAULT_DAMPING);
    }

    /** Makes the file. @throws QuantizeException as {@link Quantization#run}, and for a family whose channels cannot be scaled */
    public void run(ModelSource source, Path target, Calibration.Listener calibrating, Quantization.Listener quantizing) {
        if (method.scales()) {
            ChannelScaler.check(source.name(), source.metadata());
        }
        run(
                source,
                new MomentsByLayer(calibration, source.infos(), options.threads(), momentBytes, calibrating),
                target,
                calibrating,
                quantizing);
    }

    void run(
            ModelSource source,
            MomentsByLayer moments,
            Path target,
            Calibration.Listener calibrating,
            Quantization.Listener quantizing) {
        ImportanceMatrix importance = options.importance()
                .orElseGet(() -> calibration.importance("calibration", false, calibrating));
        QuantizeOptions weighted = options.withImportance(importance);
        ModelSource model = source;
        Map<String, float[]> scales = Map.of();
        if (method.scales()) {
            Map<String, TensorType> types = TypeChoice.of(
                    options.mixture(),
                    ModelFacts.of(source.metadata(), source.infos(), true),
                    options.overrides(),
                    source.infos());
            ChannelScaler scaler = new ChannelScaler(
                    source,
                    types,
                    moments,
                    method == Method.SMOOTHQUANT ? ChannelScaler.Rule.SMOOTHQUANT : ChannelScaler.Rule.AWQ);
            model = scaler.run();
            scales = scaler.scales();
            weighted = options.withImportance(importance.scaled(scales));
        }
        RowEncoder.Factory encoders = Quantization.weighted(weighted.importance());
        KnownInputs inputs = new KnownInputs(moments, scales);
        if (method.roundsByColumn()) {
            encoders = new GptqEncoder.Rounding(inputs, damping, encoders);
        } else if (method == Method.AWQ) {
            encoders = new ClippingEncoder.Clipping(inputs, damping, encoders);
        }
        new Quantization(model, weighted, encoders).run(target, quantizing);
    }
}
