package moka.engine.kernel;

import java.util.List;
import moka.engine.runtime.WorkerTeam;

/** One step of the ladder from which the kernels are chosen: can it serve this machine, and if not, why. */
public interface KernelProvider {
    /** {@code scalar}, {@code vector} or {@code machine}: what {@code --kernels} takes. */
    String name();

    /** Makes the set, or tells in one sentence why it cannot. */
    Offer offer(Request request);

    /**
     * @param team the threads to use
     * @param precision how activations are rounded
     * @param repack whether weights may be copied into another layout
     * @param vectorBits width to use (128, 256, 512), or 0 for the widest
     */
    record Request(WorkerTeam team, Precision precision, boolean repack, int vectorBits) {}

    /** How exact the products are. */
    enum Precision {
        /** Nothing is rounded but by float32 arithmetic: the path that golden logits are held against. */
        FLOAT32,
        /** Activations are rounded to 8 bits for quantized weights. */
        FAST
    }

    /** A set, or the reason why there is none. */
    sealed interface Offer {
        record Accepted(Kernels kernels) implements Offer {}

        record Refused(String reason) implements Offer {}
    }

    /** What was chosen, and why the steps above it were not. */
    record Choice(Kernels kernels, List<String> reasons) {}
}
