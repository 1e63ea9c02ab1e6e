package moka.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import moka.cli.render.ProgressLine;
import moka.cli.render.Table;
import moka.cli.render.Table.Align;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.quantize.Calibration;
import moka.quantize.ImportanceMatrix;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Measures on a text how large the inputs of each matrix are: the importance matrix of 'moka quantize'.",
        footer = {
            "",
            "Examples:",
            "  moka imatrix model-F16.gguf -f calibration.txt -o imatrix.gguf",
            "  moka imatrix model-F16.gguf -f more.txt --in-file imatrix.gguf -o imatrix.gguf",
            "  moka imatrix --in-file imatrix.gguf --show-statistics"
        })
final class ImatrixCommand extends Command {
    private final Streams streams;

    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "Model file; not needed to merge or show matrices.")
    @Nullable Path model;

    @Option(names = {"-m", "--model"}, paramLabel = "FILE", hidden = true, description = "The same as MODEL.")
    @Nullable Path namedModel;

    @Mixin
    final TextOptions text = new TextOptions();

    @Option(names = {"-o", "--output", "--output-file"}, paramLabel = "FILE", description = "File to write (default: imatrix.gguf).")
    @Nullable Path output;

    @Option(names = "--in-file", paramLabel = "FILE", description = "An importance matrix to add to; may be repeated.")
    List<Path> inFiles = List.of();

    @Option(names = {"-c", "--context", "--ctx-size"}, paramLabel = "N", description = "Tokens of a window (default: 512).")
    int window = 512;

    @Option(names = "--chunks", paramLabel = "N", description = "Only the first N windows.")
    int chunks = -1;

    @Option(names = "--parse-special", description = "Names of special tokens in the text stand for them.")
    boolean parseSpecial;

    @Option(names = "--process-output", description = "Measure the output matrix too.")
    boolean withOutput;

    @Option(names = "--show-statistics", description = "Print for each matrix how its inputs are distributed.")
    boolean showStatistics;

    @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads (default: the physical cores that the process may use).")
    int threads;

    @Mixin
    final KernelOptions kernels = new KernelOptions();

    @Option(names = "--no-ppl", hidden = true, description = "Of llama.cpp: taken, no perplexity is computed beside.")
    boolean noPerplexity;

    @Option(names = {"-b", "--batch-size", "-ub", "--ubatch-size"}, paramLabel = "N", hidden = true, description = "Of llama.cpp: taken, a window is computed at once.")
    String @Nullable [] batchSizes;

    @Mixin
    final AcceptedFlags accepted = new AcceptedFlags();

    ImatrixCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        accepted.tell(streams);
        if (model != null && namedModel != null) {
            throw CommandFailure.usage("two models: '" + model + "' and --model '" + namedModel + "', expected one");
        }
        model = model == null ? namedModel : model;
        Path target = output == null ? Path.of("imatrix.gguf") : output;
        if (model != null) {
            requireWritable(target);
        }
        ImportanceMatrix matrix = inFiles.stream()
                .map(ImportanceMatrix::read)
                .reduce(ImportanceMatrix::merge)
                .orElse(null);
        if (model != null) {
            ImportanceMatrix measured = measure(model);
            matrix = matrix == null ? measured : matrix.merge(measured);
        }
        if (matrix == null) {
            throw CommandFailure.usage("nothing to do: give MODEL and a text, or --in-file FILE");
        }
        if (showStatistics) {
            streams.out().print(statistics(matrix));
        }
        if (model != null || output != null) {
            matrix.write(target);
            streams.note(target + ": " + matrix.entries().size() + " matrices, " + matrix.chunkCount() + " windows");
        }
        return ExitCode.OK;
    }

    /** Before hours of measuring, not after them. */
    private static void requireWritable(Path target) {
        Path folder = target.toAbsolutePath().getParent();
        boolean other = Files.exists(target) && !Files.isRegularFile(target);
        if (other || folder == null || !Files.isWritable(folder)) {
            throw CommandFailure.failed(target + ": cannot be written: "
                    + (other ? "it is a directory, a device or a pipe" : "no right to write in " + folder + ", or no such folder"));
        }
    }

    private ImportanceMatrix measure(Path path) {
        String name = text.file == null ? "text" : String.valueOf(Path.of(text.file).getFileName());
        Calibration calibration = new Calibration(
                path, kernels.modelOptions(threads), text.require(streams), window, chunks, parseSpecial);
        try (ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "imatrix", "windows")) {
            return calibration.importance(name, withOutput, progress::at);
        }
    }

    /** Matrices by the sum of their mean squares: how much of it the largest columns have tells what weighting can gain. */
    private static String statistics(ImportanceMatrix matrix) {
        Table table = new Table(
                List.of("matrix", "columns", "mean square", "largest", "top 1 % of columns", "unused"),
                List.of(Align.LEFT, Align.RIGHT, Align.RIGHT, Align.RIGHT, Align.RIGHT, Align.RIGHT));
        matrix.entries().entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<String, ImportanceMatrix.Entry> it) -> -mean(it.getValue().weights())))
                .forEach(it -> {
                    float[] weights = it.getValue().weights();
                    Arrays.sort(weights);
                    double total = mean(weights) * weights.length;
                    double top = 0;
                    int share = Math.max(1, weights.length / 100);
                    int unused = 0;
                    for (int i = 0; i < weights.length; i++) {
                        top += i >= weights.length - share ? weights[i] : 0;
                        unused += weights[i] == 0 ? 1 : 0;
                    }
                    table.row(
                            it.getKey(),
                            String.valueOf(it.getValue().columns()),
                            number(mean(weights)),
                            number(weights[weights.length - 1]),
                            String.format(Locale.ROOT, "%.1f %%", total > 0 ? 100 * top / total : 0),
                            String.valueOf(unused));
                });
        return table.plain();
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
