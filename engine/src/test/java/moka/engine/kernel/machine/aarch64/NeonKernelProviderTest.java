package moka.engine.kernel.machine.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is chosen for which processor; nothing is run. */
class NeonKernelProviderTest {
    /** As Linux says it of a Cortex-A72, a Cortex-A76 and QEMU's {@code max}. */
    private static final Features OLD = Features.ofLinux(0x8fb, 0);

    private static final Features DOT_PRODUCTS = Features.ofLinux(0x119ffb, 0);
    private static final Features MATRICES = Features.ofLinux(0xecfffffbL, 0x7f877fff);

    @Test
    void readsTheAuxiliaryVector() {
        assertEquals(new Features(false, false), OLD);
        assertEquals(new Features(true, false), DOT_PRODUCTS);
        assertEquals(new Features(true, true), MATRICES);
    }

    @Test
    void readsTheControlsOfMacOs() {
        assertEquals(new Features(false, false), Features.ofMac(name -> false));
        assertEquals(new Features(true, false), Features.ofMac("hw.optional.arm.FEAT_DotProd"::equals));
        assertEquals(new Features(true, true), Features.ofMac(Set.of("hw.optional.arm.FEAT_DotProd", "hw.optional.arm.FEAT_I8MM")::contains));
        assertEquals(new Features(false, false), Features.ofMac("hw.optional.arm.FEAT_I8MM"::equals));
    }

    @Test
    void takesTheBestThatTheProcessorHas() {
        assertEquals("neon-dotprod", NeonKernelProvider.choose(DOT_PRODUCTS, Optional.empty()).name());
        assertEquals("neon-i8mm", NeonKernelProvider.choose(MATRICES, Optional.empty()).name());
        assertEquals("neon-dotprod", NeonKernelProvider.choose(MATRICES, Optional.of("dotprod")).name());
    }

    @Test
    void leavesOtherProcessorsToTheVectorApiWithItsReason() {
        assertReason("the processor does not offer dot products of bytes (FEAT_DotProd)", OLD, Optional.empty());
        assertReason("the processor does not offer i8mm", DOT_PRODUCTS, Optional.of("i8mm"));
        assertReason("no instructions 'sve', expected one of dotprod, i8mm", MATRICES, Optional.of("sve"));
    }

    private static void assertReason(String expected, Features features, Optional<String> level) {
        var refused = assertThrows(UnsupportedOperationException.class, () -> NeonKernelProvider.choose(features, level));
        assertEquals(expected, refused.getMessage());
        assertTrue(refused.getMessage().lines().count() == 1);
    }
}
