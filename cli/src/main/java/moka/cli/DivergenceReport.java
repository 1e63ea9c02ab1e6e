package moka.cli;

import java.util.Locale;
import moka.cli.render.ProgressLine;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.engine.Model;
import moka.engine.Session;
import moka.quantize.quality.BaseLogits;
import moka.quantize.quality.Divergence;
import moka.quantize.quality.Mean;
import moka.quantize.quality.TextWindows;

/** What {@code moka perplexity} does with a base file: writes it, or measures against it. */
final class DivergenceReport {
    private static final int DEFAULT_WINDOW = 512;

    private final PerplexityCommand command;
    private final Streams streams;

    DivergenceReport(PerplexityCommand command, Streams streams) {
        this.command = command;
        this.streams = streams;
    }

    int run() {
        if (command.baseFile == null) {
            throw CommandFailure.usage("--kl-divergence needs --kl-divergence-base FILE, written before with the base model");
        }
        try (Model model = command.engine.open(streams, command.general.verbose);
                ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "perplexity", "windows")) {
            if (command.divergence) {
                Divergence.Summary summary = measure(model, progress);
                progress.clear();
                streams.out().print(command.json ? json(summary) : text(summary));
            } else {
                write(model, progress);
            }
        }
        return ExitCode.OK;
    }

    private void write(Model model, ProgressLine progress) {
        int window = command.context.contextLength == 0 ? DEFAULT_WINDOW : command.context.contextLength;
        TextWindows windows = TextWindows.of(model, command.text.require(streams), window, command.chunks, false);
        try (BaseLogits.Writer writer = new BaseLogits.Writer(command.baseFile, windows, model.vocabularySize());
                Session session = model.newSession(command.context.sessionOptions().withContextLength(window))) {
            for (int i = 0; i < windows.count(); i++) {
                windows.score(session, i, writer);
                progress.at(i + 1, windows.count());
            }
            writer.commit();
        }
        progress.clear();
        streams.note(command.baseFile + ": log-probabilities of " + windows.count() + " windows of " + window + " tokens");
    }

    private Divergence.Summary measure(Model model, ProgressLine progress) {
        try (BaseLogits.Reader base = new BaseLogits.Reader(command.baseFile)) {
            if (base.vocabulary() != model.vocabularySize()) {
                throw CommandFailure.failed(command.baseFile + ": made with a vocabulary of " + base.vocabulary() + " tokens, "
                        + model.name() + " has " + model.vocabularySize());
            }
            TextWindows windows = base.windows();
            int count = command.chunks < 0 ? windows.count() : Math.min(command.chunks, windows.count());
            Divergence divergence = new Divergence();
            float[] expected = new float[base.vocabulary()];
            try (Session session = model.newSession(command.context.sessionOptions().withContextLength(windows.length()))) {
                for (int i = 0; i < count; i++) {
                    windows.score(session, i, (logits, next) -> {
                        base.next(expected);
                        divergence.add(expected, logits, next);
                    });
                    progress.at(i + 1, count, format("KL %.5f", divergence.summary().divergence().value()));
                }
            }
            return divergence.summary();
        }
    }

    private static String text(Divergence.Summary summary) {
        return line("perplexity", summary.perplexity(), 1, "")
                + line("perplexity of the base", summary.basePerplexity(), 1, "")
                + line("ln(perplexity / base)", summary.logRatio(), 1, "")
                + line("KL divergence, mean", summary.divergence(), 1, " nats")
                + format("%-28s%11.6f nats%n", "  median", summary.median())
                + format("%-28s%11.6f nats%n", "  99 % below", summary.percentile99())
                + format("%-28s%11.6f nats%n", "  99.9 % below", summary.percentile999())
                + format("%-28s%11.6f nats%n", "  largest", summary.largest())
                + line("same most probable token", summary.sameTop(), 100, " %")
                + line("right token's probability, RMS difference", summary.probabilityDifference(), 100, " %")
                + format("%d tokens scored%n", summary.tokens());
    }

    private static String line(String what, Mean mean, double factor, String unit) {
        return format("%-28s%11.6f ± %.6f%s%n", what, factor * mean.value(), factor * mean.error(), unit);
    }

    static String json(Divergence.Summary summary) {
        return format(
                "{\"tokens\":%d,\"perplexity\":%.6f,\"perplexityError\":%.6f,\"basePerplexity\":%.6f,\"klDivergence\":%.8f,\"klDivergenceError\":%.8f,"
                        + "\"klMedian\":%.8f,\"kl99\":%.8f,\"kl999\":%.8f,\"klLargest\":%.8f,\"sameTop\":%.6f,\"sameTopError\":%.6f}%n",
                summary.tokens(),
                summary.perplexity().value(),
                summary.perplexity().error(),
                summary.basePerplexity().value(),
                summary.divergence().value(),
                summary.divergence().error(),
                summary.median(),
                summary.percentile99(),
                summary.percentile999(),
                summary.largest(),
                summary.sameTop().value(),
                summary.sameTop().error());
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
