package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A set of kernels that shows an observer what every matrix is multiplied with, then lets another set do the work: calibration of quantizers.
 * Models that nobody observes never meet it.
 */
public final class ObservedKernels extends ForwardingKernels {
    /** Told of products, on the thread that runs the forward pass. */
    @FunctionalInterface
    public interface Observer {
        /**
         * Before a product.
         *
         * @param matrices the matrices that share the input
         * @param inputs {@code [rows][columns]}, what they are multiplied with; the observer may keep it
         */
        void onProduct(List<WeightMatrix> matrices, float[][] inputs);
    }

    private final Observer observer;

    public ObservedKernels(Kernels kernels, Observer observer) {
        super(kernels);
        this.observer = observer;
    }

    @Override
    public void project(Projection projection, int rowCount) {
        show(projection, rowCount);
        super.project(projection, rowCount);
    }

    @Override
    public void projectExperts(ExpertProjection projection, ExpertGroups groups) {
        ExpertProjection ordered = projection.ordered(groups);
        for (int group = 0; group < groups.count(); group++) {
            show(ordered.of(groups, group), groups.rowCount(group));
        }
        super.projectExperts(ordered, groups);
    }

    private void show(Projection projection, int rowCount) {
        float[][] inputs = new float[rowCount][];
        for (int row = 0; row < rowCount; row++) {
            inputs[row] = input(projection.input(), row);
        }
        observer.onProduct(
                projection.products().stream().map(it -> it.matrix().weights()).toList(), inputs);
    }

    private static float[] input(Projection.Input input, int row) {
        return switch (input) {
            case Projection.Input.Plain(Activations rows) -> values(rows, row);
            case Projection.Input.RmsNormed(Activations rows, MemorySegment weight, float epsilon) ->
                normed(values(rows, row), weight, epsilon);
            case Projection.Input.Gated(Activations gate, Activations up, Projection.GateFunction function) ->
                gated(values(gate, row), values(up, row), function);
        };
    }

    private static float[] values(Activations rows, int row) {
        float[] values = new float[rows.columns()];
        rows.read(row, 0, values, 0, values.length);
        return values;
    }

    private static float[] normed(float[] x, MemorySegment weight, float epsilon) {
        double sum = 0;
        for (float value : x) {
            sum += (double) value * value;
        }
        double inverse = 1 / Math.sqrt(sum / x.length + epsilon);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] * inverse * weight.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        }
        return x;
    }

    private static float[] gated(float[] gate, float[] up, Projection.GateFunction function) {
        for (int i = 0; i < gate.length; i++) {
            double x = gate[i];
            double value = switch (function) {
                case SILU -> x / (1 + Math.exp(-x));
                case GELU_TANH -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
                case GELU_ERF -> geluByErrorFunction(x);
                case RELU -> Math.max(0, x);
                case SIGMOID -> 1 / (1 + Math.exp(-x));
                case NONE -> x;
            };
            gate[i] = (float) (value * up[i]);
        }
        return gate;
    }

    /** {@code x/2 * (1 + erf(x/sqrt 2))}, the error function by its series or its continued fraction. */
    private static double geluByErrorFunction(double x) {
        double z = Math.abs(x) / Math.sqrt(2);
        double erf;
        if (z < 2.5) {
            double term = z;
            double sum = z;
            for (int n = 1; n < 60; n++) {
                term *= -z * z / n;
                sum += term / (2 * n + 1);
            }
            erf = sum * 2 / Math.sqrt(Math.PI);
        } else {
            double fraction = 0;
            for (int n = 40; n >= 1; n--) {
                fraction = n / 2.0 / (z + fraction);
            }
            erf = 1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction));
        }
        return x / 2 * (1 + Math.copySign(erf, x));
    }

    @Override
    public String name() {
        return super.name() + ", observed";
    }
}
