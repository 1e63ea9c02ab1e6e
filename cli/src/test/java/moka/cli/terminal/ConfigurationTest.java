package moka.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigurationTest {
    @Test
    void mergesTheSectionOfTheCommandOverAll() {
        Configuration configuration = Configuration.parse(
                "config", "# mine\ntemp = 0.2\n--top_k=5\n\n[run]\ntemp = '0.7'\n; more\n[chat]\nsystem = \" a = b \"\n");
        assertEquals(Map.of("temp", "0.7", "top-k", "5"), configuration.of("run", Optional.empty()));
        assertEquals(Map.of("temp", "0.2", "top-k", "5", "system", " a = b "), configuration.of("chat", Optional.empty()));
        assertEquals(Map.of("temp", "0.2", "top-k", "5"), configuration.of("bench", Optional.empty()));
    }

    @Test
    void aRoleIsOverTheCommand() {
        Configuration configuration = Configuration.parse(
                "config", "temp = 0.2\n[run]\ntemp = 0.7\ntop-k = 5\n[role  short]\ntemp = 0.1\nsystem = Be short.\n[role empty]\n");
        assertEquals(Map.of("temp", "0.1", "top-k", "5", "system", "Be short."), configuration.of("run", Optional.of("short")));
        assertEquals(List.of("short", "empty"), configuration.roles());
    }

    @Test
    void namesTheLineThatIsNone() {
        CommandFailure failure = assertThrows(CommandFailure.class, () -> Configuration.parse("config", "temp = 1\nwhat\n"));
        assertTrue(failure.getMessage().startsWith("config line 2: found 'what'"), failure.getMessage());
    }
}
