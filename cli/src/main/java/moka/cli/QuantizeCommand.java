package moka.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import moka.cli.render.Quantity;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.engine.ModelOptions;
import moka.engine.runtime.Processors;
import moka.quantize.AutoQuantization;
import moka.quantize.CalibratedQuantization;
import moka.quantize.Calibration;
import moka.quantize.Mixture;
import moka.quantize.ModelSource;
import moka.quantize.Quantization;
import moka.quantize.QuantizeOptions;
import moka.quantize.checkpoint.Checkpoint;
import moka.quantize.checkpoint.ConvertedCheckpoint;
import moka.quantize.checkpoint.PackedImport;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
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
            "  moka quantize model-F16.gguf --method auto --bpw 4.25 --calibration text.txt",
            "  moka quantize model-F16.gguf Q3_K_M --tensor-type ffn_down=Q5_K --dry-run"
        })
final class QuantizeCommand extends Command {
    private final Streams streams;

    @Parameters(index = "0", paramLabel = "IN", description = "Model to read: a GGUF file, or a folder with config.json and safetensors.")
    Path in = Path.of("");

    @Parameters(
            index = "1..*",
            arity = "0..3",
            paramLabel = "[OUT] TYPE",
            description = "File to write (default: IN's name with the type), and the mixture of types, such as Q4_K_M; NEAREST for a packed checkpoint. A number behind it is --threads.")
    List<String> outAndType = List.of();

    @Mixin
    final MethodFlags method = new MethodFlags();

    @Mixin
    final TypeFlags types = new TypeFlags();

    @Option(names = "--allow-requantize", description = "Allow a source that is quantized already.")
    boolean allowRequantize;

    @Option(names = "--keep-split", description = "Write as many parts as the source has.")
    boolean keepSplit;

    @Option(names = "--dry-run", description = "Show what would be done, write nothing.")
    boolean dryRun;

    @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads (default: the physical cores that the process may use).")
    int threads;

    QuantizeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        takeThreads();
        boolean nearest = PackedReport.isNearest(outAndType) && !method.sized();
        Optional<Mixture> mixture = nearest ? Optional.empty() : mixture();
        Path out = outAndType.size() == (mixture.isPresent() || nearest ? 2 : 1) ? Path.of(outAndType.getFirst()) : defaultOutput(mixture);
        checkPaths(out);
        method.check();
        if (threads < 0) {
            throw CommandFailure.usage("--threads " + threads + ", expected 1 or more (or 0 for the default)");
        }
        if (method.calibration != null && nearest) {
            throw CommandFailure.usage("type NEAREST takes codes as they are stored: leave --calibration out, or say a mixture such as Q4_K_M");
        }
        if (dryRun && method.auto()) {
            throw CommandFailure.usage("--dry-run: auto chooses types by measuring, and has none to show before");
        }
        QuantizeOptions options = new QuantizeOptions(
                mixture.orElse(Mixture.Q4_K_M),
                types.overrides(),
                method.matrix(),
                allowRequantize,
                keepSplit,
                threads > 0 ? threads : Processors.defaultThreads());
        try (ModelSource source = source(out, options.threads());
                QuantizeProgress progress = new QuantizeProgress(streams, out, general.verbose)) {
            if (method.auto()) {
                auto(new Job(source, options, out, progress), mixture);
                return ExitCode.OK;
            }
            QuantizeOptions chosen = nearest ? PackedReport.nearest(source, options.threads()) : options;
            PackedImport packed = new PackedImport(chosen);
            boolean unpacks = source instanceof Checkpoint checkpoint && checkpoint.isPacked();
            Quantization quantization = unpacks ? new Quantization(source, chosen, packed) : new Quantization(source, chosen);
            List<Quantization.Step> plan = quantization.plan();
            warn(plan);
            if (dryRun) {
                streams.out().print(QuantizeReport.table(plan));
                streams.out().line(QuantizeReport.summary(plan));
            } else {
                toMixture(new Job(source, options, out, progress), quantization, plan);
            }
            if (unpacks && !dryRun) {
                PackedReport.print(packed, general.verbose, streams);
            }
        }
        return ExitCode.OK;
    }

    /** llama-quantize has the threads behind the type. */
    private void takeThreads() {
        if (outAndType.size() > 1 && outAndType.getLast().matches("\\d{1,4}")) {
            threads = Integer.parseInt(outAndType.getLast());
            outAndType = outAndType.subList(0, outAndType.size() - 1);
        }
        if (outAndType.size() > 2) {
            throw CommandFailure.usage("found " + String.join(" ", outAndType) + " behind IN, expected [OUT] TYPE");
        }
    }

    /** A checkpoint as it is, or as a file that can be run where a method does that. */
    private ModelSource source(Path out, int threadCount) {
        if (!Checkpoint.isCheckpoint(in)) {
            return ModelSource.openGguf(in);
        }
        if (method.calibration == null || dryRun) {
            return Checkpoint.open(in);
        }
        streams.note("moka: " + in + " is run to calibrate: a GGUF file of floats lies beside '" + out + "' meanwhile");
        return ConvertedCheckpoint.of(in, out, threadCount, new Quantization.Listener() {});
    }

    /** The last word, unless the size is said otherwise. */
    private Optional<Mixture> mixture() {
        Optional<Mixture> named = outAndType.isEmpty() ? Optional.empty() : Mixture.byName(outAndType.getLast());
        if (method.sized()) {
            if (named.isPresent() || outAndType.size() > 1) {
                throw CommandFailure.usage("TYPE and --bpw or --size both say how large: leave '" + outAndType.getLast() + "' out");
            }
            return named;
        }
        if (named.isEmpty()) {
            throw CommandFailure.usage((outAndType.isEmpty() ? "no type given" : "type '" + outAndType.getLast() + "'") + ", expected one of "
                    + Stream.of(Mixture.values()).map(Enum::name).collect(Collectors.joining(", ")));
        }
        return named;
    }

    private Path defaultOutput(Optional<Mixture> mixture) {
        String name = String.valueOf(in.toAbsolutePath().normalize().getFileName())
                .replaceFirst("(?i)[-._]?(f16|bf16|f32)?\\.(gguf|safetensors|safetensors\\.index\\.json)$", "");
        if (PackedReport.isNearest(outAndType)) {
            return in.resolveSibling(name + "-nearest.gguf");
        }
        String size = method.bitsPerWeight != 0 ? method.bitsPerWeight + "bpw" : String.valueOf(method.size);
        return in.resolveSibling(name + "-" + mixture.map(Enum::name).orElse(size) + (method.feedbackRounds() > 0 ? "-feedback" : method.auto() ? "-auto" : "") + ".gguf");
    }

    private void checkPaths(Path out) {
        try {
            if (Files.exists(out) && Files.exists(in) && Files.isSameFile(in, out)) {
                throw CommandFailure.usage("OUT is the same file as IN: '" + out + "'");
            }
        } catch (IOException e) {
            throw CommandFailure.failed(out + ": cannot be looked at (" + e.getMessage() + ")");
        }
    }

    private void warn(List<Quantization.Step> plan) {
        plan.stream()
                .filter(Quantization.Step::wantsWeights)
                .findFirst()
                .ifPresent(step -> streams.note("moka: tensor '" + step.name() + "' becomes " + step.to()
                        + " without an importance matrix: the result will be poor, make one with 'moka imatrix' and give it with --imatrix"));
    }

    private record Job(ModelSource source, QuantizeOptions options, Path out, QuantizeProgress progress) {}

    private void toMixture(Job job, Quantization quantization, List<Quantization.Step> plan) {
        QuantizeProgress progress = job.progress();
        if (method.calibration == null) {
            quantization.run(job.out(), progress);
        } else {
            new CalibratedQuantization(job.options(), method.method(), calibration(job)).run(job.source(), job.out(), progress, progress);
        }
        progress.clear();
        double seconds = progress.seconds();
        streams.note(String.format(
                Locale.ROOT,
                "%s: %s, %s, %.0f MB/s",
                job.out(),
                QuantizeReport.summary(plan),
                Quantity.duration(seconds),
                QuantizeReport.fromBytes(plan) / 1e6 / seconds));
    }

    private void auto(Job job, Optional<Mixture> mixture) {
        AutoQuantization.Report report = new AutoQuantization(
                        job.options(), method.method(), calibration(job), method.budget(mixture), method.probeChunks, method.feedbackRounds())
                .run(job.source(), job.out(), job.progress());
        job.progress().clear();
        if (general.verbose) {
            report.types().forEach((tensor, type) -> streams.note(tensor + ": " + type));
        }
        streams.note(QuantizeReport.chosen(report));
        streams.note(job.out() + ": " + QuantizeReport.summary(report.plan()) + ", " + Quantity.duration(job.progress().seconds()));
    }

    private Calibration calibration(Job job) {
        Path model = job.source() instanceof ConvertedCheckpoint converted ? converted.file() : in;
        return method.calibration(model, ModelOptions.DEFAULT.withThreads(job.options().threads()));
    }
}
