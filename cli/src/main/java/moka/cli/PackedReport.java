package moka.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Streams;
import moka.gguf.TensorType;
import moka.quantize.ModelSource;
import moka.quantize.QuantizeOptions;
import moka.quantize.checkpoint.Checkpoint;
import moka.quantize.checkpoint.PackedImport;

/** Tells what the tensors of a packed checkpoint lost on their way to GGUF. */
final class PackedReport {
    /** The word that stands in place of a mixture of types. */
    static final String NEAREST = "NEAREST";

    private PackedReport() {}

    static boolean isNearest(List<String> outAndType) {
        return !outAndType.isEmpty() && outAndType.getLast().equalsIgnoreCase(NEAREST);
    }

    /** Types as near as can be to how a checkpoint is stored. */
    static QuantizeOptions nearest(ModelSource source, int threads) {
        if (source instanceof Checkpoint checkpoint) {
            return checkpoint.nearest(threads);
        }
        throw CommandFailure.usage("type " + NEAREST + " is for checkpoints with config.json and safetensors, expected a mixture such as Q4_K_M");
    }

    /** Each tensor where {@code each} is set, all of a type together, and the whole. */
    static void print(PackedImport done, boolean each, Streams streams) {
        List<PackedImport.Loss> losses = done.losses();
        if (each) {
            losses.forEach(it -> streams.note(String.format(
                    Locale.ROOT, "%s: %s, %s", it.name(), it.type(), it.exact() ? error("carried over", it.relative()) : error("quantized", it.relative()))));
        }
        Map<TensorType, List<PackedImport.Loss>> byType = new TreeMap<>();
        losses.forEach(it -> byType.computeIfAbsent(it.type(), type -> new ArrayList<>()).add(it));
        byType.forEach((type, tensors) -> {
            PackedImport.Loss worst = tensors.stream().max(Comparator.comparingDouble(PackedImport.Loss::relative)).orElseThrow();
            long carried = tensors.stream().filter(PackedImport.Loss::exact).count();
            streams.note(error(type + ": " + tensors.size() + " tensors, " + carried + " carried over", worst.relative())
                    + (worst.relative() == 0 ? "" : " at most (" + worst.name() + ")"));
        });
        streams.note(error("all tensors", done.relativeError()));
    }

    private static String error(String what, double relative) {
        return relative == 0 ? what + ", no loss" : String.format(Locale.ROOT, "%s, relative error %.2g", what, relative);
    }
}
