package moka.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import moka.cli.render.Quantity;
import moka.cli.store.Models;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Deletes models from the store. Files elsewhere, and those of other programs, are never touched.",
        footer = {"", "Example:", "  moka rm hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M"})
final class RemoveCommand extends Command {
    private final Streams streams;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Models as 'moka list' shows them.")
    List<String> names = List.of();

    RemoveCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        Models models = Models.of(streams.environment());
        for (String name : names) {
            Path file = models.store().find(name).orElseThrow(() -> notHere(models, name));
            try {
                streams.note(name + ": deleted, " + Quantity.bytes(models.store().remove(file)) + " are free again");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return ExitCode.OK;
    }

    private static CommandFailure notHere(Models models, String name) {
        Optional<Path> elsewhere = models.find(name);
        return CommandFailure.failed(
                elsewhere.isPresent()
                        ? name + ": is not in the store but at " + elsewhere.get() + ", which is not ours to delete"
                        : name + ": no such model in " + models.store().root() + " (moka list shows them)");
    }
}
