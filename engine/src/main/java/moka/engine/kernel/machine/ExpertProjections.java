package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.ExpertProjection;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;

/**
 * Projections of rows that are grouped by expert: the rows of all groups are made first, then all matrices of all groups share one parallel region, with
 * the kernels that plain projections use. A token of eight experts costs two regions and not sixteen.
 */
final class ExpertProjections {
    private final Projections projections;
    private final InputStage inputs;

    // The region that runs: written before it starts, read by all workers.
    private ExpertProjection projection =
            new ExpertProjection(new Input.Plain(new Activations(MemorySegment.NULL, 0, 0, 0)), List.of());
    private ExpertGroups groups = new ExpertGroups(0);
    private final PanelChunks chunks; // of matrices [group][product]
    private final WorkerTeam.Region multiply = this::multiplyChunk;

    ExpertProjections(WorkerTeam team, Projections projections) {
        this.projections = projections;
        inputs = projections.inputs();
        chunks = new PanelChunks(team.size());
    }

    void run(ExpertProjection projection, ExpertGroups groups) {
        check(projection, groups);
        int rowCount = groups.rowCount();
        if (rowCount == 0) {
            return;
        }
        this.projection = projection;
        this.groups = groups;
        int products = projection.products().size();
        int count = groups.count() * products;
        inputs.begin(projection.input());
        chunks.clear();
        for (int i = 0; i < count; i++) {
            PanelMatrix matrix = matrix(i);
            inputs.want(matrix);
            projections.repacking().begin(matrix, groups.rowCount(i / products));
            chunks.add(matrix, groups.rowCount(i / products));
        }
        if (projection.gathered() == null) {
            inputs.make(rowCount);
        } else {
            inputs.makePlaced(groups);
        }
        projections.runTimed(chunks.cut(), multiply);
        chunks.used();
    }

    private PanelMatrix matrix(int index) {
        int products = projection.products().size();
        int expert = groups.expert(index / products);
        return (PanelMatrix) projection.products().get(index % products).experts().get(expert);
    }

    private void multiplyChunk(int chunk, int worker) {
        int products = projection.products().size();
        int i = chunks.matrix(chunk);
        int group = i / products;
        int expert = groups.expert(group);
        int firstRow = groups.firstRow(group);
        ExpertProjection.Product product = projection.products().get(i % products);
        PanelMatrix matrix = matrix(i);
        Activations output = product.output();
        MemorySegment bias = product.bias(expert);
        WeightKernels.InputForm form = matrix.kernels().inputForm();
        long stride = inputs.stride(form);
        var tokens = new WeightKernels.Tokens(inputs.address(form) + firstRow * stride, stride, groups.rowCount(group));
        var results = new WeightKernels.Results(
                output.address(projection.interleaved() ? group : firstRow),
                4L * output.stride() * (projection.interleaved() ? groups.count() : 1),
                bias == null ? 0 : bias.address(),
                product.scale(expert),
                false);
        Projections.multiply(tokens, results, matrix, chunks, chunk, projections.scratch(worker), projections.repacking());
    }

    private static void check(ExpertProjection projection, ExpertGroups groups) {
        Activations input = InputStage.rows(projection.input());
        int rowCount = groups.rowCount();
        int inputRows = projection.gathered() == null ? rowCount : rowCount / groups.used();
        if (inputRows > input.rows()) {
            throw new IllegalArgumentException(inputRows + " rows of experts, the input has room for " + input.rows());
        }
        for (ExpertProjection.Product product : projection.products()) {
            for (int group = 0; group < groups.count(); group++) {
                if (!(product.experts().get(groups.expert(group)) instanceof PanelMatrix matrix)) {
                    throw new IllegalArgumentException("a matrix of another set of kernels");
                }
                WeightMatrix weights = matrix.weights();
                if (weights.columns() != input.columns() || product.output().columns() < weights.rows() || product.output().rows() < rowCount) {
                    throw new IllegalArgumentException(weights.name() + ": " + weights.rows() + " x " + weights.columns() + " times " + rowCount
                            + " x " + input.columns() + " into " + product.output().rows() + " x " + product.output().columns());
                }
            }
        }
    }
}
