package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.StatePlan;

/** Panels of states, token by token, and rows beside products. */
final class VectorLocalKernels implements LocalKernels {
    /** Values that a gate takes at a time. */
    private static final int PIECE = 1024;

    private final States states;
    private final Elements elements;
    private final InputRows inputs;
    private final Scratch[] scratches;
    private final ThreadLocal<float[]> pieces = ThreadLocal.withInitial(() -> new float[2 * PIECE]);

    VectorLocalKernels(States states, Elements elements, InputRows inputs, Scratch[] scratches) {
        this.states = states;
        this.elements = elements;
        this.inputs = inputs;
        this.scratches = scratches;
    }

    @Override
    public boolean serves(StatePlan plan) {
        return switch (plan) {
            case StatePlan.Heads heads -> heads.headLength() % 16 == 0 && heads.stateSize() % 2 == 0;
            case StatePlan.Channels channels -> channels.x().columns() % 16 == 0;
            case StatePlan.Delta delta -> delta.valueLength() % 16 == 0 && delta.keyLength() % 2 == 0;
        };
    }

    @Override
    public void change(StatePlan plan, Span span, int panel, int worker) {
        switch (plan) {
            case StatePlan.Heads heads -> change(heads, span, panel);
            case StatePlan.Channels channels -> change(channels, span, panel);
            case StatePlan.Delta delta -> change(delta, span, panel);
        }
    }

    private void change(StatePlan.Heads plan, Span span, int panel) {
        int width = StatePlan.panelWidth(plan.headLength());
        int size = plan.stateSize();
        int head = panel * width / plan.headLength();
        int inner = plan.y().columns();
        int group = head / (plan.heads() / plan.groups());
        float skip = plan.skip().get(ValueLayout.JAVA_FLOAT, 4L * head);
        long source = before(plan, span, panel, size, width);
        long target = after(plan, span, panel, size, width);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++, source = target) {
            long mixed = plan.mixed().address(row);
            states.heads(
                    source, target, size, width, mixed + 4L * panel * width, plan.step().get(row, head), plan.kept().get(row, head), skip,
                    mixed + 4L * (inner + group * size), mixed + 4L * (inner + (plan.groups() + group) * size), plan.y().address(row) + 4L * panel * width);
        }
    }

    private void change(StatePlan.Channels plan, Span span, int panel) {
        int width = StatePlan.panelWidth(plan.x().columns());
        int size = plan.stateSize();
        long at = 4L * panel * width;
        long source = before(plan, span, panel, size, width);
        long target = after(plan, span, panel, size, width);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++, source = target) {
            long x = plan.x().address(row) + at;
            states.channels(
                    source, target, size, width, x, plan.step().address(row) + at, plan.b().address(row), plan.c().address(row),
                    plan.decay().address() + at * size, plan.skip().address() + at, x);
        }
    }

    private void change(StatePlan.Delta plan, Span span, int panel) {
        int width = StatePlan.panelWidth(plan.valueLength());
        int size = plan.keyLength();
        int head = panel * width / plan.valueLength();
        int keys = plan.keyHeads() * size;
        int key = plan.keyHead(head) * size;
        int keptStep = plan.keptByRow() ? 4 : 0;
        long keptAt = 4L * (plan.keptByRow() ? head * size : head);
        long source = before(plan, span, panel, size, width);
        long target = after(plan, span, panel, size, width);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++, source = target) {
            long mixed = plan.mixed().address(row);
            states.delta(
                    source, target, size, width, mixed + 4L * (2 * keys + panel * width), plan.beta().get(row, head),
                    plan.kept().address(row) + keptAt, keptStep, mixed + 4L * (keys + key), mixed + 4L * key,
                    plan.y().address(row) + 4L * panel * width);
        }
    }

    private static long before(StatePlan plan, Span span, int panel, int rows, int width) {
        return span.cache().state(plan.layer()).address() + 4L * (plan.stateAt() + (long) panel * rows * width);
    }

    private static long after(StatePlan plan, Span span, int panel, int rows, int width) {
        return span.cache().nextState(plan.layer()).address() + 4L * (plan.stateAt() + (long) panel * rows * width);
    }

    // ---- rows

    @Override
    public boolean servesConvolution(int length, int channels) {
        return channels % 16 == 0;
    }

    @Override
    public void convolve(long[] inputs, MemorySegment weights, boolean silu, int channels, long output, int worker) {
        states.convolve(inputs, weights.address(), silu, channels, output);
    }

    @Override
    public void discretize(Activations step, MemorySegment bias, MemorySegment rate, Activations kept, int row) {
        softplus(step, bias, row);
        states.keep(step.address(row), rate.address(), padded(step.columns()), kept.address(row));
    }

    @Override
    public void softplus(Activations step, MemorySegment bias, int row) {
        float[] both = pieces.get();
        for (int at = 0; at < step.columns(); at += PIECE) {
            int count = Math.min(PIECE, step.columns() - at);
            step.read(row, at, both, 0, count);
            MemorySegment.copy(bias, ValueLayout.JAVA_FLOAT, 4L * at, both, PIECE, count);
            softplus(both, count);
            step.write(row, at, both, 0, count);
        }
    }

    /**
     * {@code ln(1 + e^x) = max(x, 0) + ln(1 + z)} with {@code z = e^-|x|}, whose logarithm is {@code 2 artanh(z / (2 + z))}: a series in at most 1/9. In loops that C2
     * makes vectors of: as one loop of the Vector API it is more text than C2 takes.
     *
     * @param both x, in whose place the result goes, and what is added to it first
     */
    private void softplus(float[] both, int count) {
        for (int i = 0; i < count; i++) {
            both[PIECE + i] += both[i];
        }
        for (int i = 0; i < count; i++) {
            both[i] = -Math.abs(both[PIECE + i]);
        }
        elements.exponentials(both, 0, count, 0f);
        for (int i = 0; i < count; i++) {
            float s = both[i] / (2 + both[i]);
            float q = s * s;
            float series = 1 + q * (1f / 3 + q * (1f / 5 + q * (1f / 7 + q * (1f / 9 + q * (1f / 11 + q * (1f / 13))))));
            both[i] = Math.max(both[PIECE + i], 0f) + 2 * s * series;
        }
    }

    private static int padded(int columns) {
        return (columns + 15) & -16;
    }

    @Override
    public void gate(GateFunction function, Activations gate, Activations up, Activations output, int row) {
        float[] both = pieces.get();
        int columns = gate.columns();
        for (int at = 0; at < columns; at += PIECE) {
            int count = Math.min(PIECE, columns - at);
            gate.read(row, at, both, 0, count);
            up.read(row, at, both, PIECE, count);
            elements.gate(function, both, 0, both, PIECE, count);
            output.write(row, at, both, 0, count);
        }
    }

    @Override
    public void rmsNorm(Activations rows, int row, int column, int count, int length, MemorySegment weight, float epsilon, int worker) {
        float[] values = scratches[worker].floats(Scratch.Use.ROWS, length);
        for (int at = column; at < column + count * length; at += length) {
            rows.read(row, at, values, 0, length);
            elements.scale(values, 0, length, inputs.normFactor(values, 0, length, epsilon), weight.address());
            rows.write(row, at, values, 0, length);
        }
    }

    @Override
    public void layerNorm(
            Activations rows, int row, int column, int length, MemorySegment weight, MemorySegment bias, float epsilon, Activations target, int worker) {
        float[] values = scratches[worker].floats(Scratch.Use.ROWS, length);
        float[] biases = scratches[worker].floats(Scratch.Use.OTHER, length);
        rows.read(row, column, values, 0, length);
        float mean = elements.sum(values, 0, length) / length;
        for (int i = 0; i < length; i++) {
            values[i] -= mean;
        }
        elements.scale(values, 0, length, inputs.normFactor(values, 0, length, epsilon), weight.address());
        MemorySegment.copy(bias, ValueLayout.JAVA_FLOAT, 0, biases, 0, length);
        for (int i = 0; i < length; i++) {
            values[i] += biases[i];
        }
        target.write(row, column, values, 0, length);
    }

    @Override
    public void addRows(Activations rows, int[] places, float[] factors, int at, int count, Activations target, int row, int worker) {
        states.addRows(rows.address(0), 4L * rows.stride(), places, factors, at, count, target.address(row), padded(target.columns()));
    }
}
