package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import moka.engine.kernel.Projection.Input;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products whose matrix depends on the row: for each row {@code r} of a group of {@link ExpertGroups} and product {@code i}
 *
 * <pre>  output_i[r] = scale_i[expert] * (W_i[expert] · f(input[r])) + bias_i[expert] </pre>
 *
 * Made once for a forward pass and layer.
 *
 * @param input rows in the groups' order, a plain or gated input; or plain rows of tokens
 * @param products the matrices and where their results go
 * @param gathered null: the input is in the groups' order; else the input's rows are tokens' ({@link ExpertGroups#place}), and this is room for them in the
 *     groups' order, for sets that want it
 * @param interleaved whether the results' rows are {@code [row of a group][group]}, groups having equally many rows, instead of being in the groups' order
 */
public record ExpertProjection(Input input, List<Product> products, @Nullable Activations gathered, boolean interleaved) {
    public ExpertProjection {
        products = List.copyOf(products);
        if (gathered != null && !(input instanceof Input.Plain)) {
            throw new IllegalArgumentException("rows of tokens for experts: expected them as they are");
        }
        if (input instanceof Input.RmsNormed) {
            throw new IllegalArgumentException("a norm before experts: norm the rows before they are grouped");
        }
    }

    /** Rows in the groups' order. */
    public ExpertProjection(Input input, List<Product> products) {
        this(input, products, null);
    }

    /** Results in the groups' order. */
    public ExpertProjection(Input input, List<Product> products, @Nullable Activations gathered) {
        this(input, products, gathered, false);
    }

    /** The same with its rows in the groups' order: copied, if they are tokens'. */
    public ExpertProjection ordered(ExpertGroups groups) {
        if (gathered == null || !(input instanceof Input.Plain(Activations rows))) {
            return this;
        }
        for (int token = 0; token < groups.rowCount() / groups.used(); token++) {
            for (int k = 0; k < groups.used(); k++) {
                MemorySegment.copy(
                        rows.segment(), rows.offset(token), gathered.segment(), gathered.offset(groups.place(token, k)), 4L * rows.columns());
            }
        }
        return new ExpertProjection(new Input.Plain(gathered), products, null, interleaved);
    }

    /**
     * @param experts a matrix for each expert, all of one shape and type
     * @param output receives rows in the groups' order
     * @param biases a bias for each expert, or an empty list
     * @param scales a factor for each expert, or an empty array
     */
    public record Product(List<Matrix> experts, Activations output, List<MemorySegment> biases, float[] scales) {
        public Product {
            experts = List.copyOf(experts);
            biases = List.copyOf(biases);
        }

        /** Bias of an expert. */
        public @Nullable MemorySegment bias(int expert) {
            return biases.isEmpty() ? null : biases.get(expert);
        }

        public float scale(int expert) {
            return scales.length == 0 ? 1f : scales[expert];
        }
    }

    /** The projection of one group. */
    public Projection of(ExpertGroups groups, int group) {
        int first = groups.firstRow(group);
        int count = groups.rowCount(group);
        int expert = groups.expert(group);
        Input rows = switch (input) {
            case Input.Plain(Activations all) -> new Input.Plain(all.view(first, count));
            case Input.Gated(Activations gate, Activations up, Projection.GateFunction function) ->
                new Input.Gated(gate.view(first, count), up.view(first, count), function);
            case Input.RmsNormed normed -> normed;
        };
        List<Projection.Product> results = new ArrayList<>(products.size());
        for (Product product : products) {
            Activations output = interleaved ? product.output().every(groups.count(), group, count) : product.output().view(first, count);
            results.add(new Projection.Product(product.experts().get(expert), output, product.bias(expert), product.scale(expert)));
        }
        return new Projection(rows, results, false);
    }
}
