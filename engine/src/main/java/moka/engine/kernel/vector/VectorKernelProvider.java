package moka.engine.kernel.vector;

import java.util.Optional;
import moka.engine.kernel.KernelProvider;

/** Offers the Vector API kernels wherever the JVM turns vectors into instructions. */
public final class VectorKernelProvider implements KernelProvider {
    @Override
    public String name() {
        return "vector";
    }

    @Override
    public Offer offer(Request request) {
        Optional<String> obstacle = VectorModule.obstacle();
        if (obstacle.isEmpty()) {
            obstacle = Width.obstacle(request.vectorBits());
        }
        try {
            return obstacle.<Offer>map(Offer.Refused::new)
                    .orElseGet(() -> new Offer.Accepted(VectorKernels.create(request)));
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof IllegalCallerException) {
                return new Offer.Refused("native access is denied: start with --enable-native-access");
            }
            throw e;
        }
    }
}
