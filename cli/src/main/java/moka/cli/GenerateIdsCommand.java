package moka.cli;

import moka.cli.render.AnswerNotes;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.sampling.SamplingOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine;

@CommandLine.Command(
        description = "Continues token ids greedily and prints the ids that follow. End tokens do not end it.",
        footer = {"", "Example:", "  moka generate-ids model.gguf --ids 1,15043 -n 16"})
final class GenerateIdsCommand extends Command {
    private final Streams streams;

    @Mixin
    final EngineOptions engine = new EngineOptions();

    @Mixin
    final ContextOptions context = new ContextOptions();

    @Mixin
    final SamplingFlags sampling = new SamplingFlags();

    @Option(names = "--ids", paramLabel = "IDS", description = "Token ids with commas between them.")
    @Nullable String ids;

    @Option(names = {"-n", "--predict", "--max-tokens"}, paramLabel = "N", description = "How many (default: 16).")
    int count = 16;

    @Option(names = "--stop-at-end", description = "End at an end token.")
    boolean stopAtEnd;

    GenerateIdsCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        int[] prompt = TokenIds.parse(ids);
        if (prompt.length == 0) {
            throw CommandFailure.usage("--ids is empty, expected at least one id");
        }
        try (Model model = engine.open(streams, general.verbose);
                Session session = model.newSession(context.sessionOptions())) {
            GenerationOptions options = GenerationOptions.DEFAULT
                    .withSampling(sampling.over(SamplingOptions.GREEDY))
                    .withMaxTokens(count)
                    .withIgnoreEndOfGeneration(!stopAtEnd);
            GenerationResult result = session.generate(prompt, options, GenerationListener.SILENT);
            streams.out().line(TokenIds.format(result.tokens().stream().mapToInt(Integer::intValue).toArray()));
            AnswerNotes.afterAnswer(session, result, general.verbose).forEach(streams::note);
        }
        return ExitCode.OK;
    }
}
