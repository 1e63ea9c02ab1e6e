package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.runtime.WorkerTeam;

/** RMS norms that no projection takes in. Rows are spread over the team where there are several. */
final class NormWork implements WorkerTeam.Region {
    private final WorkerTeam team;
    private final Scratch[] scratches;
    private final InputRows inputs;

    private Input.@org.jspecify.annotations.Nullable RmsNormed input;
    private @org.jspecify.annotations.Nullable Activations output;
    private int firstRow;

    NormWork(WorkerTeam team, Scratch[] scratches, InputRows inputs) {
        this.team = team;
        this.scratches = scratches;
        this.inputs = inputs;
    }

    void run(Activations rows, int firstRow, int rowCount, MemorySegment weight, float epsilon, Activations output) {
        if (rowCount < 0 || firstRow < 0 || firstRow + rowCount > Math.min(rows.rows(), output.rows())) {
            throw new IllegalArgumentException("rows " + firstRow + " to " + (firstRow + rowCount) + " of " + rows.rows()
                    + " to normalize into " + output.rows());
        }
        if (weight.byteSize() < 4L * rows.columns() || output.columns() < rows.columns()) {
            throw new IllegalArgumentException("rows of " + rows.columns() + " values, weight of " + weight.byteSize()
                    + " bytes, output of " + output.columns());
        }
        this.input = new Input.RmsNormed(rows, weight, epsilon);
        this.output = output;
        this.firstRow = firstRow;
        team.run(rowCount, this);
    }

    @Override
    public void run(int chunk, int worker) {
        var from = java.util.Objects.requireNonNull(input);
        var to = java.util.Objects.requireNonNull(output);
        int columns = from.rows().columns();
        float[] row = scratches[worker].floats(Scratch.Use.ROWS, columns);
        inputs.compute(from, firstRow + chunk, columns, row, 0, scratches[worker]);
        to.write(firstRow + chunk, 0, row, 0, columns);
    }
}
