package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import moka.cli.reference.Completions;
import moka.cli.reference.CommandReference;
import moka.cli.reference.ManPages;
import org.junit.jupiter.api.Test;

/** What is generated from the commands. */
class CommandLinePageTest {
    private static final Path PAGE = Path.of("../docs/cli.md");

    private static Commands commands() {
        return new Commands(TestStreams.pipe("", Map.of(), new ByteArrayOutputStream(), new ByteArrayOutputStream()));
    }

    @Test
    void pageOfAllOptionsIsUpToDate() throws IOException {
        String page = CommandLinePage.text(commands());
        if (Boolean.getBoolean("moka.write")) {
            Files.writeString(PAGE, page);
        }
        assertEquals(page, Files.readString(PAGE), "docs/cli.md is stale: run this test with -Dmoka.write=true");
    }

    @Test
    void everyCommandHasAnExampleAndSaysWhatItsOptionsDo() {
        for (CommandReference command : commands().references(List.of())) {
            assertFalse(command.examples().isEmpty(), command.name());
            assertFalse(command.description().isEmpty(), command.name());
            command.options().forEach(option -> assertTrue(
                    option.description().endsWith(".") || option.description().endsWith(")"), command.name() + " " + option.names() + ": " + option.description()));
        }
    }

    @Test
    void helpOfEveryCommandFitsAScreen() {
        for (String name : commands().names()) {
            String help = TestStreams.run(name, "--help").out();
            assertTrue(help.lines().count() <= 40, name + ": " + help.lines().count() + " lines");
            assertTrue(help.lines().allMatch(line -> line.length() <= 80), name);
            assertTrue(help.contains("Example"), name);
        }
    }

    @Test
    void manualPagesAndCompletionsNameEveryOption() {
        List<CommandReference> references = commands().references(List.of());
        String bash = Completions.of("bash", references);
        String zsh = Completions.of("zsh", references);
        String fish = Completions.of("fish", references);
        for (CommandReference command : references) {
            String page = ManPages.command(command, "1");
            for (CommandReference.Argument option : command.options()) {
                for (String name : option.names()) {
                    assertTrue(page.contains(name.replace("-", "\\-")), name);
                    assertTrue(bash.contains(name) && zsh.contains("'" + name + "["), name);
                    assertTrue(fish.contains(name.replaceFirst("^-+", "")), name);
                }
            }
        }
    }
}
