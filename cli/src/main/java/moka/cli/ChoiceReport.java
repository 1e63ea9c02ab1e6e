package moka.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import moka.cli.render.ProgressLine;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;
import moka.engine.Model;
import moka.engine.Session;
import moka.quantize.quality.ChoiceFormats;
import moka.quantize.quality.ChoiceScore;
import moka.quantize.quality.ChoiceTask;
import picocli.CommandLine.Option;

/** What {@code moka perplexity} does with a file of tasks: how many the model answers right. */
final class ChoiceReport {
    /** Which kind of file, and how many of its tasks. */
    static final class Flags {
        @Option(names = "--hellaswag", description = "The file has HellaSwag tasks of six lines: score them.")
        boolean hellaSwag;

        @Option(names = "--hellaswag-tasks", paramLabel = "N", hidden = true, description = "At most N of them (default: 400).")
        int hellaSwagTasks = 400;

        @Option(names = "--winogrande", description = "The file has Winogrande tasks, a line of CSV each: score them.")
        boolean winogrande;

        @Option(names = "--winogrande-tasks", paramLabel = "N", hidden = true, description = "At most N of them (default: all).")
        int winograndeTasks;

        @Option(names = "--multiple-choice", description = "The file is llama.cpp's binary of multiple-choice tasks: score them.")
        boolean multipleChoice;

        @Option(names = "--multiple-choice-tasks", paramLabel = "N", hidden = true, description = "At most N of them (default: all).")
        int multipleChoiceTasks;

        boolean wanted() {
            return hellaSwag || winogrande || multipleChoice;
        }
    }

    private final PerplexityCommand command;
    private final Streams streams;

    ChoiceReport(PerplexityCommand command, Streams streams) {
        this.command = command;
        this.streams = streams;
    }

    int run() {
        Flags flags = command.choices;
        if ((flags.hellaSwag ? 1 : 0) + (flags.winogrande ? 1 : 0) + (flags.multipleChoice ? 1 : 0) > 1) {
            throw CommandFailure.usage("--hellaswag, --winogrande and --multiple-choice: expected one of them");
        }
        if (flags.hellaSwagTasks < 0 || flags.winograndeTasks < 0 || flags.multipleChoiceTasks < 0) {
            throw CommandFailure.usage("number of tasks below 0");
        }
        try (Model model = command.engine.open(streams, command.general.verbose);
                Session session = model.newSession(command.context.sessionOptions());
                ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "score", "tasks")) {
            String name = command.text.file == null ? "tasks" : command.text.file;
            ChoiceFormats formats =
                    new ChoiceFormats(name, text -> model.tokenizer().encode(text, true, false));
            ChoiceScore score = ChoiceScore.of(session, tasks(formats), (soFar, total) -> {
                progress.at(soFar.total(), total, format("%.2f %%", 100 * soFar.share()));
                if (command.eachWindow) {
                    streams.out().line(format("%d\t%.8f%%", soFar.total(), 100 * soFar.share()));
                }
            });
            progress.clear();
            print(score);
        }
        return ExitCode.OK;
    }

    private List<ChoiceTask> tasks(ChoiceFormats formats) {
        Flags flags = command.choices;
        if (flags.hellaSwag) {
            return formats.hellaSwag(command.text.require(streams), flags.hellaSwagTasks);
        }
        if (flags.winogrande) {
            return formats.winogrande(command.text.require(streams), flags.winograndeTasks);
        }
        if (command.text.file == null) {
            throw CommandFailure.usage("--multiple-choice needs -f FILE");
        }
        return formats.multipleChoice(TextFiles.bytes(Path.of(command.text.file)), flags.multipleChoiceTasks);
    }

    private void print(ChoiceScore score) {
        double[] ends = score.interval();
        double chance = (double) score.total() / score.answers();
        if (command.json) {
            streams.out().line(format(
                    "{\"right\":%d,\"tasks\":%d,\"share\":%.6f,\"low\":%.6f,\"high\":%.6f,\"chance\":%.6f}",
                    score.right(), score.total(), score.share(), ends[0], ends[1], chance));
        } else {
            streams.out().line(format(
                    "%d of %d tasks right: %.4f %%, with 95 %% between %.2f and %.2f %%; guessing reaches %.2f %%",
                    score.right(), score.total(), 100 * score.share(), 100 * ends[0], 100 * ends[1], 100 * chance));
        }
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
