package moka.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import moka.cli.render.ProgressLine;
import moka.cli.render.Quantity;
import moka.cli.render.Table;
import moka.cli.render.Table.Align;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;
import moka.engine.ModelOptions;
import moka.engine.runtime.Processors;
import moka.gguf.TensorType;
import moka.quantize.CalibratedQuantization;
import moka.quantize.Calibration;
import moka.quantize.ImportanceMatrix;
import moka.quantize.Method;
import moka.quantize.Mixture;
import moka.quantize.ModelSource;
import moka.quantize.Quantization;
import moka.quantize.QuantizeOptions;
import moka.quantize.TypeOverrides;
import moka.quantize.checkpoint.Checkpoint;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Makes a smaller model: each tensor in a type of fewer bits.",
        footer = {
            "",
            "Examples:",
            "  moka quantize Qwen3-0.6B/ Qwen3-0.6B-Q4_K_M.gguf Q4_K_M",
            "  moka quantize model-F16.gguf Q4_K_M --imatrix imatrix.gguf",
            "  moka quantize model-F16.gguf Q4_K_M --method gptq --calibration text.txt",
            "  moka quantize model-F16.gguf small.gguf Q3_K_M --tensor-type ffn_down=Q5_K --dry-run"
        })
final class QuantizeCommand extends Command {
    private final Streams streams;

    @Parameters(index = "0", paramLabel = "IN", description = "Model to read: a GGUF file, or a folder with config.json and safetensors.")
    Path in = Path.of("");

    @Parameters(index = "1..*", arity = "1..2", paramLabel = "[OUT] TYPE", description = "File to write (default: IN's name with the type), and the mixture of types, such as Q4_K_M.")
    List<String> outAndType = List.of();

    @Option(names = "--imatrix", paramLabel = "FILE", description = "Importance matrix (see 'moka imatrix'): errors count by the size of the inputs they meet.")
    @Nullable Path importance;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "rtn, imatrix, awq, gptq, awq+gptq or smoothquant (default: imatrix with --imatrix, else rtn); see docs/quantization.md.")
    @Nullable String method;

    @Option(names = "--calibration", paramLabel = "FILE", description = "Text for the methods that look at inputs; never the text you measure with.")
    @Nullable Path calibration;

    @Option(names = "--calibration-context", paramLabel = "N", hidden = true, description = "Tokens of a window of it (default: 512).")
    int calibrationWindow = 512;

    @Option(names = "--calibration-chunks", paramLabel = "N", hidden = true, description = "Only its first N windows (default: all).")
    int calibrationChunks = -1;

    @Option(names = "--tensor-type", paramLabel = "PATTERN=TYPE", description = "Type of the tensors in whose name the regular expression is found; may be repeated, the first that fits counts.")
    List<String> tensorTypes = List.of();

    @Option(names = "--output-tensor-type", paramLabel = "TYPE", description = "Type of the output matrix.")
    @Nullable String outputType;

    @Option(names = "--token-embedding-type", paramLabel = "TYPE", description = "Type of the token embedding.")
    @Nullable String embeddingType;

    @Option(names = "--pure", description = "All matrices in the base type, no mixture.")
    boolean pure;

    @Option(names = "--leave-output-tensor", hidden = true, description = "Keep the output matrix as it is.")
    boolean keepOutput;

    @Option(names = "--allow-requantize", description = "Allow a source that is quantized already: errors add up.")
    boolean allowRequantize;

    @Option(names = "--keep-split", description = "Write as many parts as the source has.")
    boolean keepSplit;

    @Option(names = "--dry-run", description = "Show what would be done, with sizes, and write nothing.")
    boolean dryRun;

    @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads (default: the physical cores that the process may use).")
    int threads;

    QuantizeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        String typeName = outAndType.getLast();
        Mixture mixture = Mixture.byName(typeName)
                .orElseThrow(() -> CommandFailure.usage("type '" + typeName + "', expected one of "
                        + Stream.of(Mixture.values()).map(Enum::name).collect(Collectors.joining(", "))));
        Path out = outAndType.size() == 2 ? Path.of(outAndType.getFirst()) : defaultOutput(mixture);
        checkPaths(out);
        checkMethod();
        QuantizeOptions options = new QuantizeOptions(
                mixture,
                overrides(),
                Optional.ofNullable(importance).map(ImportanceMatrix::read),
                allowRequantize,
                keepSplit,
                threads > 0 ? threads : Processors.defaultThreads());
        try (ModelSource source = Checkpoint.isCheckpoint(in) ? Checkpoint.open(in) : ModelSource.openGguf(in)) {
            Quantization quantization = new Quantization(source, options);
            List<Quantization.Step> plan = quantization.plan();
            warn(plan);
            if (dryRun) {
                streams.out().print(table(plan));
                streams.out().line(summary(plan));
                return ExitCode.OK;
            }
            long start = System.nanoTime();
            quantize(quantization, source, options, out);
            double seconds = (System.nanoTime() - start) / 1e9;
            streams.note(String.format(
                    Locale.ROOT, "%s: %s, %s, %.0f MB/s", out, summary(plan), Quantity.duration(seconds), fromBytes(plan) / 1e6 / seconds));
        }
        return ExitCode.OK;
    }

    private Path defaultOutput(Mixture mixture) {
        String name = String.valueOf(in.toAbsolutePath().normalize().getFileName()).replaceFirst("(?i)[-._]?(f16|bf16|f32)?\\.(gguf|safetensors|safetensors\\.index\\.json)$", "");
        return in.resolveSibling(name + "-" + mixture + ".gguf");
    }

    private void checkPaths(Path out) {
        try {
            if (Files.exists(out) && Files.exists(in) && Files.isSameFile(in, out)) {
                throw CommandFailure.usage("OUT is the same file as IN: '" + out + "'");
            }
        } catch (java.io.IOException e) {
            throw CommandFailure.failed(out + ": cannot be looked at (" + e.getMessage() + ")");
        }
    }

    private TypeOverrides overrides() {
        List<TypeOverrides.ByName> patterns = new ArrayList<>();
        for (String entry : tensorTypes) {
            int equals = entry.lastIndexOf('=');
            if (equals < 1) {
                throw CommandFailure.usage("--tensor-type '" + entry + "', expected PATTERN=TYPE");
            }
            try {
                patterns.add(new TypeOverrides.ByName(Pattern.compile(entry.substring(0, equals)), type("--tensor-type", entry.substring(equals + 1))));
            } catch (PatternSyntaxException e) {
                throw CommandFailure.usage("--tensor-type '" + entry + "': " + e.getDescription() + " at character " + (e.getIndex() + 1));
            }
        }
        return new TypeOverrides(
                patterns,
                Optional.ofNullable(outputType).map(it -> type("--output-tensor-type", it)),
                Optional.ofNullable(embeddingType).map(it -> type("--token-embedding-type", it)),
                pure,
                keepOutput);
    }

    private static TensorType type(String option, String name) {
        for (TensorType type : TensorType.values()) {
            if (type.name().equalsIgnoreCase(name)) {
                return type;
            }
        }
        throw CommandFailure.usage(option + ": type '" + name + "', expected a tensor type such as Q4_K, Q6_K or F16");
    }

    private void warn(List<Quantization.Step> plan) {
        plan.stream()
                .filter(Quantization.Step::wantsWeights)
                .findFirst()
                .ifPresent(step -> streams.note("moka: tensor '" + step.name() + "' becomes " + step.to()
                        + " without an importance matrix: the result will be poor, make one with 'moka imatrix' and give it with --imatrix"));
    }

    /** Without a name: with the matrix that was given, else without. */
    private Method method() {
        if (method == null) {
            return importance == null ? Method.RTN : Method.IMATRIX;
        }
        return Method.byName(method)
                .orElseThrow(() -> CommandFailure.usage(
                        "--method '" + method + "', expected rtn, imatrix, awq, gptq, awq+gptq or smoothquant"));
    }

    private void checkMethod() {
        Method chosen = method();
        if (calibration != null && Checkpoint.isCheckpoint(in)) {
            throw CommandFailure.usage("--calibration runs the model, which takes a GGUF file: make one first with 'moka quantize " + in + " F16'");
        }
        if (chosen.calibrates() && calibration == null) {
            throw CommandFailure.usage("--method " + method + " needs --calibration FILE, a text such as the model will see");
        }
        if (chosen == Method.IMATRIX && importance == null && calibration == null) {
            throw CommandFailure.usage("--method imatrix needs --imatrix FILE or --calibration FILE");
        }
        if (chosen == Method.RTN && importance != null) {
            throw CommandFailure.usage("--method rtn does not use --imatrix: leave one of them out");
        }
    }

    private void quantize(Quantization quantization, ModelSource source, QuantizeOptions options, Path out) {
        boolean each = general.verbose;
        try (ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "quantize", "MB")) {
            Quantization.Listener listener = new Quantization.Listener() {
                private String now = "";

                @Override
                public void onTensor(Quantization.Step step, int index, int count) {
                    now = step.name();
                    if (each) {
                        progress.clear();
                        streams.note(String.format(
                                Locale.ROOT, "[%d/%d] %s: %s to %s%s", index + 1, count, step.name(), step.from(), step.to(), step.weighted() ? ", weighted" : ""));
                    }
                }

                @Override
                public void onProgress(long done, long total) {
                    progress.at(done / 1_000_000, total / 1_000_000, now);
                }
            };
            if (calibration == null) {
                quantization.run(out, listener);
            } else {
                calibrated(source, options, out, listener);
            }
        }
    }

    private void calibrated(ModelSource source, QuantizeOptions options, Path out, Quantization.Listener listener) {
        Calibration run = new Calibration(
                in,
                ModelOptions.DEFAULT.withThreads(options.threads()),
                TextFiles.of(calibration),
                calibrationWindow,
                calibrationChunks,
                true);
        try (ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "calibrate", "windows")) {
            new CalibratedQuantization(options, method(), run).run(source, out, progress::at, listener);
        }
    }

    private static String table(List<Quantization.Step> plan) {
        Table table = new Table(
                List.of("tensor", "from", "to", "weighted", "before", "after"),
                List.of(Align.LEFT, Align.LEFT, Align.LEFT, Align.LEFT, Align.RIGHT, Align.RIGHT));
        for (Quantization.Step step : plan) {
            table.row(
                    step.name(),
                    step.from().name(),
                    step.to().name(),
                    step.weighted() ? "yes" : "",
                    Quantity.bytes(step.fromBytes()),
                    Quantity.bytes(step.toBytes()));
        }
        return table.plain();
    }

    private static String summary(List<Quantization.Step> plan) {
        long elements = plan.stream().mapToLong(Quantization.Step::elements).sum();
        long to = plan.stream().mapToLong(Quantization.Step::toBytes).sum();
        return String.format(
                Locale.ROOT,
                "%s to %s, %.2f bits per weight",
                Quantity.bytes(fromBytes(plan)),
                Quantity.bytes(to),
                8.0 * to / elements);
    }

    private static long fromBytes(List<Quantization.Step> plan) {
        return plan.stream().mapToLong(Quantization.Step::fromBytes).sum();
    }
}
