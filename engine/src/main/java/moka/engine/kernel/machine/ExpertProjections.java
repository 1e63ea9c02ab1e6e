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
    private final WorkerTeam team;
    private final Projections projections;
    private final InputStage inputs;

    // The region that runs: written before it starts, read by all workers.
    private ExpertProjection projection =
            new ExpertProjection(new Input.Plain(new Activations(MemorySegment.NULL, 0, 0, 0)), List.of());
    private ExpertGroups groups = new ExpertGroups(0);
    private int[] firstChunk = new int[1]; // [group][product]
    private int[] panelsOfChunk = new int[1];
    private final WorkerTeam.Region multiply = this::multiplyChunk;

    ExpertProjections(WorkerTeam team, Projections projections) {
        this.team = team;
        this.projections = projections;
        inputs = projections.inputs();
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
        if (firstChunk.length <= count) {
            firstChunk = new int[count + 1];
            panelsOfChunk = new int[count];
        }
        inputs.begin(projection.input());
        long panels = 0;
        for (int i = 0; i < count; i++) {
            PanelMatrix matrix = matrix(i);
            inputs.want(matrix);
            projections.repacking().begin(matrix, groups.rowCount(i / products));
            panels += matrix.panelCount();
        }
        inputs.make(rowCount);
        // At least four chunks a worker, where there are so many panels.
        long most = panels / (4L * team.size()) & -2;
        int chunks = 0;
        for (int i = 0; i < count; i++) {
            PanelMatrix matrix = matrix(i);
            firstChunk[i] = chunks;
            panelsOfChunk[i] = (int) Math.max(2, Math.min(panelsOfChunk(matrix, groups.rowCount(i / products)), most));
            chunks += (matrix.panelCount() + panelsOfChunk[i] - 1) / panelsOfChunk[i];
        }
        firstChunk[count] = chunks;
        team.run(chunks, multiply);
        for (int i = 0; i < count; i++) {
            matrix(i).used();
        }
    }

    private static long panelsOfChunk(PanelMatrix matrix, int rowCount) {
        return rowCount <= QuantizedKernels.STREAM_MOST
                ? Projections.STREAMED_BYTES / matrix.panelBytes()
                : Projections.TILED_PRODUCTS / ((long) PanelFormat.ROWS * matrix.weights().columns() * rowCount) & -2;
    }

    private PanelMatrix matrix(int index) {
        int products = projection.products().size();
        int expert = groups.expert(index / products);
        return (PanelMatrix) projection.products().get(index % products).experts().get(expert);
    }

    private void multiplyChunk(int chunk, int worker) {
        int products = projection.products().size();
        int i = find(chunk, groups.count() * products);
        int group = i / products;
        int expert = groups.expert(group);
        int firstRow = groups.firstRow(group);
        ExpertProjection.Product product = projection.products().get(i % products);
        PanelMatrix matrix = matrix(i);
        Activations output = product.output();
        MemorySegment bias = product.bias(expert);
        WeightKernels.InputForm form = matrix.kernels().inputForm();
        long stride = inputs.stride(form);
        int first = (chunk - firstChunk[i]) * panelsOfChunk[i];
        int end = Math.min(first + panelsOfChunk[i], matrix.panelCount());
        var tokens = new WeightKernels.Tokens(inputs.address(form) + firstRow * stride, stride, groups.rowCount(group));
        var results = new WeightKernels.Results(
                output.address(firstRow), 4L * output.stride(), bias == null ? 0 : bias.address(), product.scale(expert), false);
        Projections.multiply(tokens, results, matrix, first, end, projections.scratch(worker));
    }

    /** The matrix that a chunk belongs to: the last that begins at it or before. */
    private int find(int chunk, int count) {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (firstChunk[middle] <= chunk) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private static void check(ExpertProjection projection, ExpertGroups groups) {
        Activations input = InputStage.rows(projection.input());
        int rowCount = groups.rowCount();
        if (rowCount > input.rows()) {
            throw new IllegalArgumentException(rowCount + " rows of experts, the input has room for " + input.rows());
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
