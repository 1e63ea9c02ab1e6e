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
 * Made once for a session and layer.
 *
 * @param input rows in the groups' order; a plain or gated input
 * @param products the matrices and where their results go
 */
public record ExpertProjection(Input input, List<Product> products) {
    public ExpertProjection {
        products = List.copyOf(products);
        if (input instanceof Input.RmsNormed) {
            throw new IllegalArgumentException("a norm before experts: norm the rows before they are grouped");
        }
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
            results.add(new Projection.Product(
                    product.experts().get(expert), product.output().view(first, count), product.bias(expert), product.scale(expert)));
        }
        return new Projection(rows, results, false);
    }
}
