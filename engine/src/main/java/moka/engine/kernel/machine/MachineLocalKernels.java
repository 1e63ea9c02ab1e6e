package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.StatePlan;

/** Rows and panels of states in machine code. Parameters of a call lie in memory of the worker that makes it. */
final class MachineLocalKernels implements LocalKernels {
    private static final int PARAMETER_BYTES = 256;
    /** Rows that are added at a time. */
    private static final int TERMS = PARAMETER_BYTES / 16;

    private final KernelCode code;
    private final StateRoutines routines;
    private final RowRoutines rows;
    private final MemorySegment[] parameters;

    MachineLocalKernels(KernelCode code, CodeStore store, int workers, PanelMemory memory, RowRoutines rows) {
        this.code = code;
        this.rows = rows;
        routines = new StateRoutines(code, store);
        parameters = new MemorySegment[workers];
        Arrays.setAll(parameters, i -> memory.segment(PARAMETER_BYTES));
    }

    @Override
    public boolean serves(StatePlan plan) {
        return switch (plan) {
            case StatePlan.Heads heads -> heads.headLength() % 16 == 0 && heads.stateSize() % 4 == 0;
            case StatePlan.Channels channels -> channels.x().columns() % 16 == 0 && channels.stateSize() % 4 == 0;
            case StatePlan.Delta delta -> delta.valueLength() % 16 == 0 && delta.keyLength() % 4 == 0;
        };
    }

    @Override
    public void change(StatePlan plan, Span span, int panel, int worker) {
        MemorySegment block = parameters[worker];
        set(block, StateParameter.TOKENS, span.rowCount());
        switch (plan) {
            case StatePlan.Heads heads -> change(heads, span, panel, block);
            case StatePlan.Channels channels -> change(channels, span, panel, block);
            case StatePlan.Delta delta -> change(delta, span, panel, block);
        }
    }

    private void change(StatePlan.Heads plan, Span span, int panel, MemorySegment block) {
        int width = StatePlan.panelWidth(plan.headLength());
        int row = span.firstRow();
        int head = panel * width / plan.headLength();
        int inner = plan.y().columns();
        int group = head / (plan.heads() / plan.groups());
        values(block, plan.mixed(), row, panel * width);
        byRow(block, plan.mixed(), row, inner + group * plan.stateSize(), inner + (plan.groups() + group) * plan.stateSize());
        step(block, plan.step(), row, head);
        pointer(block, StateParameter.KEPT, plan.kept(), row, head);
        set(block, StateParameter.KEPT_STRIDE, 4L * plan.kept().stride());
        set(block, StateParameter.SKIP, plan.skip().address() + 4L * head);
        result(block, plan.y(), row, panel * width);
        run(plan, StateForm.HEADS, span, panel, width, plan.stateSize(), block);
    }

    private void change(StatePlan.Channels plan, Span span, int panel, MemorySegment block) {
        int width = StatePlan.panelWidth(plan.x().columns());
        int row = span.firstRow();
        values(block, plan.x(), row, panel * width);
        pointer(block, StateParameter.INTO, plan.b(), row, 0);
        pointer(block, StateParameter.OUT, plan.c(), row, 0);
        set(block, StateParameter.ROWS_STRIDE, 4L * plan.b().stride());
        step(block, plan.step(), row, panel * width);
        set(block, StateParameter.KEPT, plan.decay().address() + 4L * panel * width * plan.stateSize());
        set(block, StateParameter.SKIP, plan.skip().address() + 4L * panel * width);
        result(block, plan.x(), row, panel * width);
        run(plan, StateForm.CHANNELS, span, panel, width, plan.stateSize(), block);
    }

    private void change(StatePlan.Delta plan, Span span, int panel, MemorySegment block) {
        int width = StatePlan.panelWidth(plan.valueLength());
        int row = span.firstRow();
        int head = panel * width / plan.valueLength();
        int keys = plan.keyHeads() * plan.keyLength();
        int key = plan.keyHead(head) * plan.keyLength();
        values(block, plan.mixed(), row, 2 * keys + panel * width);
        byRow(block, plan.mixed(), row, keys + key, key);
        step(block, plan.beta(), row, head);
        pointer(block, StateParameter.KEPT, plan.kept(), row, plan.keptByRow() ? head * plan.keyLength() : head);
        set(block, StateParameter.KEPT_STRIDE, 4L * plan.kept().stride());
        result(block, plan.y(), row, panel * width);
        run(plan, plan.keptByRow() ? StateForm.DELTA_BY_ROW : StateForm.DELTA, span, panel, width, plan.keyLength(), block);
    }

    /** Runs over a panel's columns, as many at a time as registers take. */
    private void run(StatePlan plan, StateForm form, Span span, int panel, int width, int stateRows, MemorySegment block) {
        long at = 4L * (plan.stateAt() + (long) panel * stateRows * width);
        set(block, StateParameter.ROWS, stateRows);
        set(block, StateParameter.SOURCE, span.cache().state(plan.layer()).address() + at);
        set(block, StateParameter.TARGET, span.cache().nextState(plan.layer()).address() + at);
        LazyRoutine routine = routines.change(form, width);
        int columns = code.stateColumns(form, width);
        for (int column = 0; column < width; column += columns) {
            if (column > 0) {
                for (StateParameter pointer : new StateParameter[] {StateParameter.SOURCE, StateParameter.TARGET, StateParameter.VALUES, StateParameter.RESULT}) {
                    move(block, pointer, 4L * columns);
                }
                if (form == StateForm.CHANNELS) {
                    move(block, StateParameter.STEP, 4L * columns);
                    move(block, StateParameter.KEPT, 4L * columns);
                    move(block, StateParameter.SKIP, 4L * columns);
                }
            }
            routine.call(block.address(), 0, 0, 0, 0, 0);
        }
    }

    private static void values(MemorySegment block, Activations from, int row, int column) {
        pointer(block, StateParameter.VALUES, from, row, column);
        set(block, StateParameter.VALUES_STRIDE, 4L * from.stride());
    }

    private static void byRow(MemorySegment block, Activations from, int row, int into, int out) {
        pointer(block, StateParameter.INTO, from, row, into);
        pointer(block, StateParameter.OUT, from, row, out);
        set(block, StateParameter.ROWS_STRIDE, 4L * from.stride());
    }

    private static void step(MemorySegment block, Activations from, int row, int column) {
        pointer(block, StateParameter.STEP, from, row, column);
        set(block, StateParameter.STEP_STRIDE, 4L * from.stride());
    }

    private static void result(MemorySegment block, Activations to, int row, int column) {
        pointer(block, StateParameter.RESULT, to, row, column);
        set(block, StateParameter.RESULT_STRIDE, 4L * to.stride());
    }

    private static void pointer(MemorySegment block, StateParameter parameter, Activations rows, int row, int column) {
        set(block, parameter, rows.address(row) + 4L * column);
    }

    private static void set(MemorySegment block, StateParameter parameter, long value) {
        block.set(ValueLayout.JAVA_LONG, parameter.offset(), value);
    }

    private static void move(MemorySegment block, StateParameter parameter, long bytes) {
        set(block, parameter, block.get(ValueLayout.JAVA_LONG, parameter.offset()) + bytes);
    }

    // ---- rows

    @Override
    public boolean servesConvolution(int length, int channels) {
        return length <= StateRowCode.MOST_INPUTS && channels % 16 == 0;
    }

    @Override
    public void convolve(long[] inputs, MemorySegment weights, boolean silu, int channels, long output, int worker) {
        MemorySegment block = parameters[worker];
        for (int j = 0; j < inputs.length; j++) {
            block.set(ValueLayout.JAVA_LONG, 8L * j, inputs[j]);
        }
        routines.convolve(inputs.length, silu).call(block.address(), weights.address(), output, channels / 16, 0, 0);
    }

    @Override
    public void discretize(Activations step, MemorySegment bias, MemorySegment rate, Activations kept, int row) {
        long at = step.address(row);
        routines.discretize().call(at, bias.address(), rate.address(), at, kept.address(row), (step.columns() + 15) / 16);
    }

    @Override
    public void softplus(Activations step, MemorySegment bias, int row) {
        long at = step.address(row);
        routines.softplus().call(at, bias.address(), at, at, at, (step.columns() + 15) / 16);
    }

    @Override
    public void gate(GateFunction function, Activations gate, Activations up, Activations output, int row) {
        rows.gate(function, gate.address(row), up.address(row), gate.columns(), output.address(row));
    }

    @Override
    public void rmsNorm(Activations rows, int row, int column, int count, int length, MemorySegment weight, float epsilon, int worker) {
        MemorySegment block = parameters[worker];
        block.set(ValueLayout.JAVA_FLOAT, 0, epsilon);
        block.set(ValueLayout.JAVA_FLOAT, 4, 1f / length);
        long at = rows.address(row) + 4L * column;
        for (int i = 0; i < count; i++) {
            this.rows.rmsNorm(at, weight.address(), length, block.address(), at);
            at += 4L * length;
        }
    }

    @Override
    public void layerNorm(
            Activations rows, int row, int column, int length, MemorySegment weight, MemorySegment bias, float epsilon, Activations target, int worker) {
        MemorySegment block = parameters[worker];
        block.set(ValueLayout.JAVA_FLOAT, 0, epsilon);
        block.set(ValueLayout.JAVA_FLOAT, 4, 1f / length);
        long at = 4L * column;
        this.rows.layerNorm(rows.address(row) + at, weight.address(), bias.address(), length, block.address(), target.address(row) + at);
    }

    @Override
    public void addRows(Activations rows, int[] places, float[] factors, int at, int count, Activations target, int row, int worker) {
        MemorySegment block = parameters[worker];
        for (int done = 0; done < count; done += TERMS) {
            int some = Math.min(TERMS, count - done);
            for (int i = 0; i < some; i++) {
                block.set(ValueLayout.JAVA_LONG, 16L * i, rows.address(places[at + done + i]));
                block.set(ValueLayout.JAVA_FLOAT, 16L * i + 8, factors[at + done + i]);
            }
            this.rows.addRows(block.address(), some, target.address(row), (target.columns() + 15) & -16);
        }
    }
}
