package moka.cli;

import java.nio.file.Path;
import java.util.Locale;
import moka.cli.render.ProgressLine;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.engine.Model;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine;

@CommandLine.Command(
        description = "Computes the perplexity of a text as llama.cpp does: windows of -c tokens, each from an empty cache, the second half scored.",
        footer = {
            "",
            "Examples:",
            "  moka perplexity model.gguf -f wiki.test.raw",
            "  moka perplexity model.gguf -f text.txt -c 256 --chunks 20 --json",
            "  moka perplexity model.gguf -f hellaswag_val_full.txt --hellaswag"
        })
final class PerplexityCommand extends Command {
    private static final int DEFAULT_WINDOW = 512;

    private final Streams streams;

    @Mixin
    final EngineOptions engine = new EngineOptions();

    @Mixin
    final ContextOptions context = new ContextOptions();

    @Mixin
    final TextOptions text = new TextOptions();

    @Option(names = "--chunks", paramLabel = "N", description = "Only the first N windows.")
    int chunks = -1;

    @Option(names = "--each-window", description = "Print the running value after each window.")
    boolean eachWindow;

    @Option(
            names = {"--kl-divergence-base", "--save-all-logits"},
            paramLabel = "FILE",
            description = "File of a base model's log-probabilities: written, or with --kl-divergence read.")
    @Nullable Path baseFile;

    @Option(names = "--kl-divergence", description = "Measure how far the predictions are from those in the base file.")
    boolean divergence;

    @Mixin
    final ChoiceReport.Flags choices = new ChoiceReport.Flags();

    @Option(names = "--json", description = "The result as a JSON object.")
    boolean json;

    @Mixin
    final AcceptedFlags accepted = new AcceptedFlags();

    PerplexityCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        accepted.tell(streams);
        if (chunks == 0) {
            throw CommandFailure.usage("--chunks 0, expected 1 or more (or -1 for all)");
        }
        if (choices.wanted()) {
            return new ChoiceReport(this, streams).run();
        }
        if (divergence || baseFile != null) {
            return new DivergenceReport(this, streams).run();
        }
        int window = context.contextLength == 0 ? DEFAULT_WINDOW : context.contextLength;
        if (window < 4) {
            throw CommandFailure.usage("-c " + window + ", expected a window of 4 tokens or more");
        }
        String content = text.require(streams);
        long start = System.nanoTime();
        try (Model model = engine.open(streams, general.verbose);
                ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "perplexity", "windows")) {
            Perplexity perplexity = new Perplexity(model, context.sessionOptions(), window);
            Perplexity.Estimate estimate = perplexity.of(content, chunks, (done, total, soFar) -> {
                progress.at(done, total, format("PPL %.4f", soFar.perplexity()));
                if (eachWindow) {
                    streams.out().print(format("[%d]%.4f,", done, soFar.perplexity()));
                    streams.out().flush();
                }
            });
            progress.clear();
            print(estimate, window, (System.nanoTime() - start) / 1e9);
        }
        return ExitCode.OK;
    }

    private void print(Perplexity.Estimate estimate, int window, double seconds) {
        if (eachWindow) {
            streams.out().line();
        }
        if (json) {
            streams.out().line(format(
                    "{\"perplexity\":%.6f,\"error\":%.6f,\"windows\":%d,\"window\":%d,\"tokens\":%d,\"seconds\":%.3f}",
                    estimate.perplexity(), estimate.error(), estimate.windows(), window, estimate.tokens(), seconds));
        } else {
            streams.out().line(format(
                    "Final estimate: PPL = %.4f +/- %.5f (%d windows of %d tokens)",
                    estimate.perplexity(), estimate.error(), estimate.windows(), window));
        }
        if (general.verbose) {
            streams.note(format("%.1f s, %.0f tokens/s", seconds, estimate.windows() * (double) window / seconds));
        }
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
