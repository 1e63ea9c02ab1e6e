package moka.quantize;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;

/**
 * Makes a quantized model whose types are chosen by measurement: the mix with the smallest divergence under a budget.
 *
 * <p>Three quarters of the text calibrate, the last is measured on. Beside the target lies a copy of the model in floats meanwhile.
 *
 * @param options threads, importance matrix, what the user says of types; the mixture only names the file's type
 * @param method how weights become codes
 * @param calibration the text
 * @param budget how large the model may be
 * @param windows pieces of text on which a trial is measured
 * @param rounds of {@link Feedback}: 0 for none
 */
public record AutoQuantization(
        QuantizeOptions options, Method method, Calibration calibration, SizeBudget budget, int windows, int rounds) {
    /** Rounds of {@link Feedback} at most. */
    public static final int DEFAULT_ROUNDS = 3;

    /** Windows of the text that a trial is measured on. */
    public static final int DEFAULT_WINDOWS = 24;

    /** Share of the text that calibrates; the rest is measured on. */
    static final double CALIBRATING = 0.75;

    /** Told of progress. */
    public interface Listener extends Calibration.Listener, Quantization.Listener {
        /** After the measurement of a tensor. */
        default void onMeasured(String tensor, int done, int total) {}

        /** After a round of feedback; 0 is before the first. */
        default void onRound(int round, double divergence) {}
    }

    /**
     * What came out.
     *
     * @param types of the tensors that may change
     * @param plan what happened to each tensor
     * @param predicted sum of the divergences that single tensors cause
     * @param measured divergence of the file, on the part of the text that did not calibrate
     */
    public record Report(
            Map<String, TensorType> types, List<Quantization.Step> plan, double predicted, double measured) {}

    /** Makes the file. @throws QuantizeException if the budget or the text is too small, and as {@link CalibratedQuantization#run} */
    public Report run(ModelSource source, Path target, Listener listener) {
        Calibration first = calibration.part(0, CALIBRATING);
        Calibration rest = calibration.part(CALIBRATING, 1);
        QuantizeOptions weighted = options.importance().isPresent()
                ? options
                : options.withImportance(first.importance("calibration", false, listener));
        MomentsByLayer moments = new MomentsByLayer(
                first, source.infos(), options.threads(), CalibratedQuantization.DEFAULT_MOMENT_BYTES, listener);
        TypeSearch search = new TypeSearch(source, weighted, budget.tensorBytes(source, source.metadata()));
        RowEncoder.Factory plain = Quantization.weighted(weighted.importance());
        RowEncoder.Factory rounding = method.roundsByColumn()
                ? new GptqEncoder.Rounding(new KnownInputs(moments), CalibratedQuantization.DEFAULT_DAMPING, plain)
                : plain;
        try (WorkingCopy copy =
                        new WorkingCopy(source, target, calibration.options(), rest.text(), rest.window(), windows);
                WorkerTeam team = new WorkerTeam(options.threads())) {
            TensorErrors errors = new TensorErrors(plain, moments, weighted.importance(), team);
            List<TypeSearch.Sensitivity> sensitivities =
                    search.measure(copy, errors, rounding, team, listener::onMeasured);
            Map<String, TensorType> types = rounds == 0
                    ? search.solve(sensitivities)
                    : feedback(copy, search, sensitivities, team, first, listener).run(rounding, rounds);
            QuantizeOptions chosen = options.withOverrides(options.overrides().ofTensors(types)).withMixture(mixture(source, types));
            if (rounds == 0) {
                new CalibratedQuantization(chosen, method, calibration).run(source, target, listener, listener);
            } else {
                chosen = chosen.withImportance(weighted.importance().orElseThrow());
                new Quantization(source, chosen, new Feedback.Copied(copy, plain)).run(target, listener);
            }
            return new Report(
                    types,
                    new Quantization(source, chosen).plan(),
                    TypeSearch.predicted(sensitivities, types),
                    copy.divergence(target).summary().divergence().value());
        }
    }

    /** Rounds tensors by weights and by columns, for the inputs that they get in the quantized model. */
    private Feedback feedback(
            WorkingCopy copy,
            TypeSearch search,
            List<TypeSearch.Sensitivity> sensitivities,
            WorkerTeam team,
            Calibration text,
            Listener listener) {
        Feedback.Roundings roundings = model -> {
            Calibration inside =
                    new Calibration(model, text.options(), text.text(), text.window(), text.atMost(), text.parseSpecial());
            RowEncoder.Factory weights = Quantization.weighted(Optional.of(inside.importance("calibration", false, listener)));
            MomentsByLayer moments = new MomentsByLayer(
                    inside,
                    sensitivities.stream().map(TypeSearch.Sensitivity::tensor).toList(),
                    options.threads(),
                    CalibratedQuantization.DEFAULT_MOMENT_BYTES,
                    listener);
            return List.of(
                    weights, new GptqEncoder.Rounding(new KnownInputs(moments), CalibratedQuantization.DEFAULT_DAMPING, weights));
        };
        return new Feedback(copy, search, sensitivities, team, roundings, new Feedback.Listener() {
            @Override
            public void onStep(String what, int done, int total) {
                listener.onMeasured(what, done, total);
            }

            @Override
            public void onRound(int round, double divergence) {
                listener.onRound(round, divergence);
            }
        });
    }

    /** What the file calls itself: the mixture of the type that most weights have. */
    private static Mixture mixture(ModelSource source, Map<String, TensorType> types) {
        Map<TensorType, Long> elements = new EnumMap<>(TensorType.class);
        source.tensors().forEach(it -> {
            TensorType type = types.get(it.info().name());
            if (type != null && type.blockElements() > 1) {
                elements.merge(type, it.rows() * it.columns(), Long::sum);
            }
        });
        return elements.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(it -> Mixture.ofBase(it.getKey()))
                .orElse(Mixture.Q8_0);
    }
}
