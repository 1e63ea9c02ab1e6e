package moka.cli;

import java.util.List;
import java.util.TreeMap;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Streams;
import moka.engine.AdapterFile;
import moka.engine.Model;
import moka.engine.ModelOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model and how to compute with it. */
final class EngineOptions {
    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "Model file (default: the embedded model).")
    @Nullable String positional;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "FILE",
            hidden = true,
            description = "The same as MODEL.")
    @Nullable String model;

    @Option(names = {"-hf", "-hfr", "--hf-repo"}, paramLabel = "OWNER/REPO[:QUANT]", hidden = true, description = "A model of Hugging Face that 'moka pull' has got, or that lies in its cache.")
    @Nullable String huggingFace;

    /** The option that only a configuration file sets. */
    static final String DEFAULT_MODEL = "--default-model";

    @Option(names = DEFAULT_MODEL, paramLabel = "FILE", hidden = true, description = "The model where none is given: 'model' in the configuration.")
    @Nullable String defaultModel;

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "Threads (default: the physical cores that the process may use).")
    int threads;

    @Option(names = {"--lora", "--lora-scaled"}, paramLabel = "FILE[:SCALE]", hidden = true, description = "LoRA adapter to compute with; may be repeated, changes add up.")
    List<String> adapters = List.of();

    @Option(names = {"--control-vector", "--control-vector-scaled"}, paramLabel = "FILE[:SCALE]", hidden = true, description = "Vectors to add behind blocks; may be repeated.")
    List<String> controlVectors = List.of();

    @Mixin
    final MetadataFlags metadata = new MetadataFlags();

    @Mixin
    final KernelOptions kernels = new KernelOptions();

    /** What the user called the model, or the embedded one's name. */
    String name() {
        if (model != null && positional != null) {
            throw CommandFailure.usage("two models: '" + positional + "' and --model '" + model + "', expected one");
        }
        if (huggingFace != null) {
            return huggingFace.startsWith("hf.co/") ? huggingFace : "hf.co/" + huggingFace;
        }
        String given = model != null ? model : positional;
        return given != null ? given : defaultModel != null ? defaultModel : ModelSource.Embedded.NAME;
    }

    /** Whether the command line names a model. */
    boolean named() {
        return model != null || positional != null || huggingFace != null;
    }

    ModelSource source() {
        return ModelSource.of(name());
    }

    /** Opens the model; with {@code verbose} says what was chosen, and always what the user should know of the file. */
    Model open(Streams streams, boolean verbose) {
        return open(source(), streams, verbose);
    }

    Model open(ModelSource source, Streams streams, boolean verbose) {
        return open(source, modelOptions(), streams, verbose);
    }

    /** The same for a model that is computed in another way. */
    Model open(ModelSource source, ModelOptions options, Streams streams, boolean verbose) {
        long start = System.nanoTime();
        Model model = source.open(options);
        for (String warning : model.warnings()) {
            streams.note("moka: " + model.name() + ": " + warning);
        }
        if (verbose) {
            streams.note("opened %s (%s) in %.0f ms: kernels %s, %d threads"
                    .formatted(model.name(), model.architecture(), (System.nanoTime() - start) / 1e6, model.kernels(), model.threads()));
            new TreeMap<>(options.metadata()).forEach((key, value) -> streams.note("  metadata: " + key + " is " + MetadataFlags.text(value)));
            model.kernelNotes().forEach(note -> streams.note("  " + note));
            model.kernelByType().forEach((type, kernel) -> streams.note("  " + type + ": " + kernel));
        }
        return model;
    }

    ModelOptions modelOptions() {
        if (threads < 0) {
            throw CommandFailure.usage("--threads " + threads + ", expected 1 or more (or 0 for the default)");
        }
        return kernels.modelOptions(threads)
                .withAdapters(adapters.stream().map(AdapterFile::parse).toList())
                .withControlVectors(controlVectors.stream().map(AdapterFile::parse).toList())
                .withMetadata(metadata.changes());
    }
}
