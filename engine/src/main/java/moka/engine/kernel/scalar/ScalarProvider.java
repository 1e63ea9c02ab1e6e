package moka.engine.kernel.scalar;

import moka.engine.kernel.KernelProvider;

/** The last step of the ladder: never refuses. */
public final class ScalarProvider implements KernelProvider {
    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public Offer offer(Request request) {
        return new Offer.Accepted(new ScalarKernels(request.team(), request.precision()));
    }
}
