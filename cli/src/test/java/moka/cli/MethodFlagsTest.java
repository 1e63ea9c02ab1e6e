package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import moka.cli.terminal.CommandFailure;
import moka.quantize.Method;
import org.junit.jupiter.api.Test;

class MethodFlagsTest {
    @Test
    void sizesHaveUnits() {
        assertEquals(3_500_000_000L, MethodFlags.bytes("3500000000"));
        assertEquals(4L << 30, MethodFlags.bytes("4GiB"));
        assertEquals(4L << 30, MethodFlags.bytes("4gi"));
        assertEquals(700_000_000L, MethodFlags.bytes("700MB"));
        assertEquals(1_500_000, MethodFlags.bytes("1.5 m"));
        for (String wrong : new String[] {"", "4x", "GB", "1.2.3", "-1"}) {
            assertThrows(CommandFailure.class, () -> MethodFlags.bytes(wrong), wrong);
        }
    }

    @Test
    void autoRoundsByTheMethodNamedWithIt() {
        MethodFlags flags = new MethodFlags();
        flags.calibration = Path.of("text.txt");
        flags.bitsPerWeight = 4;
        assertTrue(flags.auto());
        assertEquals(Method.IMATRIX, flags.method());
        flags.method = "auto+awq+gptq";
        assertEquals(Method.AWQ_GPTQ, flags.method());
        flags.check();
        flags.method = "gptq";
        assertThrows(CommandFailure.class, flags::check);
    }
}
