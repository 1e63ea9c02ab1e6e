package moka.engine.kernel.machine.aarch64;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.function.Predicate;
import moka.engine.kernel.machine.Routine;

/**
 * What the processor can do, as the system tells: a process may not read the registers that say it. Linux has it in the auxiliary vector
 * ({@code getauxval}), macOS behind {@code sysctlbyname} (written after its documentation, not tested).
 *
 * @param dotProducts {@code sdot}
 * @param matrixProducts {@code smmla}
 */
record Features(boolean dotProducts, boolean matrixProducts) {
    /** Keys of the auxiliary vector: AT_HWCAP and AT_HWCAP2. */
    private static final long CAPABILITIES = 16;

    private static final long MORE_CAPABILITIES = 26;
    /** Bits of them: HWCAP_ASIMDDP and HWCAP2_I8MM. */
    private static final int DOT_PRODUCTS = 20;

    private static final int MATRIX_PRODUCTS = 13;

    /** Asks the system that this runs on. @throws UnsupportedOperationException if it is not known how */
    static Features detect() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (system.contains("linux")) {
            Routine vector = function("getauxval");
            return ofLinux(vector.call(CAPABILITIES, 0, 0, 0, 0, 0), vector.call(MORE_CAPABILITIES, 0, 0, 0, 0, 0));
        }
        if (system.contains("mac")) {
            return ofMac(Features::systemControl);
        }
        throw new UnsupportedOperationException("what the processor offers is not known for " + System.getProperty("os.name") + " on AArch64");
    }

    private static Routine function(String name) {
        return new Routine(Linker.nativeLinker().defaultLookup().findOrThrow(name));
    }

    /** From the two words of the auxiliary vector. */
    static Features ofLinux(long capabilities, long moreCapabilities) {
        boolean dotProducts = (capabilities >>> DOT_PRODUCTS & 1) != 0;
        return new Features(dotProducts, dotProducts && (moreCapabilities >>> MATRIX_PRODUCTS & 1) != 0);
    }

    /** @param control whether a control of that name is there and not 0 */
    static Features ofMac(Predicate<String> control) {
        boolean dotProducts = control.test("hw.optional.arm.FEAT_DotProd");
        return new Features(dotProducts, dotProducts && control.test("hw.optional.arm.FEAT_I8MM"));
    }

    private static boolean systemControl(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
            size.set(ValueLayout.JAVA_LONG, 0, value.byteSize());
            int failed = (int) function("sysctlbyname").call(arena.allocateFrom(name).address(), value.address(), size.address(), 0, 0, 0);
            return failed == 0 && value.get(ValueLayout.JAVA_INT, 0) != 0;
        }
    }
}
