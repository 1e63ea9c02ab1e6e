package moka.cli;

import java.nio.file.Path;
import java.util.Locale;
import moka.cli.render.Quantity;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.quantize.quality.TensorLoss;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Shows what quantization did to a tensor: its values, its error, a block, the worst columns.",
        footer = {
            "",
            "Examples:",
            "  moka explain model-Q4_K_M.gguf --tensor blk.0.ffn_down.weight",
            "  moka explain model-Q4_K_M.gguf --tensor blk.0.ffn_down.weight --source model-F16.gguf --block 3"
        })
final class ExplainCommand extends Command {
    private static final int BAR_COLUMNS = 40;
    private static final int WORST = 5;

    private final Streams streams;

    @Parameters(paramLabel = "MODEL", description = "Quantized model file.")
    Path model = Path.of("");

    @Option(names = "--tensor", paramLabel = "NAME", required = true, description = "The tensor (see 'moka inspect').")
    String tensor = "";

    @Option(names = "--source", paramLabel = "FILE", description = "What it was made from: shows the error.")
    @Nullable Path source;

    @Option(names = "--block", paramLabel = "N", description = "The block whose scales are shown (default: 0).")
    int block;

    ExplainCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        try (GgufFile file = GgufFile.open(model)) {
            GgufTensor quantized = find(file);
            print("%s: %s, %d rows of %d, %s%n", tensor, quantized.type(), quantized.rows(), quantized.columns(), Quantity.bytes(quantized.data().byteSize()));
            if (source == null) {
                TensorLoss loss = TensorLoss.of(quantized, quantized);
                print("%nvalues (mean %.4g, standard deviation %.4g)%n%s", loss.mean(), loss.deviation(), histogram(loss.values()));
            } else {
                try (GgufFile original = GgufFile.open(source)) {
                    TensorLoss loss = TensorLoss.of(find(original), quantized);
                    print("%nvalues (mean %.4g, standard deviation %.4g)%n%s", loss.mean(), loss.deviation(), histogram(loss.values()));
                    print("%nerror: root mean square %.4g, %.2f %% of the values', signal to noise %.1f dB, largest %.4g%n%s",
                            loss.rootMeanSquareError(), 100 * loss.relativeError(), loss.signalToNoise(), loss.largestError(), histogram(loss.errors()));
                    print("%nworst columns%n");
                    for (TensorLoss.Column column : loss.worstColumns(WORST)) {
                        print("  %6d  %5.1f times the mean squared error%n", column.index(), column.share());
                    }
                }
            }
            printBlock(quantized);
        }
        return ExitCode.OK;
    }

    private GgufTensor find(GgufFile file) {
        return file.tensor(tensor)
                .orElseThrow(() -> CommandFailure.failed(file.name() + ": no tensor '" + tensor + "' (see 'moka inspect')"));
    }

    private void printBlock(GgufTensor quantized) {
        long blocks = quantized.elements() / quantized.type().blockElements();
        if (block < 0 || block >= blocks) {
            throw CommandFailure.usage("--block " + block + ", expected 0 to " + (blocks - 1));
        }
        TensorLoss.scales(quantized, block).ifPresent(groups -> {
            print("%nblock %d: value = scale * code - minimum%n", block);
            for (TensorLoss.Group group : groups) {
                print("  elements %3d to %3d  scale %11.4g  minimum %11.4g%s%n",
                        group.first(), group.last(), group.scale(), group.minimum(),
                        group.minimum() != 0 && group.scale() != 0 ? format("  zero at code %.2f", group.minimum() / group.scale()) : "");
            }
        });
    }

    private static String histogram(TensorLoss.Histogram histogram) {
        StringBuilder text = new StringBuilder();
        long most = 1;
        for (long count : histogram.counts()) {
            most = Math.max(most, count);
        }
        for (int i = 0; i < histogram.counts().length; i++) {
            long count = histogram.counts()[i];
            text.append(format("  %10.3g  %-" + BAR_COLUMNS + "s %d%n", histogram.middle(i), "█".repeat((int) (BAR_COLUMNS * count / most)), count));
        }
        return text.toString();
    }

    private void print(String format, Object... values) {
        streams.out().print(format(format, values));
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
