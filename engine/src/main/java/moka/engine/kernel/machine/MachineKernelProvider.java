package moka.engine.kernel.machine;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.machine.x86.Level;

/** Machine code where the processor, the system and the JVM allow it. */
public final class MachineKernelProvider implements KernelProvider {
    private final Optional<String> forcedLevel;

    /** For the best instructions that the processor has. */
    public MachineKernelProvider() {
        this(Optional.empty());
    }

    /**
     * @param level the instructions to use and no better ones, as {@link Level} names them: to try on one processor what another one would run
     */
    public MachineKernelProvider(Optional<String> level) {
        forcedLevel = level;
    }

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
            Optional<Level> best = processor.level();
            if (best.isEmpty()) {
                return new Offer.Refused("the processor, or the system for it, does not offer AVX2 with FMA and F16C");
            }
            Level level = best.get();
            if (forcedLevel.isPresent()) {
                Optional<Level> forced = Level.of(forcedLevel.get());
                if (forced.isEmpty()) {
                    return new Offer.Refused("no instructions '" + forcedLevel.get() + "', expected one of "
                            + Arrays.stream(Level.values()).map(Level::toString).collect(Collectors.joining(", ")));
                }
                level = forced.get();
                if (!processor.has(level)) {
                    return new Offer.Refused("the processor, or the system for it, does not offer " + level);
                }
            }
            var target = new Target(system, level, level == best.get() && processor.avx512Bf16());
            return new Offer.Accepted(new MachineKernels(target, request.team(), request.repack()));
        } catch (CodeMemory.RefusedException | UnsupportedOperationException e) {
            return new Offer.Refused(String.valueOf(e.getMessage()));
        }
    }
}
