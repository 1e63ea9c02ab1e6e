package moka.engine.kernel.scalar;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.ActivationType;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;

/**
 * The plain kernels. A weight row is decoded once a call and multiplied with all rows of activations. With
 * {@link Precision#FLOAT32} nothing is rounded but the results; with {@link Precision#FAST} activations are rounded
 * to the weight type's {@link ActivationType} and multiplied as integers, as fast sets do.
 *
 * <p>Cost: 0.5 to 2 ns a weight and token on one thread of an EPYC (Zen 4).
 */
public final class ScalarKernels implements Kernels {
    /** Weight rows of a chunk of work. */
    private static final int ROWS_OF_CHUNK = 16;

    private final WorkerTeam team;
    private final Precision precision;
    private final WeightRow[] weightRows;
    private final ScalarAttention attention;
    private final Map<ActivationType, RoundedActivations> rounded = new EnumMap<>(ActivationType.class);
    private float[] inputs = {};

    /** @param precision how activations are rounded */
    public ScalarKernels(WorkerTeam team, Precision precision) {
        this.team = team;
        this.precision = precision;
        weightRows = new WeightRow[team.size()];
        Arrays.setAll(weightRows, i -> new WeightRow());
        attention = new ScalarAttention(team);
    }

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public String describe(TensorType type) {
        TensorFormat.IntegerForm form = TensorFormats.of(type).integerForm();
        return precision == Precision.FLOAT32 || form == null
                ? "decoded row, sums in double"
                : "integer sums of " + form.groupLength() + " against " + activationType(type);
    }

    private ActivationType activationType(TensorType type) {
        return precision == Precision.FLOAT32
                ? ActivationType.F32
                : TensorFormats.of(type).activation();
    }

    @Override
    public Matrix prepare(WeightMatrix weights) {
        return new InPlace(weights);
    }

    /** A matrix as it lies in the file. */
    private record InPlace(WeightMatrix weights) implements Matrix {}

    @Override
    public void project(Projection projection, int rowCount) {
        check(projection, rowCount);
        int columns = InputRows.rows(projection.input()).columns();
        int size = Math.multiplyExact(rowCount, columns);
        inputs = inputs.length < size ? new float[size] : inputs;
        team.run(rowCount, (row, worker) -> InputRows.read(projection.input(), row, inputs, row * columns));
        for (int i = 0; i < projection.products().size(); i++) {
            Projection.Product product = projection.products().get(i);
            ActivationType type = activationType(product.matrix().weights().type());
            boolean done = false;
            for (int before = 0; before < i; before++) {
                TensorType other = projection.products().get(before).matrix().weights().type();
                done |= activationType(other) == type;
            }
            RoundedActivations activations = rounded.computeIfAbsent(type, key -> new RoundedActivations());
            if (!done) {
                activations.resize(type, rowCount, columns);
                team.run(rowCount, (row, worker) -> activations.round(row, inputs, row * columns));
            }
            multiply(product, activations, rowCount, projection.add());
        }
    }

    private void multiply(Projection.Product product, RoundedActivations activations, int rowCount, boolean add) {
        WeightMatrix weights = product.matrix().weights();
        Activations output = product.output();
        MemorySegment bias = product.bias();
        int chunks = (weights.rows() + ROWS_OF_CHUNK - 1) / ROWS_OF_CHUNK;
        team.run(chunks, (chunk, worker) -> {
            WeightRow weightRow = weightRows[worker];
            int first = chunk * ROWS_OF_CHUNK;
            for (int r = first; r < Math.min(first + ROWS_OF_CHUNK, weights.rows()); r++) {
                weightRow.load(weights, r, activations.hasCodes());
                for (int t = 0; t < rowCount; t++) {
                    float value = product.scale() * (float) weightRow.dot(activations, t);
                    if (bias != null) {
                        value += bias.getAtIndex(InputRows.FLOAT, r);
                    }
                    output.set(t, r, add ? output.get(t, r) + value : value);
                }
            }
        });
    }

    private static void check(Projection projection, int rowCount) {
        Activations input = InputRows.rows(projection.input());
        require(rowCount >= 0 && rowCount <= input.rows(), rowCount + " rows of an input of " + input.rows());
        if (projection.input() instanceof Projection.Input.Gated gated) {
            Activations up = gated.up();
            require(
                    up.columns() == input.columns() && rowCount <= up.rows(),
                    "gate of " + input.columns() + " columns, up of " + up.columns());
        }
        for (Projection.Product product : projection.products()) {
            WeightMatrix weights = product.matrix().weights();
            require(product.matrix() instanceof InPlace, weights.name() + ": prepared by another set of kernels");
            require(
                    weights.columns() == input.columns(),
                    weights.name() + ": " + weights.columns() + " columns, but the input has " + input.columns());
            require(
                    product.output().columns() >= weights.rows() && product.output().rows() >= rowCount,
                    weights.name() + ": " + rowCount + " x " + weights.rows() + " results for an output of "
                            + product.output().rows() + " x " + product.output().columns());
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    @Override
    public void attend(AttentionPlan plan, AttentionPlan.Span... spans) {
        attention.attend(plan, spans);
    }

    @Override
    public void rmsNorm(
            Activations input, int firstRow, int rowCount, MemorySegment weight, float epsilon, Activations output) {
        int columns = input.columns();
        require(
                firstRow >= 0
                        && firstRow + rowCount <= Math.min(input.rows(), output.rows())
                        && output.columns() == columns,
                "rows " + firstRow + " to " + (firstRow + rowCount) + " of " + input.rows() + " x " + columns + " into "
                        + output.rows() + " x " + output.columns());
        team.run(rowCount, (chunk, worker) -> {
            var row = new float[columns];
            input.read(firstRow + chunk, 0, row, 0, columns);
            InputRows.rmsNorm(row, 0, columns, weight, epsilon);
            output.write(firstRow + chunk, 0, row, 0, columns);
        });
    }

    @Override
    public int workers() {
        return team.size();
    }

    @Override
    public void spread(int chunks, WorkerTeam.Region work) {
        team.run(chunks, work);
    }

    @Override
    public long extraBytes() {
        long bytes = 4L * inputs.length + attention.bytes();
        for (RoundedActivations activations : rounded.values()) {
            bytes += activations.bytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        // Holds no memory off-heap.
    }
}
