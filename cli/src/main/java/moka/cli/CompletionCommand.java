package moka.cli;

import java.util.List;
import moka.cli.reference.Completions;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Prints the script by which a shell completes moka's commands and options.",
        footer = {
            "",
            "Examples:",
            "  moka completion bash > ~/.local/share/bash-completion/completions/moka",
            "  moka completion zsh > ~/.zfunc/_moka",
            "  moka completion fish > ~/.config/fish/completions/moka.fish"
        })
final class CompletionCommand extends Command {
    private final Streams streams;

    @Parameters(paramLabel = "SHELL", arity = "0..1", description = "bash, zsh or fish.")
    @Nullable String shell;

    CompletionCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        if (shell == null) {
            throw CommandFailure.usage("which shell: bash, zsh or fish");
        }
        streams.out().print(Completions.of(shell, new Commands(streams).references(List.of())));
        return ExitCode.OK;
    }
}
