package moka.cli.terminal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import moka.fuzz.Refusal;

/** The user's configuration. */
class ConfigurationFuzz {
    @FuzzTest
    void configuration(byte[] bytes) {
        try {
            Configuration.parse("config", new String(bytes, StandardCharsets.UTF_8)).of("run", Optional.of("coder"));
        } catch (CommandFailure refusal) {
            Refusal.check(Failures.line(refusal));
        }
    }
}
