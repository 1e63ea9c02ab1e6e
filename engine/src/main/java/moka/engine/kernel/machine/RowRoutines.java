package moka.engine.kernel.machine;

import java.util.EnumMap;
import java.util.Map;
import moka.engine.kernel.Projection.GateFunction;

/** The routines that work on single rows of activations. */
final class RowRoutines {
    private final Routine quantize;
    private final LazyRoutine rmsNorm;
    private final LazyRoutine toBfloat16;
    private final LazyRoutine layerNorm;
    private final LazyRoutine addRows;
    private final Map<GateFunction, LazyRoutine> gates = new EnumMap<>(GateFunction.class);

    RowRoutines(KernelCode kernelCode, CodeStore code) throws CodeMemory.RefusedException {
        quantize = code.write(kernelCode.quantize());
        rmsNorm = code.later(kernelCode::rmsNorm);
        toBfloat16 = code.later(kernelCode::toBfloat16);
        layerNorm = code.later(kernelCode::layerNorm);
        addRows = code.later(kernelCode::addRows);
        for (GateFunction function : GateFunction.values()) {
            gates.put(function, code.later(() -> kernelCode.gate(function)));
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

    /** @param columns a multiple of 16 @param parameters address of float32 epsilon and 1 / columns */
    void layerNorm(long values, long weight, long bias, int columns, long parameters, long output) {
        layerNorm.call(values, weight, output, columns / 16, bias, parameters);
    }

    /** @param terms address of {@code count} times 16 bytes: the address of a row, a float32 @param columns a multiple of 16 */
    void addRows(long terms, int count, long target, int columns) {
        addRows.call(terms, count, target, columns / 16, 0, 0);
    }

    void gate(GateFunction function, long gate, long up, int columns, long output) {
        gates.get(function).call(gate, up, output, columns / 16, tail(columns), 0);
    }

    void toBfloat16(long values, int columns, long output) {
        toBfloat16.call(values, 0, output, columns / 16, tail(columns), 0);
    }

    private static long tail(int columns) {
        return (1L << columns % 16) - 1;
    }
}
