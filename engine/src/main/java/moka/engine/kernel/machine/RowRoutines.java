package moka.engine.kernel.machine;

import java.util.EnumMap;
import java.util.Map;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.machine.CodeMemory.Builder;

/** The routines that work on single rows of activations. */
final class RowRoutines implements AutoCloseable {
    private final CodeMemory code;
    private final Routine quantize;
    private final Routine rmsNorm;
    private final Routine toBfloat16;
    private final Map<GateFunction, Routine> gates = new EnumMap<>(GateFunction.class);

    RowRoutines(KernelCode kernelCode, SystemMemory system) throws CodeMemory.RefusedException {
        var builder = new Builder();
        int quantizeAt = builder.add(kernelCode.quantize());
        int rmsNormAt = builder.add(kernelCode.rmsNorm());
        int toBfloat16At = builder.add(kernelCode.toBfloat16());
        int[] gatesAt = new int[GateFunction.values().length];
        for (GateFunction function : GateFunction.values()) {
            gatesAt[function.ordinal()] = builder.add(kernelCode.gate(function));
        }
        code = builder.build(system);
        quantize = code.routine(quantizeAt);
        rmsNorm = code.routine(rmsNormAt);
        toBfloat16 = code.routine(toBfloat16At);
        for (GateFunction function : GateFunction.values()) {
            gates.put(function, code.routine(gatesAt[function.ordinal()]));
        }
    }

    /** Rounds whole units of 32 values to an {@link ActivationRow}. */
    void quantize(long values, int columns, long row) {
        quantize.call(values, row, columns / ActivationRow.UNIT, 0, 0, 0);
    }

    /** @param parameters address of float32 epsilon and 1 / columns */
    void rmsNorm(long values, long weight, int columns, long parameters, long output) {
        rmsNorm.call(values, weight, output, columns / 16, tail(columns), parameters);
    }

    void gate(GateFunction function, long gate, long up, int columns, long output) {
        Routine routine = gates.get(function);
        routine.call(gate, up, output, columns / 16, tail(columns), 0);
    }

    void toBfloat16(long values, int columns, long output) {
        toBfloat16.call(values, 0, output, columns / 16, tail(columns), 0);
    }

    private static long tail(int columns) {
        return (1L << columns % 16) - 1;
    }

    @Override
    public void close() {
        code.close();
    }
}
