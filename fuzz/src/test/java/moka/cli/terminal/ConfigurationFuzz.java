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
            Configuration configuration = Configuration.parse("config", new String(bytes, StandardCharsets.UTF_8));
            configuration.of("run", Optional.empty());
            configuration.roles().forEach(role -> configuration.of("run", Optional.of(role)));
        } catch (CommandFailure refusal) {
            Refusal.check(Failures.line(refusal));
        }
    }
}
