package moka.cli;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import moka.cli.bench.BenchModel;
import moka.cli.bench.BenchPlan;
import moka.cli.bench.BenchResult;
import moka.cli.bench.BenchRunner;
import moka.cli.bench.BenchSettings;
import moka.cli.bench.BenchTest;
import moka.cli.bench.Comparison;
import moka.cli.bench.DepthPlot;
import moka.cli.bench.IntegerRate;
import moka.cli.bench.MachineLimits;
import moka.cli.bench.MemoryBandwidth;
import moka.cli.bench.ProfileTable;
import moka.cli.bench.ResultPrinter;
import moka.cli.render.ProgressLine;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Output;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.SessionOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Measures tokens per second as llama-bench does. Numbers are lists: 1,2,4 or 1-8 or 0-4096+1024 or 1-16*2.",
        footer = {
            "",
            "Examples:",
            "  moka bench model.gguf -p 512 -n 128 -r 5",
            "  moka bench model.gguf -p 0 -n 32 -d 0-8192+2048 -o json > here.json",
            "  moka bench model.gguf -p 512 -n 32 --profile",
            "  moka bench model.gguf --compare llama-bench.json"
        })
final class BenchCommand extends Command {
    private final Streams streams;

    @Parameters(paramLabel = "MODEL", arity = "0..*", description = "Model files (default: the embedded model).")
    List<String> models = new ArrayList<>();

    @Option(names = {"-m", "--model"}, paramLabel = "FILE", hidden = true, description = "The same as MODEL.")
    List<String> moreModels = new ArrayList<>();

    @Mixin
    final BenchOptions bench = new BenchOptions();

    @Option(names = {"-o", "--output"}, paramLabel = "FORM", description = "md (default), csv, json, jsonl or sql.")
    String form = "md";

    @Option(names = {"-oe", "--output-err"}, paramLabel = "FORM", hidden = true, description = "The same results on standard error, in another form.")
    @Nullable String errorForm;

    @Option(names = "--progress", hidden = true, description = "Name each test on standard error before it begins.")
    boolean progress;

    @Mixin
    final AcceptedBenchFlags accepted = new AcceptedBenchFlags();

    @Option(names = "--compare", paramLabel = "FILE", description = "Show speed beside json results of moka or llama-bench.")
    @Nullable Path compare;

    @Option(names = "--limits", description = "Only show what the machine can do: memory bandwidth, 8-bit products.")
    boolean limits;

    @Option(names = "--profile", description = "Show where the time goes: a table by operation of the forward pass.")
    boolean profile;

    @Mixin
    final KernelOptions kernels = new KernelOptions();

    BenchCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        BenchPlan plan = bench.plan();
        if (limits) {
            plan.threads().forEach(this::showLimits);
            return ExitCode.OK;
        }
        Optional<Comparison> comparison =
                Optional.ofNullable(compare).map(file -> Comparison.parse(file.toString(), TextFiles.of(file)));
        accepted.tell(streams);
        ResultPrinter printer = ResultPrinter.of(form, streams.out(), plan, comparison, Moka.version());
        Output errors = new Output(streams.err());
        Optional<ResultPrinter> second = Optional.ofNullable(errorForm).map(it -> ResultPrinter.of(it, errors, plan, Optional.empty(), Moka.version()));
        List<String> names = new ArrayList<>(models);
        names.addAll(moreModels);
        if (names.isEmpty()) {
            names.add(ModelSource.Embedded.NAME);
        }
        List<String> kernelLines = new ArrayList<>();
        List<BenchResult> results = new ArrayList<>();
        List<String> profiles = new ArrayList<>();
        for (String name : names) {
            ModelSource source = ModelSource.of(name);
            for (int threads : plan.threads()) {
                try (Model model = source.open(kernels.modelOptions(threads).withTimed(profile))) {
                    if (results.isEmpty()) {
                        printer.begin();
                        second.ifPresent(ResultPrinter::begin);
                    }
                    measure(model, plan, result -> {
                        results.add(result);
                        printer.result(result);
                        second.ifPresent(it -> it.result(result));
                        errors.flush();
                        profiles.addAll(profile(model, result));
                    });
                    noteKernels(model, kernelLines);
                }
            }
        }
        printer.end();
        second.ifPresent(ResultPrinter::end);
        errors.flush();
        if (!profiles.isEmpty()) {
            Output beside = printer.forPeople() ? streams.out() : errors;
            beside.line();
            profiles.forEach(beside::line);
            beside.flush();
        }
        if (printer.forPeople()) {
            report(results, kernelLines);
        }
        return ExitCode.OK;
    }

    private void measure(Model model, BenchPlan plan, Consumer<BenchResult> results) {
        BenchModel description = BenchModel.of(model);
        for (BenchSettings asked : plan.settings()) {
            if (asked.threads() != model.threads()) {
                continue;
            }
            BenchSettings settings = asked.withMicroBatch(Math.min(asked.batch(), asked.microBatch()));
            SessionOptions options = SessionOptions.DEFAULT
                    .withContextLength(plan.contextLength())
                    .withBatchTokens(settings.microBatch())
                    .withKeyCacheType(settings.cacheTypeKeys())
                    .withValueCacheType(settings.cacheTypeValues());
            try (Session session = model.newSession(options)) {
                BenchRunner runner = new BenchRunner(session, settings);
                for (BenchTest test : plan.tests()) {
                    if (progress) {
                        streams.note("moka: " + description.fileName() + ": " + test.name());
                    }
                    bench.pause();
                    results.accept(new BenchResult(description, model.kernels(), settings, test, now(), time(runner, test, plan)));
                }
            }
        }
    }

    private long[] time(BenchRunner runner, BenchTest test, BenchPlan plan) {
        try (ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), test.name(), "runs")) {
            return runner.run(test, plan.repetitions(), plan.warmup(), (done, total) -> {
                if (done == 1) {
                    // What comes now is timed: before, there was warm-up, and the context was filled.
                    runner.model().forgetOperationTimes();
                }
                progress.at(done, total);
            });
        }
    }

    private List<String> profile(Model model, BenchResult result) {
        if (!profile) {
            return List.of();
        }
        BenchTest test = result.test();
        long[] nanos = result.nanos();
        long passes = (long) nanos.length * (test.promptTokens() == 0 ? test.generatedTokens() : 1);
        return ProfileTable.of(test, model.operationTimes(), LongStream.of(nanos).sum(), passes);
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static void noteKernels(Model model, List<String> lines) {
        model.kernelByType().forEach((type, kernel) -> {
            String line = model.kernels() + ", " + type + ": " + kernel;
            if (!lines.contains(line)) {
                lines.add(line);
            }
        });
        model.kernelNotes().stream().filter(note -> !lines.contains(note)).forEach(lines::add);
    }

    /** What people want to know besides: kernels, depth, and how near the machine's limit it is. */
    private void report(List<BenchResult> results, List<String> kernelLines) {
        streams.out().line();
        kernelLines.forEach(streams.out()::line);
        results.stream()
                .filter(result -> result.test().promptTokens() == 0 && result.test().depth() == 0)
                .forEach(result -> streams.out()
                        .line(MachineLimits.nearness(result, MemoryBandwidth.measure(result.settings().threads()))));
        streams.out().print(DepthPlot.of(results, streams.columns()));
        streams.out().line();
        streams.out().line("moka " + Moka.version() + ", Java " + Runtime.version() + ", " + MachineLimits.processor());
    }

    private void showLimits(int threads) {
        IntegerRate.Rate rate = IntegerRate.measure(kernels.modelOptions(threads));
        streams.out()
                .line(MachineLimits.processor() + ", " + threads + (threads == 1 ? " thread" : " threads"))
                .line("  memory read by a plain loop        " + MachineLimits.gigabytes(MemoryBandwidth.measure(threads)))
                .line(String.format(
                        Locale.ROOT, "  8-bit products in a Q8_0 prefill   %.0f GOP/s (%s)", rate.operations() / 1e9, rate.kernel()));
        rate.limit().ifPresent(limit -> streams.out()
                .line(String.format(
                        Locale.ROOT, "  8-bit products on registers alone  %.0f GOP/s: the prefill reached %.0f %% of it",
                        limit / 1e9, 100 * rate.operations() / limit)));
    }
}
