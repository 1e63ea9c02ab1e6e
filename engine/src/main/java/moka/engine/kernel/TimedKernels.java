package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import moka.engine.runtime.WorkerTeam;

/**
 * A set of kernels that notes how long another set takes for each kind of operation: where the time of a forward pass goes. Costs two looks at the clock
 * an operation. Operations are told apart by the names of their tensors without the number of the layer.
 */
public final class TimedKernels extends ForwardingKernels {
    /** What an operation took so far; see {@link moka.engine.OperationTime}. */
    public static final class Operation {
        private long calls;
        private long nanoseconds;
        private long weightBytes;
        private long products;

        private void add(long start) {
            nanoseconds += System.nanoTime() - start;
            calls++;
        }

        public long calls() {
            return calls;
        }

        public long nanoseconds() {
            return nanoseconds;
        }

        public long weightBytes() {
            return weightBytes;
        }

        public long products() {
            return products;
        }
    }

    private final Map<String, Operation> operations = new LinkedHashMap<>();
    /** Projections are made once for a forward pass and layer. */
    private final Map<Object, Operation> known = new IdentityHashMap<>();

    public TimedKernels(Kernels kernels) {
        super(kernels);
    }

    /** By name, in the order of their first calls. */
    public Map<String, Operation> operations() {
        return operations;
    }

    /** Forgets all times. */
    public void clear() {
        operations.clear();
        known.clear();
    }

    @Override
    public void project(Projection projection, int rowCount) {
        Operation operation = known.computeIfAbsent(projection, it -> named(name(projection)));
        long start = System.nanoTime();
        super.project(projection, rowCount);
        operation.add(start);
        for (Projection.Product product : projection.products()) {
            count(operation, product.matrix().weights(), rowCount);
        }
    }

    @Override
    public void projectExperts(ExpertProjection projection, ExpertGroups groups) {
        Operation operation = known.computeIfAbsent(projection, it -> named(name(projection)));
        long start = System.nanoTime();
        super.projectExperts(projection, groups);
        operation.add(start);
        for (ExpertProjection.Product product : projection.products()) {
            for (int group = 0; group < groups.count(); group++) {
                count(operation, product.experts().get(groups.expert(group)).weights(), groups.rowCount(group));
            }
        }
    }

    @Override
    public void attend(AttentionPlan plan, AttentionPlan.Span... spans) {
        long start = System.nanoTime();
        super.attend(plan, spans);
        named("rotate, store, attend").add(start);
    }

    @Override
    public void rmsNorm(
            Activations input, int firstRow, int rowCount, MemorySegment weight, float epsilon, Activations output) {
        long start = System.nanoTime();
        super.rmsNorm(input, firstRow, rowCount, weight, epsilon, output);
        named("norm").add(start);
    }

    @Override
    public void spread(int chunks, WorkerTeam.Region work) {
        long start = System.nanoTime();
        super.spread(chunks, work);
        named("rows and states").add(start);
    }

    private Operation named(String name) {
        return operations.computeIfAbsent(name, it -> new Operation());
    }

    private static void count(Operation operation, WeightMatrix weights, int rowCount) {
        operation.weightBytes += weights.rowBytes() * weights.rows();
        operation.products += (long) weights.rows() * weights.columns() * rowCount;
    }

    private static String name(Projection projection) {
        String name = before(projection.input()) + tensors(projection.products().stream().map(it -> it.matrix().weights()));
        return projection.add() ? name + " → add" : name;
    }

    private static String name(ExpertProjection projection) {
        return before(projection.input())
                + tensors(projection.products().stream().map(it -> it.experts().getFirst().weights()));
    }

    private static String before(Projection.Input input) {
        return switch (input) {
            case Projection.Input.Plain plain -> "";
            case Projection.Input.RmsNormed normed -> "norm → ";
            case Projection.Input.Gated gated -> "gate → ";
        };
    }

    private static String tensors(Stream<WeightMatrix> weights) {
        List<String> names = weights.map(it -> withoutLayer(it.name())).distinct().toList();
        return names.stream().collect(Collectors.joining(", "));
    }

    /** {@code attn_q} of {@code blk.7.attn_q.weight}. */
    private static String withoutLayer(String tensor) {
        return tensor.replaceFirst("^blk\\.\\d+\\.", "").replaceFirst("\\.weight$", "");
    }
}
