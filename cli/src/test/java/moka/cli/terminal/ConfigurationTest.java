package moka.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigurationTest {
    @Test
    void mergesTheSectionOfTheCommandOverAll() {
        Configuration configuration = Configuration.parse(
                "config", "# mine\ntemp = 0.2\n--top_k=5\n\n[run]\ntemp = '0.7'\n; more\n[chat]\nsystem = \" a = b \"\n");
        assertEquals(Map.of("temp", "0.7", "top-k", "5"), configuration.of("run"));
        assertEquals(Map.of("temp", "0.2", "top-k", "5", "system", " a = b "), configuration.of("chat"));
        assertEquals(Map.of("temp", "0.2", "top-k", "5"), configuration.of("bench"));
    }

    @Test
    void namesTheLineThatIsNone() {
        CommandFailure failure = assertThrows(CommandFailure.class, () -> Configuration.parse("config", "temp = 1\nwhat\n"));
        assertTrue(failure.getMessage().startsWith("config line 2: found 'what'"), failure.getMessage());
    }
}
