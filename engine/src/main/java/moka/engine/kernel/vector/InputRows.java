package moka.engine.kernel.vector;

import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;

/** The input of a projection, computed row by row on the heap. */
final class InputRows {
    private final Elements elements;

    InputRows(Elements elements) {
        this.elements = elements;
    }

    static int columns(Input input) {
        return switch (input) {
            case Input.Plain(Activations rows) -> rows.columns();
            case Input.RmsNormed normed -> normed.rows().columns();
            case Input.Gated gated -> gated.gate().columns();
        };
    }

    static int rows(Input input) {
        return switch (input) {
            case Input.Plain(Activations rows) -> rows.rows();
            case Input.RmsNormed normed -> normed.rows().rows();
            case Input.Gated gated -> gated.gate().rows();
        };
    }

    /** Writes {@code f(input[row])}, {@code columns} values, from {@code at}. */
    void compute(Input input, int row, int columns, float[] target, int at, Scratch scratch) {
        switch (input) {
            case Input.Plain(Activations rows) -> rows.read(row, 0, target, at, columns);
            case Input.RmsNormed normed -> {
                normed.rows().read(row, 0, target, at, columns);
                float factor = normFactor(target, at, columns, normed.epsilon());
                elements.scale(target, at, columns, factor, normed.weight().address());
            }
            case Input.Gated gated -> {
                gated.gate().read(row, 0, target, at, columns);
                float[] up = scratch.floats(Scratch.Use.OTHER, columns);
                gated.up().read(row, 0, up, 0, columns);
                elements.gate(gated.function(), target, at, up, 0, columns);
            }
        }
    }

    /** {@code 1 / sqrt(mean(x²) + epsilon)}. */
    float normFactor(float[] x, int at, int count, float epsilon) {
        double mean = (double) elements.sumOfSquares(x, at, count) / count;
        return (float) (1.0 / Math.sqrt(mean + epsilon));
    }
}
