package moka.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.KernelProvider.Choice;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.machine.MachineKernelProvider;
import moka.engine.kernel.machine.aarch64.NeonKernelProvider;
import moka.engine.kernel.scalar.ScalarProvider;
import moka.engine.kernel.vector.VectorKernelProvider;

/** The kernel sets from best to plainest: the first that can serve is taken, and each "no" leaves its reason. */
final class KernelLadder {
    private KernelLadder() {}

    /** Begins what the best set needs of the system, while the caller reads the model's file: see {@link MachineKernelProvider#prepare}. */
    static void prepare() {
        MachineKernelProvider.prepare();
    }

    /** The machine code for this kind of processor. */
    private static KernelProvider machine(Optional<String> level) {
        return System.getProperty("os.arch").equals("aarch64") ? new NeonKernelProvider(level) : new MachineKernelProvider(level);
    }

    /** @param forced name of the only set to take @throws EngineException if that set is unknown or refuses */
    static Choice choose(Request request, Optional<String> forced) {
        List<String> reasons = new ArrayList<>();
        // "machine:avx2" is machine code with the instructions of AVX2, on a processor that has better ones too.
        String name = forced.map(it -> it.split(":", 2)[0]).orElse("");
        Optional<String> level = forced.filter(it -> it.startsWith("machine:")).map(it -> it.substring("machine:".length()));
        List<KernelProvider> providers =
                List.of(machine(level), new VectorKernelProvider(), new ScalarProvider());
        for (KernelProvider provider : providers) {
            if (forced.isPresent() && !name.equals(provider.name())) {
                continue;
            }
            switch (provider.offer(request)) {
                case Offer.Accepted(var kernels) -> {
                    return new Choice(kernels, List.copyOf(reasons));
                }
                case Offer.Refused(var reason) -> reasons.add("kernels '" + provider.name() + "': " + reason);
            }
        }
        throw new EngineException(
                reasons.isEmpty()
                        ? "no kernels '" + forced.orElse("") + "', expected one of "
                                + providers.stream().map(KernelProvider::name).collect(Collectors.joining(", "))
                        : String.join("; ", reasons));
    }
}
