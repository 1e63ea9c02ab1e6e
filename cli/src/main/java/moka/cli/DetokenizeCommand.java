package moka.cli;

import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.gguf.GgufFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine;

@CommandLine.Command(
        description = "Prints the text of token ids, exactly.",
        footer = {"", "Example:", "  moka detokenize model.gguf --ids 1,15043,29991"})
final class DetokenizeCommand extends Command {
    private final Streams streams;

    @Mixin
    final VocabularyOptions vocabulary = new VocabularyOptions();

    @Option(names = "--ids", paramLabel = "IDS", description = "Token ids with commas between them.")
    @Nullable String ids;

    @Option(names = "--remove-special", description = "Leave out the BOS and EOS that the file adds.")
    boolean removeSpecial;

    @Option(names = "--no-special", description = "Do not show control tokens as text.")
    boolean noSpecial;

    DetokenizeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        int[] parsed = TokenIds.parse(ids);
        try (GgufFile file = vocabulary.source().openFile()) {
            String text = vocabulary.tokenizer(file, streams).decode(parsed, removeSpecial, !noSpecial);
            streams.out().print(text);
            if (streams.outputIsTerminal() && !text.endsWith("\n")) {
                streams.out().line();
            }
        }
        return ExitCode.OK;
    }
}
