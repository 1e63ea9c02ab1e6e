package moka.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import moka.cli.json.ForeignJson;
import moka.cli.render.ProgressLine;
import moka.cli.render.ScatterPlot;
import moka.cli.render.Table;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;
import moka.quantize.quality.ModelJudge;
import moka.quantize.quality.ModelQuality;
import moka.quantize.quality.Question;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Measures model files on one text and shows them side by side: size, quality and speed.",
        footer = {
            "",
            "Examples:",
            "  moka compare F16.gguf Q8_0.gguf Q4_K_M.gguf -f text.txt",
            "  moka compare --base F16.gguf Q*.gguf -f text.txt --questions questions.jsonl --svg plot.svg"
        })
final class CompareCommand extends Command {
    private final Streams streams;

    @Parameters(paramLabel = "MODEL", arity = "1..*", description = "Model files of one vocabulary.")
    List<Path> models = List.of();

    @Option(names = "--base", paramLabel = "FILE", description = "What the others are measured against (default: the largest file).")
    @Nullable Path base;

    @Option(names = {"-f", "--file"}, paramLabel = "FILE", required = true, description = "Text to measure on; not the one used for calibration.")
    Path text = Path.of("");

    @Option(names = {"-c", "--context", "--ctx-size"}, paramLabel = "N", description = "Tokens of a window (default: 512).")
    int window = 512;

    @Option(names = "--chunks", paramLabel = "N", description = "Only the first N windows.")
    int chunks = -1;

    @Option(names = "--questions", paramLabel = "FILE", description = "Questions as JSON lines with \"prompt\" and \"accept\", a list of texts of which one has to be in the reply.")
    @Nullable Path questions;

    @Option(names = "--json", description = "The figures as JSON.")
    boolean json;

    @Option(names = "--svg", paramLabel = "FILE", description = "Write a plot of KL divergence against bits per weight.")
    @Nullable Path svg;

    @Option(names = "--no-plot", description = "No plot after the table.")
    boolean noPlot;

    @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads (default: the physical cores that the process may use).")
    int threads;

    @Mixin
    final KernelOptions kernels = new KernelOptions();

    CompareCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        Path reference = base != null ? base : largest();
        List<Question> asked = questions == null ? List.of() : questions(questions);
        List<ModelQuality> measured = new ArrayList<>();
        Path logits = null;
        try (ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "compare", "steps")) {
            logits = Files.createTempFile("moka-base", ".kld");
            ModelJudge.writeBase(
                    reference,
                    kernels.modelOptions(threads),
                    TextFiles.of(text),
                    window,
                    chunks,
                    logits,
                    (what, done, total) -> progress.at(done, total, what));
            ModelJudge judge = new ModelJudge(kernels.modelOptions(threads), logits, asked);
            for (Path model : models) {
                measured.add(judge.measure(model, (what, done, total) -> progress.at(done, total, what)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            delete(logits);
        }
        print(measured, reference);
        return ExitCode.OK;
    }

    private Path largest() {
        Path largest = models.getFirst();
        try {
            for (Path model : models) {
                largest = Files.size(model) > Files.size(largest) ? model : largest;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return largest;
    }

    private static void delete(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Question> questions(Path file) {
        List<Question> questions = new ArrayList<>();
        for (String line : TextFiles.of(file).lines().filter(it -> !it.isBlank()).toList()) {
            questions.add(ForeignJson.read(line, CompareCommand::question)
                    .orElseThrow(() -> CommandFailure.failed(
                            file + ": line " + (questions.size() + 1) + " is no JSON object with \"prompt\" and \"accept\"")));
        }
        return questions;
    }

    private static Question question(JsonElement line) {
        JsonObject object = line.getAsJsonObject();
        List<String> accept = object.getAsJsonArray("accept").asList().stream()
                .map(JsonElement::getAsString)
                .toList();
        return new Question(object.get("prompt").getAsString(), accept);
    }

    private void print(List<ModelQuality> measured, Path reference) {
        if (json) {
            streams.out().line(CompareReport.json(measured));
        } else {
            // For a file or a pipe one table; in a terminal parts that fit.
            Table table = CompareReport.table(measured);
            streams.out().print(streams.outputIsTerminal() ? table.markdown(streams.columns()) : table.markdown());
            streams.out().line("\nKL divergence in nats from " + reference.getFileName() + " on " + text.getFileName() + ", "
                    + measured.getFirst().divergence().tokens() + " tokens; speed on " + window + " tokens, one run.");
        }
        ScatterPlot plot = CompareReport.plot(measured);
        if (!json && !noPlot) {
            streams.out().print("\n" + plot.text());
        }
        if (svg != null) {
            try {
                Files.writeString(svg, plot.svg());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
