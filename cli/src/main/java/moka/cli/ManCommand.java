package moka.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import moka.cli.reference.CommandReference;
import moka.cli.reference.ManPages;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Prints a manual page, or writes all of them into a folder.",
        footer = {
            "",
            "Examples:",
            "  moka man run | man -l -",
            "  moka man -o ~/.local/share/man/man1"
        })
final class ManCommand extends Command {
    private final Streams streams;

    @Parameters(paramLabel = "COMMAND", arity = "0..1", description = "The command (default: the program).")
    @Nullable String command;

    @Option(names = {"-o", "--output"}, paramLabel = "DIR", description = "Write all pages into this folder.")
    @Nullable Path folder;

    ManCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        Commands commands = new Commands(streams);
        if (folder != null) {
            write(folder, commands.references(List.of()));
        } else if (command != null) {
            streams.out().print(ManPages.command(commands.references(List.of(command)).getFirst(), Moka.version()));
        } else {
            streams.out().print(ManPages.program(commands.references(List.of()), Moka.version()));
        }
        return ExitCode.OK;
    }

    private void write(Path target, List<CommandReference> references) {
        try {
            Files.createDirectories(target);
            Files.writeString(target.resolve("moka.1"), ManPages.program(references, Moka.version()));
            for (CommandReference reference : references) {
                Files.writeString(target.resolve("moka-" + reference.name() + ".1"), ManPages.command(reference, Moka.version()));
            }
            streams.note(references.size() + 1 + " pages written to " + target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
