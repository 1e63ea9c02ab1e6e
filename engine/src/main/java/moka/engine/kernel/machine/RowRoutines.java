package moka.engine.kernel.machine;

import java.util.EnumMap;
import java.util.Map;
import moka.engine.kernel.Projection.GateFunction;
import org.jspecify.annotations.Nullable;

/** The routines that work on single rows of activations. */
final class RowRoutines {
    private final Routine quantize;
    private final LazyRoutine rmsNorm;
    private final LazyRoutine toBfloat16;
    private final LazyRoutine layerNorm;
    private final LazyRoutine addRows;
    private final Map<GateFunction, LazyRoutine> gates;
    private final @Nullable CallList calls;

    RowRoutines(KernelCode kernelCode, CodeStore code) throws CodeMemory.RefusedException {
        quantize = code.write(kernelCode.quantize());
        rmsNorm = code.later(kernelCode::rmsNorm);
        toBfloat16 = code.later(kernelCode::toBfloat16);
        layerNorm = code.later(kernelCode::layerNorm);
        addRows = code.later(kernelCode::addRows);
        gates = new EnumMap<>(GateFunction.class);
        for (GateFunction function : GateFunction.values()) {
            gates.put(function, code.later(() -> kernelCode.gate(function)));
        }
        calls = null;
    }

    private RowRoutines(RowRoutines same, CallList calls) {
        quantize = same.quantize;
        rmsNorm = same.rmsNorm;
        toBfloat16 = same.toBfloat16;
        layerNorm = same.layerNorm;
        addRows = same.addRows;
        gates = same.gates;
        this.calls = calls;
    }

    /** The same, but calls are not made: they are added to a list. */
    RowRoutines into(CallList calls) {
        return new RowRoutines(this, calls);
    }

    private void call(LazyRoutine routine, long a, long b, long c, long d, long e, long f) {
        call(routine.written(), a, b, c, d, e, f);
    }

    private void call(Routine routine, long a, long b, long c, long d, long e, long f) {
        CallList list = calls;
        if (list == null) {
            routine.call(a, b, c, d, e, f);
        } else {
            list.add(routine, a, b, c, d, e, f);
        }
    }

    /** Rounds whole units of 32 values to an {@link ActivationRow}. */
    void quantize(long values, int columns, long row) {
        call(quantize, values, row, columns / ActivationRow.UNIT, 0, 0, 0);
    }

    /** @param parameters address of float32 epsilon and 1 / columns */
    void rmsNorm(long values, long weight, int columns, long parameters, long output) {
        call(rmsNorm, values, weight, output, columns / 16, tail(columns), parameters);
    }

    /** @param columns a multiple of 16 @param parameters address of float32 epsilon and 1 / columns */
    void layerNorm(long values, long weight, long bias, int columns, long parameters, long output) {
        call(layerNorm, values, weight, output, columns / 16, bias, parameters);
    }

    /** @param terms address of {@code count} times 16 bytes: the address of a row, a float32 @param columns a multiple of 16 */
    void addRows(long terms, int count, long target, int columns) {
        call(addRows, terms, count, target, columns / 16, 0, 0);
    }

    void gate(GateFunction function, long gate, long up, int columns, long output) {
        call(gates.get(function), gate, up, output, columns / 16, tail(columns), 0);
    }

    void toBfloat16(long values, int columns, long output) {
        call(toBfloat16, values, 0, output, columns / 16, tail(columns), 0);
    }

    private static long tail(int columns) {
        return (1L << columns % 16) - 1;
    }
}
