package moka.engine.kernel.machine;

import moka.engine.kernel.KernelProvider;

/** Machine code where the processor, the system and the JVM allow it. */
public final class MachineKernelProvider implements KernelProvider {
    @Override
    public String name() {
        return "machine";
    }

    @Override
    public Offer offer(Request request) {
        if (request.precision() == Precision.FLOAT32) {
            return new Offer.Refused("machine code rounds activations, which float32 precision does not allow");
        }
        if (!MachineKernelProvider.class.getModule().isNativeAccessEnabled()) {
            return new Offer.Refused("native access is not enabled: start with --enable-native-access=ALL-UNNAMED or moka.engine");
        }
        try {
            SystemMemory system = SystemMemory.ofThisSystem();
            Processor processor = Processor.detect(system);
            if (!processor.avx512() || !processor.avx512Vnni()) {
                return new Offer.Refused("the processor, or the system for it, does not offer AVX-512 with VBMI and VNNI");
            }
            return new Offer.Accepted(new MachineKernels(system, processor, request.team(), request.repack()));
        } catch (CodeMemory.RefusedException | UnsupportedOperationException e) {
            return new Offer.Refused(String.valueOf(e.getMessage()));
        }
    }
}
