package moka.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import moka.cli.render.ProgressLine;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.engine.AdapterFile;
import moka.engine.AdapterMerge;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Merges LoRA adapters into a model: changed matrices of quantized types become F16.",
        footer = {
            "",
            "Examples:",
            "  moka merge model-F16.gguf merged-F16.gguf --lora adapter.gguf",
            "  moka merge model-F16.gguf merged-F16.gguf --lora style.gguf:0.5 --lora facts.gguf"
        })
final class MergeCommand extends Command {
    private final Streams streams;

    @Parameters(index = "0", paramLabel = "IN", description = "Model to read: a GGUF file.")
    Path in = Path.of("");

    @Parameters(index = "1", paramLabel = "OUT", description = "File to write.")
    Path out = Path.of("");

    @Option(names = "--lora", required = true, paramLabel = "FILE[:SCALE]", description = "Adapter to merge; may be repeated, changes add up.")
    List<String> adapters = List.of();

    MergeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        if (Files.exists(out)) {
            throw CommandFailure.usage("OUT exists: '" + out + "'");
        }
        List<AdapterFile> files = adapters.stream().map(AdapterFile::parse).toList();
        try (ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "merge", "tensors")) {
            AdapterMerge.merge(in, files, out, progress::at);
        }
        streams.note(out + ": " + in.getFileName() + " with " + files.size() + (files.size() == 1 ? " adapter" : " adapters"));
        return ExitCode.OK;
    }
}
