package moka.quantize;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;

/**
 * Improves a quantized model by what it does itself: in rounds, each tensor's harm is measured inside the quantized model, types are chosen anew by it,
 * and tensors are rounded anew for the inputs that they get there. What does not bring the model nearer to its source is taken back. Ends after a number of
 * rounds, or with one that gained nothing. The same text gives the same file. For one thread.
 */
final class Feedback {
    /** Tensors that are tried one by one in a round: those that harm most. */
    private static final int TRIED_ALONE = 8;

    /** A change has to gain this part of the divergence: less may be chance. */
    private static final double LEAST_GAIN = 0.002;

    /** How tensors are rounded for the inputs that they get in a model. */
    @FunctionalInterface
    interface Roundings {
        List<RowEncoder.Factory> forModel(Path model);
    }

    /** Told of progress. */
    interface Listener {
        void onStep(String what, int done, int total);

        void onRound(int round, double divergence);
    }

    private final WorkingCopy copy;
    private final TypeSearch search;
    private final WorkerTeam team;
    private final Roundings roundings;
    private final Listener listener;
    private final Map<String, TensorType> types = new LinkedHashMap<>();
    private List<TypeSearch.Sensitivity> sensitivities;
    private double divergence;

    Feedback(
            WorkingCopy copy,
            TypeSearch search,
            List<TypeSearch.Sensitivity> sensitivities,
            WorkerTeam team,
            Roundings roundings,
            Listener listener) {
        this.copy = copy;
        this.search = search;
        this.sensitivities = sensitivities;
        this.team = team;
        this.roundings = roundings;
        this.listener = listener;
    }

    /** Quantizes the copy as a whole and improves it. @return the types; the codes are in the copy */
    Map<String, TensorType> run(RowEncoder.Factory rounding, int rounds) {
        search.solve(sensitivities).forEach((name, type) -> {
            copy.replace(name, type, rounding, team);
            types.put(name, type);
        });
        divergence = measured();
        listener.onRound(0, divergence);
        RowEncoder.Factory present = rounding;
        for (int round = 1; round <= rounds; round++) {
            double before = divergence;
            List<String> byHarm = measureHarm();
            changeTypes(present);
            List<RowEncoder.Factory> others = roundings.forModel(copy.file());
            for (RowEncoder.Factory other : others) {
                if (accepts(types, other)) {
                    present = other;
                }
            }
            List<String> worst = byHarm.subList(0, Math.min(TRIED_ALONE, byHarm.size()));
            for (int i = 0; i < worst.size(); i++) {
                for (RowEncoder.Factory other : others) {
                    accepts(Map.of(worst.get(i), types.get(worst.get(i))), other);
                }
                listener.onStep(worst.get(i), i + 1, worst.size());
            }
            listener.onRound(round, divergence);
            if (before - divergence < LEAST_GAIN * before) {
                break;
            }
        }
        return types;
    }

    private double measured() {
        return copy.divergence().summary().divergence().value();
    }

    /** What each tensor adds to the divergence as the model is now; corrects the sensitivities. @return names, the most harmful first */
    private List<String> measureHarm() {
        Map<String, Double> harm = new LinkedHashMap<>();
        List<TypeSearch.Sensitivity> corrected = new ArrayList<>();
        for (TypeSearch.Sensitivity it : sensitivities) {
            String name = it.tensor().name();
            TensorType type = types.get(name);
            double error = it.errors()[it.choices().indexOf(type)];
            double perError = it.perError();
            if (error > 0) {
                WorkingCopy.Codes codes = copy.codes(name);
                copy.restore(name);
                double found = Math.max(divergence - measured(), 0);
                copy.put(name, codes);
                harm.put(name, found);
                // Half of what was known alone, half of what is found here: single differences are noisy.
                perError = (perError + found / error) / 2;
            }
            corrected.add(it.withPerError(perError));
            listener.onStep(name, corrected.size(), sensitivities.size());
        }
        sensitivities = corrected;
        return harm.keySet().stream()
                .sorted(Comparator.comparingDouble(it -> -harm.get(it)))
                .toList();
    }

    /** Moves bits to where they are felt now: all moves that the measured harms suggest, else the larger half of them that still fits, and so on. */
    private void changeTypes(RowEncoder.Factory rounding) {
        Map<String, TensorType> wanted = new LinkedHashMap<>(search.solve(sensitivities));
        wanted.entrySet().removeIf(it -> types.get(it.getKey()) == it.getValue());
        while (!wanted.isEmpty() && !accepts(wanted, rounding)) {
            if (wanted.size() == 1) {
                return;
            }
            wanted = largerHalf(wanted);
        }
    }

    /** The changes of the largest effect, alternately up and down, while the model fits. */
    private Map<String, TensorType> largerHalf(Map<String, TensorType> wanted) {
        List<TypeSearch.Sensitivity> ordered = sensitivities.stream()
                .filter(it -> wanted.containsKey(it.tensor().name()))
                .sorted(Comparator.comparingDouble(it -> -effect(it, wanted.get(it.tensor().name()))))
                .toList();
        Map<String, TensorType> half = new LinkedHashMap<>();
        // First what makes room, then what uses it.
        for (boolean smaller : new boolean[] {true, false}) {
            for (TypeSearch.Sensitivity it : ordered.subList(0, (ordered.size() + 1) / 2)) {
                String name = it.tensor().name();
                if (search.bytes(it, wanted.get(name)) <= search.bytes(it, types.get(name)) == smaller) {
                    Map<String, TensorType> with = new LinkedHashMap<>(types);
                    with.putAll(half);
                    with.put(name, wanted.get(name));
                    if (search.fits(sensitivities, with)) {
                        half.put(name, wanted.get(name));
                    }
                }
            }
        }
        return half.size() < wanted.size() ? half : Map.of();
    }

    private double effect(TypeSearch.Sensitivity it, TensorType type) {
        return Math.abs(it.divergence(types.get(it.tensor().name())) - it.divergence(type));
    }

    /** Tries tensors in types; takes them back unless the model comes nearer. */
    private boolean accepts(Map<String, TensorType> changes, RowEncoder.Factory rounding) {
        Map<String, WorkingCopy.Codes> before = new LinkedHashMap<>();
        changes.forEach((name, type) -> {
            before.put(name, copy.codes(name));
            copy.replace(name, type, rounding, team);
        });
        double now = measured();
        if (now < divergence * (1 - LEAST_GAIN / 2)) {
            divergence = now;
            types.putAll(changes);
            return true;
        }
        before.forEach(copy::put);
        return false;
    }

    /** Stores the codes that are in a copy. */
    record Copied(WorkingCopy copy, RowEncoder.Factory otherwise) implements RowEncoder.Factory {
        @Override
        public RowEncoder encoder(SourceTensor tensor, TensorType type) {
            Optional<WorkingCopy.Codes> codes = copy.codesOf(tensor.info().name(), type);
            return codes.isEmpty() ? otherwise.encoder(tensor, type) : new RowEncoder() {
                @Override
                public TensorType type() {
                    return type;
                }

                @Override
                public void encode(float[] values, long firstRow, int rows, int columns, byte[] target, int targetOffset) {
                    long rowBytes = type.rowBytes(columns);
                    codes.get().read(firstRow * rowBytes, target, targetOffset, Math.toIntExact(rows * rowBytes));
                }
            };
        }

        @Override
        public String origin() {
            return UUID.randomUUID().toString();
        }
    }
}
