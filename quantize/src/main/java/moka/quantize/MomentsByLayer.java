package moka.quantize;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moka.gguf.GgufTensorInfo;

/**
 * The moments of a model's inputs, measured for as many layers at once as memory allows: the calibration runs again for the next layers. For one
 * thread.
 */
final class MomentsByLayer {
    private static final Pattern LAYER = Pattern.compile("^blk\\.(\\d+)\\.");

    private final Calibration calibration;
    private final int threads;
    private final long budgetBytes;
    private final Calibration.Listener listener;

    /** Bytes for the moments of each layer, and its tensors. */
    private final Map<Integer, Long> layerBytes = new LinkedHashMap<>();

    private final Map<String, Integer> layers = new LinkedHashMap<>();
    private Map<String, InputMoments> present = Map.of();
    private final Set<Integer> measured = new HashSet<>();

    /** @param budgetBytes memory for moments; one layer is measured whatever it takes */
    MomentsByLayer(
            Calibration calibration,
            List<GgufTensorInfo> tensors,
            int threads,
            long budgetBytes,
            Calibration.Listener listener) {
        this.calibration = calibration;
        this.threads = threads;
        this.budgetBytes = budgetBytes;
        this.listener = listener;
        for (GgufTensorInfo tensor : tensors) {
            Matcher matcher = LAYER.matcher(tensor.name());
            if (matcher.find() && TypeChoice.isQuantizable(tensor)) {
                int layer = Integer.parseInt(matcher.group(1));
                layers.put(tensor.name(), layer);
                // A triangle of float32 and one of float64. Tensors that share an input are counted apart: an upper bound.
                layerBytes.merge(layer, 6L * tensor.shape()[0] * tensor.shape()[0], Long::sum);
            }
        }
    }

    /** What they are measured on. */
    String origin() {
        return new Fingerprint().add(calibration.text()).text() + " " + calibration.window() + " " + calibration.atMost();
    }

    /** Moments of a tensor's input; empty where it is no matrix of a layer, or one of several experts. */
    Optional<InputMoments> of(String tensor) {
        Integer layer = layers.get(tensor);
        if (layer == null) {
            return Optional.empty();
        }
        if (!measured.contains(layer)) {
            measure(layer);
        }
        return Optional.ofNullable(present.get(tensor));
    }

    private void measure(int first) {
        measured.clear();
        present = Map.of();
        long bytes = 0;
        for (int layer = first; layerBytes.containsKey(layer); layer++) {
            bytes += layerBytes.get(layer);
            if (layer > first && bytes > budgetBytes) {
                break;
            }
            measured.add(layer);
        }
        present = InputMoments.collect(
                calibration, name -> measured.contains(layers.getOrDefault(name, -1)), threads, listener);
    }
}
