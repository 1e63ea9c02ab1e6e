package moka.engine.kernel.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.machine.x86.Level;

/** Machine code for x86-64, where the processor, the system and the JVM allow it. */
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

    /**
     * Links with the calls of the system and asks the processor on a thread of its own, at the first call in a process: some ten milliseconds of
     * method handles, in which the caller can read a file.
     */
    public static void prepare() {
        Preparation.begin();
    }

    private static final class Preparation {
        static {
            if (MachineKernelProvider.class.getModule().isNativeAccessEnabled()) {
                // The classes of segments are made ready by one thread: they need each other, and two threads could wait for each other.
                try (Arena arena = Arena.ofShared()) {
                    arena.allocate(1).copyFrom(MemorySegment.ofArray(new byte[1]));
                }
                Thread.ofPlatform().daemon().name("moka-link").start(Preparation::link);
            }
        }

        static void begin() {
            // the class is ready
        }

        private static void link() {
            try (Arena arena = Arena.ofConfined()) {
                arena.allocate(ValueLayout.JAVA_FLOAT).set(ValueLayout.JAVA_FLOAT, 0, 1); // the first handle of a layout takes long
                new MachineKernelProvider().code();
            } catch (UnsupportedOperationException e) {
                // The ladder will meet the same, and say so.
            }
        }
    }

    @Override
    public String name() {
        return "machine";
    }

    @Override
    public Offer offer(Request request) {
        return offer(request, this::code);
    }

    /**
     * The kernels whose routines {@code code} writes.
     *
     * @param code asked if the JVM allows native access; throws {@link UnsupportedOperationException} with the reason if it has nothing for this
     *     processor
     */
    public static Offer offer(Request request, Supplier<KernelCode> code) {
        if (request.precision() == Precision.FLOAT32) {
            return new Offer.Refused("machine code rounds activations, which float32 precision does not allow");
        }
        if (!MachineKernelProvider.class.getModule().isNativeAccessEnabled()) {
            return new Offer.Refused("native access is not enabled: start with --enable-native-access=ALL-UNNAMED or moka.engine");
        }
        try {
            KernelCode chosen = code.get();
            return new Offer.Accepted(new MachineKernels(chosen, SystemMemory.ofThisSystem(), request.team(), request.repack()));
        } catch (CodeMemory.RefusedException | UnsupportedOperationException e) {
            return new Offer.Refused(String.valueOf(e.getMessage()));
        }
    }

    private KernelCode code() {
        try {
            SystemMemory system = SystemMemory.ofThisSystem();
            Processor processor = Processor.detect(system);
            Level best = processor.level()
                    .orElseThrow(() -> new UnsupportedOperationException(
                            "the processor, or the system for it, does not offer AVX2 with FMA and F16C"));
            Level level = forcedLevel.isPresent() ? forced(forcedLevel.get(), processor) : best;
            return new X86Code(new Target(level, level == best && processor.avx512Bf16(), system.windowsCalls()));
        } catch (CodeMemory.RefusedException e) {
            throw new UnsupportedOperationException(e.getMessage(), e);
        }
    }

    private static Level forced(String name, Processor processor) {
        Level level = Level.of(name)
                .orElseThrow(() -> new UnsupportedOperationException("no instructions '" + name + "', expected one of "
                        + Arrays.stream(Level.values()).map(Level::toString).collect(Collectors.joining(", "))));
        if (!processor.has(level)) {
            throw new UnsupportedOperationException("the processor, or the system for it, does not offer " + level);
        }
        return level;
    }
}
