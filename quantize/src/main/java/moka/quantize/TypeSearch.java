package moka.quantize;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.GgufTensorInfo;
import moka.gguf.TensorType;
import moka.quantize.budget.Knapsack;

/**
 * Measures how much of each tensor's precision a model feels, and finds the types with the smallest divergence under a budget of bytes.
 *
 * <p>The KL divergence that one quantized tensor causes grows with the squared error of its products: measured on pebble, their ratio is the same within
 * some 20 % from two to eight bits, while between tensors it differs a hundredfold and more. So each tensor is quantized alone in one type, the divergence of
 * the model with it measured, and that of other types follows from their errors on some rows. Divergences of tensors are taken to add up.
 */
final class TypeSearch {
    /** Types by size; none of them is beaten by another as large. */
    static final List<TensorType> TYPES = List.of(
            TensorType.IQ1_S,
            TensorType.IQ1_M,
            TensorType.IQ2_XXS,
            TensorType.IQ2_XS,
            TensorType.IQ2_S,
            TensorType.Q2_K,
            TensorType.IQ3_XXS,
            TensorType.IQ3_S,
            TensorType.Q3_K,
            TensorType.IQ4_XS,
            TensorType.IQ4_NL,
            TensorType.Q4_K,
            TensorType.Q5_K,
            TensorType.Q5_1,
            TensorType.Q6_K,
            TensorType.Q8_0,
            TensorType.F16);

    /** Bits around the budget from which types are taken. */
    private static final double BITS_BELOW = 2.5;

    private static final double BITS_ABOVE = 5;

    /** Told of progress. */
    @FunctionalInterface
    interface Listener {
        void onTensor(String name, int done, int total);
    }

    /**
     * What is known of a tensor.
     *
     * @param choices types, by size
     * @param errors of each, see {@link TensorErrors}
     * @param perError divergence for each unit of error
     */
    record Sensitivity(GgufTensorInfo tensor, List<TensorType> choices, double[] errors, double perError) {
        double divergence(TensorType type) {
            return perError * errors[choices.indexOf(type)];
        }

        List<Knapsack.Choice> knapsackChoices() {
            List<Knapsack.Choice> result = new ArrayList<>();
            for (TensorType type : choices) {
                result.add(new Knapsack.Choice(tensor.withType(type).bytes(), divergence(type)));
            }
            return result;
        }

        Sensitivity withPerError(double value) {
            return new Sensitivity(tensor, choices, errors, value);
        }
    }

    private final ModelSource source;
    private final QuantizeOptions options;
    private final long budgetBytes;

    /** @param budgetBytes for the data of all tensors */
    TypeSearch(ModelSource source, QuantizeOptions options, long budgetBytes) {
        this.source = source;
        this.options = options;
        this.budgetBytes = budgetBytes;
    }

    /** Measures all tensors; the copy is left as it was. */
    List<Sensitivity> measure(
            WorkingCopy copy, TensorErrors errors, RowEncoder.Factory method, WorkerTeam team, Listener listener) {
        Map<String, List<TensorType>> choices = choices();
        List<Sensitivity> result = new ArrayList<>();
        double floor = copy.divergence().summary().divergence().value();
        for (SourceTensor tensor : source.tensors()) {
            String name = tensor.info().name();
            List<TensorType> types = choices.getOrDefault(name, List.of());
            if (types.isEmpty()) {
                continue;
            }
            double[] found = errors.of(tensor, types.toArray(TensorType[]::new));
            double perError = 0;
            int probe = probe(types, tensor.info().type());
            if (types.size() > 1 && found[probe] > 0) {
                copy.replace(name, types.get(probe), method, team);
                double divergence = copy.divergence().summary().divergence().value() - floor;
                copy.restore(name);
                perError = Math.max(divergence, 0) / found[probe];
            }
            result.add(new Sensitivity(tensor.info(), types, found, perError));
            listener.onTensor(name, result.size(), choices.size());
        }
        return result;
    }

    /** The type in which a tensor is tried: small enough to be felt, the largest below the budget. */
    private int probe(List<TensorType> types, TensorType present) {
        int best = 0;
        for (int i = 0; i < types.size(); i++) {
            if (types.get(i) != present && bits(types.get(i)) <= bitsPerWeight()) {
                best = i;
            }
        }
        return best;
    }

    private double bitsPerWeight() {
        return 8.0 * budgetBytes / SizeBudget.elements(source);
    }

    private static double bits(TensorType type) {
        return 8.0 * type.blockBytes() / type.blockElements();
    }

    /** The types among which is chosen for each tensor that may change; one where the user said which. */
    Map<String, List<TensorType>> choices() {
        Map<String, TensorType> ruled = TypeChoice.of(
                options.mixture(),
                ModelFacts.of(source.metadata(), source.infos(), options.importance().isPresent()),
                options.overrides(),
                source.infos());
        Map<String, List<TensorType>> result = new LinkedHashMap<>();
        for (GgufTensorInfo tensor : source.infos()) {
            boolean keeps = options.overrides().keepOutput() && tensor.name().equals("output.weight");
            if (TypeChoice.isQuantizable(tensor) && !keeps) {
                boolean told = told(tensor.name());
                result.put(tensor.name(), told ? List.of(ruled.get(tensor.name())) : choices(tensor));
            }
        }
        return result;
    }

    private boolean told(String name) {
        TensorRole role = TensorRole.of(name);
        TypeOverrides overrides = options.overrides();
        return overrides.byName(name).isPresent()
                || (role == TensorRole.OUTPUT && overrides.outputType().isPresent())
                || (role == TensorRole.TOKEN_EMBEDDING && overrides.embeddingType().isPresent());
    }

    private List<TensorType> choices(GgufTensorInfo tensor) {
        double middle = bitsPerWeight();
        double present = bits(tensor.type());
        List<TensorType> fitting = new ArrayList<>();
        for (TensorType type : TYPES) {
            boolean near = bits(type) >= middle - BITS_BELOW && bits(type) <= middle + BITS_ABOVE;
            if (near && bits(type) < present && tensor.shape()[0] % type.blockElements() == 0) {
                fitting.add(type);
            }
        }
        if (fitting.isEmpty() || present <= middle + 2 * BITS_ABOVE) {
            fitting.add(tensor.type());
        }
        fitting.sort(Comparator.comparingDouble(TypeSearch::bits));
        return fitting;
    }

    /** The types with the smallest sum of divergences. @throws QuantizeException if the budget is too small */
    Map<String, TensorType> solve(List<Sensitivity> sensitivities) {
        long fixed = source.infos().stream().mapToLong(GgufTensorInfo::bytes).sum()
                - sensitivities.stream().mapToLong(it -> it.tensor.bytes()).sum();
        List<List<Knapsack.Choice>> items =
                sensitivities.stream().map(Sensitivity::knapsackChoices).toList();
        long smallest = fixed + Knapsack.smallest(items);
        if (smallest > budgetBytes) {
            throw new QuantizeException(String.format(
                    Locale.ROOT,
                    "%s: tensors in %.2f MB, the smallest types take %.2f MB (%.2f bits per weight)",
                    source.name(),
                    budgetBytes / 1e6,
                    smallest / 1e6,
                    8.0 * smallest / SizeBudget.elements(source)));
        }
        int[] chosen = Knapsack.solve(items, budgetBytes - fixed);
        Map<String, TensorType> types = new LinkedHashMap<>();
        for (int i = 0; i < chosen.length; i++) {
            types.put(sensitivities.get(i).tensor.name(), sensitivities.get(i).choices.get(chosen[i]));
        }
        return types;
    }

    long bytes(Sensitivity it, TensorType type) {
        return it.tensor.withType(type).bytes();
    }

    /** Whether all tensors fit the budget. */
    boolean fits(List<Sensitivity> sensitivities, Map<String, TensorType> types) {
        long bytes = source.infos().stream().mapToLong(GgufTensorInfo::bytes).sum();
        for (Sensitivity it : sensitivities) {
            bytes += bytes(it, types.get(it.tensor.name())) - it.tensor.bytes();
        }
        return bytes <= budgetBytes;
    }

    /** What the types will cost if divergences add up. */
    static double predicted(List<Sensitivity> sensitivities, Map<String, TensorType> types) {
        return sensitivities.stream()
                .mapToDouble(it -> it.divergence(types.get(it.tensor.name())))
                .sum();
    }
}
