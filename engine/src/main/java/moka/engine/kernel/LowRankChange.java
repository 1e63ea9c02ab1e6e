package moka.engine.kernel;

import java.util.List;

/**
 * What adapters add to the products of a projection:
 *
 * <pre>  output_i[t] += scale_i * (B_i · (A · f(input[t]))_i) </pre>
 *
 * where the index behind A's result tells the columns that belong to product {@code i}. Made once for a forward pass and layer.
 *
 * @param inner the product with A, with the changed projection's input
 * @param parts of the products that are changed, each at most once
 * @see <a href="https://arxiv.org/abs/2106.09685">LoRA</a>
 */
public record LowRankChange(Projection inner, List<Part> parts) {
    public LowRankChange {
        parts = List.copyOf(parts);
    }

    /**
     * @param product index of the changed product
     * @param outer the product with B, from some columns of A's result, added to the changed product's output; B has as many rows as its matrix
     */
    public record Part(int product, Projection outer) {}
}
