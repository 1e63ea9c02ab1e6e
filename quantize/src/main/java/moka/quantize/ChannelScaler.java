package moka.quantize;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import moka.engine.tensor.TensorFormats;
import moka.gguf.Metadata;
import moka.gguf.TensorType;
import moka.quantize.method.ChannelScaling;
import moka.quantize.method.ChannelScaling.Weights;

/**
 * Finds in a model the places where channels can be scaled without a change of what it computes, and scales them by AWQ or SmoothQuant: the norm
 * before queries, keys and values; that before gate and up; the rows of up for the columns of down; the rows of the values for the columns of
 * the attention output.
 */
final class ChannelScaler {
    /** Families whose blocks are built so: each norm feeds what it is said to feed and nothing else. */
    private static final Set<String> FAMILIES =
            Set.of("llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "mistral3", "granite", "smollm3", "seed_oss");

    /** Rows of a matrix on which a scaling is judged. */
    private static final int SAMPLE_ROWS = 256;

    /** Chooses scales for the inputs of some matrices. */
    @FunctionalInterface
    interface Rule {
        Rule AWQ = (inputs, matrices, trips, admissible) -> ChannelScaling.awq(
                matrices,
                inputs.products().damped(CalibratedQuantization.DEFAULT_DAMPING),
                inputs.meanMagnitude(),
                trips,
                admissible);

        Rule SMOOTHQUANT = (inputs, matrices, trips, admissible) ->
                admissible.apply(ChannelScaling.smoothQuant(inputs.largest(), matrices, 0.5));

        /**
         * @param trips what becomes of each matrix
         * @param admissible ties between channels: to be applied to what is chosen
         */
        float[] scales(
                InputMoments inputs, List<Weights> matrices, List<ChannelScaling.RoundTrip> trips, Function<float[], float[]> admissible);
    }

    private final ModelSource source;
    private final Map<String, SourceTensor> tensors = new HashMap<>();
    private final Map<String, TensorType> types;
    private final MomentsByLayer moments;
    private final Rule rule;
    private final ScaledModel result;

    /** Scales of the inputs of each tensor. */
    private final Map<String, float[]> scales = new LinkedHashMap<>();

    ChannelScaler(ModelSource source, Map<String, TensorType> types, MomentsByLayer moments, Rule rule) {
        this.source = source;
        this.types = types;
        this.moments = moments;
        this.rule = rule;
        this.result = new ScaledModel(source);
        source.tensors().forEach(it -> tensors.put(it.info().name(), it));
    }

    /** @throws QuantizeException for a family whose blocks are not known */
    static void check(String name, Metadata metadata) {
        String family = metadata.string("general.architecture").orElse("");
        if (!FAMILIES.contains(family)) {
            throw new QuantizeException(name + ": channels of architecture '" + family + "' cannot be scaled, expected one of "
                    + FAMILIES.stream().sorted().toList() + ": use --method gptq or imatrix");
        }
    }

    /** The scaled model; closing it closes the source. */
    ScaledModel run() {
        check(source.name(), source.metadata());
        String family = source.metadata().requireString("general.architecture");
        int blocks = (int) source.metadata().requireInteger(family + ".block_count");
        for (int block = 0; block < blocks; block++) {
            String prefix = "blk." + block + ".";
            scaleAfterNorm(prefix + "attn_norm.weight", prefix + "attn_q.weight", prefix + "attn_k.weight", prefix + "attn_v.weight");
            scaleAfterNorm(prefix + "ffn_norm.weight", prefix + "ffn_gate.weight", prefix + "ffn_up.weight");
            if (!tensors.containsKey(prefix + "ffn_up.bias")) {
                scaleAfterRows(prefix + "ffn_up.weight", prefix + "ffn_down.weight", Function.identity());
            }
            if (!tensors.containsKey(prefix + "attn_v.bias")) {
                scaleValues(prefix + "attn_v.weight", prefix + "attn_output.weight", family);
            }
        }
        return result;
    }

    /** Scales that the inputs of tensors are divided by. */
    Map<String, float[]> scales() {
        return scales;
    }

    private boolean known(String tensor) {
        return tensors.containsKey(tensor) && moments.of(tensor).isPresent() && types.get(tensor).blockElements() > 1;
    }

    private void scaleAfterNorm(String norm, String... consumers) {
        if (!tensors.containsKey(norm) || !List.of(consumers).stream().allMatch(this::known)) {
            return;
        }
        float[] found = find(List.of(consumers), Function.identity());
        result.divideRows(norm, found);
        apply(List.of(consumers), found);
    }

    private void scaleAfterRows(String producer, String consumer, Function<float[], float[]> admissible) {
        if (!tensors.containsKey(producer) || !known(consumer)) {
            return;
        }
        float[] found = find(List.of(consumer), admissible);
        result.divideRows(producer, found);
        apply(List.of(consumer), found);
    }

    /** Heads that share values have to share the scales of these too. */
    private void scaleValues(String values, String output, String family) {
        if (!tensors.containsKey(values) || !known(output)) {
            return;
        }
        int valueRows = Math.toIntExact(tensors.get(values).rows());
        int columns = tensors.get(output).columns();
        int heads = Math.toIntExact(source.metadata().integer(family + ".attention.head_count").orElse(0));
        if (heads < 1 || columns % heads != 0 || columns % valueRows != 0) {
            return;
        }
        int headLength = columns / heads;
        int shared = columns / valueRows;
        Function<float[], float[]> tied = it -> {
            float[] result = new float[columns];
            for (int i = 0; i < valueRows; i++) {
                double product = 1;
                for (int k = 0; k < shared; k++) {
                    product *= it[column(i, k, headLength, shared)];
                }
                for (int k = 0; k < shared; k++) {
                    result[column(i, k, headLength, shared)] = (float) Math.pow(product, 1.0 / shared);
                }
            }
            return result;
        };
        float[] found = find(List.of(output), tied);
        float[] rows = new float[valueRows];
        for (int i = 0; i < valueRows; i++) {
            rows[i] = found[column(i, 0, headLength, shared)];
        }
        result.divideRows(values, rows);
        apply(List.of(output), found);
    }

    /** Column of the attention output that reads row {@code row} of the values in the {@code k}-th of the heads that share it. */
    private static int column(int row, int k, int headLength, int shared) {
        return (row / headLength * shared + k) * headLength + row % headLength;
    }

    private void apply(List<String> consumers, float[] found) {
        for (String consumer : consumers) {
            result.scaleColumns(consumer, found);
            scales.put(consumer, found);
        }
    }

    private float[] find(List<String> consumers, Function<float[], float[]> admissible) {
        InputMoments inputs = moments.of(consumers.getFirst()).orElseThrow();
        List<Weights> matrices = new ArrayList<>();
        List<ChannelScaling.RoundTrip> trips = new ArrayList<>();
        for (String consumer : consumers) {
            matrices.add(sample(tensors.get(consumer)));
            trips.add(roundTrip(new RowQuantizer(types.get(consumer), true), inputs.meanSquares()));
        }
        return rule.scales(inputs, matrices, trips, admissible);
    }

    private static Weights sample(SourceTensor tensor) {
        int columns = tensor.columns();
        int rows = (int) Math.min(SAMPLE_ROWS, tensor.rows());
        float[] values = new float[rows * columns];
        for (int i = 0; i < rows; i++) {
            tensor.read(i * tensor.rows() / rows, 1, values, i * columns);
        }
        return new Weights(values, rows, columns);
    }

    private static ChannelScaling.RoundTrip roundTrip(RowQuantizer quantizer, float[] meanSquares) {
        return (weights, scales) -> {
            float[] importance = new float[meanSquares.length];
            for (int i = 0; i < importance.length; i++) {
                importance[i] = meanSquares[i] / (scales[i] * scales[i]);
            }
            TensorType type = quantizer.type();
            byte[] bytes = new byte[Math.toIntExact(type.rowBytes(weights.columns()) * weights.rows())];
            quantizer.ofScaledColumns(scales).quantize(weights.values(), 0, weights.rows(), weights.columns(), importance, bytes, 0);
            float[] back = new float[weights.values().length];
            TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, back.length, back, 0);
            return back;
        };
    }
}
