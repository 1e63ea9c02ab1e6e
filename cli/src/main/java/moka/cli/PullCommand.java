package moka.cli;

import java.util.List;
import moka.cli.render.ProgressLine;
import moka.cli.store.ModelName;
import moka.cli.store.Models;
import moka.cli.store.Puller;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Downloads a model into the store, or goes on with a download that was broken off.",
        footer = {
            "",
            "Names: hf.co/OWNER/REPO[:QUANT], hf.co/OWNER/REPO/FILE.gguf, NAME[:TAG] as ollama has them, or a web address.",
            "HF_TOKEN is sent to Hugging Face, HF_ENDPOINT and MOKA_OLLAMA_REGISTRY name other hosts, MOKA_MODELS another folder.",
            "",
            "Examples:",
            "  moka pull hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M",
            "  moka pull qwen3:0.6b"
        })
final class PullCommand extends Command {
    private final Streams streams;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Models to get.")
    List<String> names = List.of();

    PullCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        var puller = new Puller(Models.of(streams.environment()).store(), streams.environment());
        for (String text : names) {
            ModelName name = ModelName.parse(text)
                    .orElseThrow(() -> CommandFailure.usage(
                            "'" + text + "' names no model, expected hf.co/OWNER/REPO[:QUANT], NAME[:TAG] or a web address"));
            streams.out().line(pull(puller, name).file().toString());
        }
        return ExitCode.OK;
    }

    private Puller.Pulled pull(Puller puller, ModelName name) {
        var watch = new Object() {
            String file = "";
            ProgressLine line = new ProgressLine(streams.err(), false, streams.columns(), "", "");
            String lastNote = "";
        };
        try {
            Puller.Pulled pulled = puller.pull(name, (file, done, total, note) -> {
                if (!file.equals(watch.file)) {
                    watch.line.close();
                    watch.file = file;
                    watch.line = new ProgressLine(
                            streams.err(), streams.errorIsTerminal(), streams.columns(), file.substring(file.lastIndexOf('/') + 1), "MB");
                }
                if (!streams.errorIsTerminal() && !note.equals(watch.lastNote) && !note.isEmpty()) {
                    streams.note(file + ": " + note);
                }
                watch.lastNote = note;
                watch.line.at(done / 1_000_000, total < 0 ? 0 : total / 1_000_000, note);
            });
            streams.note(name + (pulled.downloaded() ? ": downloaded" : ": is here already"));
            return pulled;
        } finally {
            watch.line.close();
        }
    }
}
