package moka.engine.kernel.machine;

import java.util.EnumMap;
import java.util.Map;

/** The routines for layers with a state. */
final class StateRoutines {
    private final Map<StateForm, LazyRoutine> narrow = new EnumMap<>(StateForm.class);
    private final Map<StateForm, LazyRoutine> wide = new EnumMap<>(StateForm.class);
    private final LazyRoutine[][] convolve = new LazyRoutine[StateRowCode.MOST_INPUTS + 1][2];
    private final LazyRoutine discretize;
    private final LazyRoutine softplus;

    StateRoutines(KernelCode kernelCode, CodeStore code) {
        for (StateForm form : StateForm.values()) {
            narrow.put(form, code.later(() -> kernelCode.state(form, 16)));
            wide.put(form, code.later(() -> kernelCode.state(form, 32)));
        }
        for (int i = 1; i < convolve.length; i++) {
            int length = i;
            convolve[i][0] = code.later(() -> kernelCode.convolve(length, false));
            convolve[i][1] = code.later(() -> kernelCode.convolve(length, true));
        }
        discretize = code.later(() -> kernelCode.discretize(true));
        softplus = code.later(() -> kernelCode.discretize(false));
    }

    /** @param width columns of a panel: 16 or 32 */
    LazyRoutine change(StateForm form, int width) {
        return (width == 16 ? narrow : wide).get(form);
    }

    LazyRoutine convolve(int length, boolean silu) {
        return convolve[length][silu ? 1 : 0];
    }

    LazyRoutine discretize() {
        return discretize;
    }

    LazyRoutine softplus() {
        return softplus;
    }
}
