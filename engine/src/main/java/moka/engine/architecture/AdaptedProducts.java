package moka.engine.architecture;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import moka.engine.kernel.Activations;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.ExpertProjection;
import moka.engine.kernel.LowRankChange;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.runtime.WorkerTeam;

/**
 * The steps of a graph's products with what adapters add to them: the inputs times the stacked narrow matrices, and these rows times the second
 * matrix of each pair ({@link Adapters.Change}).
 */
final class AdaptedProducts {
    private final Graph graph;
    private final Adapters adapters;
    /** Rows between the narrow matrices, which all steps share. */
    private final Map<String, Activations> rows = new HashMap<>();

    AdaptedProducts(Graph graph, Adapters adapters) {
        this.graph = graph;
        this.adapters = adapters;
    }

    Adapters adapters() {
        return adapters;
    }

    /** Adds the step of a projection. */
    void project(Projection projection) {
        List<Projection.Product> products = projection.products();
        adapters.of(products.stream().map(Projection.Product::matrix).toList())
                .ifPresentOrElse(it -> project(projection, it), () -> graph.step((set, it) -> set.project(projection, it.rowCount())));
    }

    private void project(Projection projection, Adapters.Change change) {
        List<Projection.Product> products = projection.products();
        Activations low = rows("low", graph.maxRows(), change.rank());
        var inner = new Projection(projection.input(), List.of(new Projection.Product(change.a().getFirst(), low)), false);
        List<LowRankChange.Part> parts = new ArrayList<>();
        for (Adapters.Part part : change.parts()) {
            Projection.Product product = products.get(part.matrix());
            var outer = new Projection.Product(part.b().getFirst(), product.output(), null, product.scale());
            var input = new Projection.Input.Plain(low.columns(part.first(), part.rank()));
            parts.add(new LowRankChange.Part(part.matrix(), new Projection(input, List.of(outer), true)));
        }
        var added = new LowRankChange(inner, parts);
        graph.step((set, it) -> set.project(projection, added, it.rowCount()));
    }

    /** Adds the steps of products of rows that are grouped by expert. @param groups the groups of a batch, once it runs */
    void projectExperts(ExpertProjection projection, ExpertGroups groups) {
        adapters.ofExperts(projection.products().stream().map(ExpertProjection.Product::experts).toList())
                .ifPresentOrElse(it -> projectExperts(projection, it, groups), () -> step(projection, groups));
    }

    private void projectExperts(ExpertProjection projection, Adapters.Change change, ExpertGroups groups) {
        List<ExpertProjection.Product> products = projection.products();
        Activations low = rows("low", products.getFirst().output().rows(), change.rank());
        List<ExpertProjection.Product> all = new ArrayList<>(products);
        all.add(new ExpertProjection.Product(change.a(), low, List.of(), new float[0]));
        step(new ExpertProjection(projection.input(), all, projection.gathered(), projection.interleaved()), groups);
        for (Adapters.Part part : change.parts()) {
            addExperts(products.get(part.matrix()), part.b(), low.columns(part.first(), part.rank()), projection.interleaved(), groups);
        }
    }

    /** Adds {@code B low} to the rows of a product; its results have rows of their own, since products of experts replace what was there. */
    private void addExperts(ExpertProjection.Product product, List<Matrix> b, Activations low, boolean interleaved, ExpertGroups groups) {
        Activations output = product.output();
        Activations change = rows("added", output.rows(), output.columns());
        var added = new ExpertProjection.Product(b, change, List.of(), product.scales());
        Activations ordered = interleaved ? rows("lowOrdered", low.rows(), low.columns()) : null;
        step(new ExpertProjection(new Projection.Input.Plain(low), List.of(added), ordered, interleaved), groups);
        int columns = output.columns();
        WorkerTeam.Region region = (slot, worker) -> {
            float[] sum = graph.scratch().floats(worker, 0, columns);
            float[] values = graph.scratch().floats(worker, 1, columns);
            output.read(slot, 0, sum, 0, columns);
            change.read(slot, 0, values, 0, columns);
            for (int i = 0; i < columns; i++) {
                sum[i] += values[i];
            }
            output.write(slot, 0, sum, 0, columns);
        };
        graph.step((set, it) -> set.spread(groups.rowCount(), region));
    }

    private void step(ExpertProjection projection, ExpertGroups groups) {
        graph.step((set, it) -> set.projectExperts(projection, groups));
    }

    /** @param name tells what is used at the same time apart */
    private Activations rows(String name, int count, int columns) {
        return rows.computeIfAbsent(name + count + "x" + columns, it -> graph.rows(count, columns));
    }
}
