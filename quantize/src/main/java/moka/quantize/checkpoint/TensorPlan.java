package moka.quantize.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import moka.quantize.QuantizeException;
import moka.quantize.SourceTensor;

/** Makes the tensors of a model from those of a checkpoint: each in its place, the experts of a layer together, nothing unknown, no layer missing. */
final class TensorPlan {
    private final Family family;
    private final Configuration config;
    private final Map<String, SourceTensor> made = new LinkedHashMap<>();
    private final Map<String, TreeMap<Integer, Matrix>> experts = new LinkedHashMap<>();

    TensorPlan(Family family, Configuration config) {
        this.family = family;
        this.config = config;
    }

    List<SourceTensor> tensors(List<WeightFormat.Named> stored) {
        int layers = config.requireCount("num_hidden_layers", "n_layer");
        boolean[] seen = new boolean[Math.min(layers, stored.size())];
        family.extraTensors(config).forEach((name, values) -> add(CheckpointTensor.of(name, new GivenValues(values), true, 0)));
        for (WeightFormat.Named tensor : stored) {
            TensorNames.Place place = place(tensor);
            int layer = place.layer();
            if (layer >= layers) {
                throw new QuantizeException("tensor '" + tensor.name() + "' belongs to layer " + layer + ", but config.json tells "
                        + layers + " layers");
            }
            if (layer >= 0 && layer < seen.length) {
                seen[layer] = true;
            }
            add(tensor, place);
        }
        experts.forEach(this::addExperts);
        requireAll(layers, seen);
        return List.copyOf(made.values());
    }

    private TensorNames.Place place(WeightFormat.Named tensor) {
        String name = tensor.name();
        // Models for images keep the language model in a part of its own.
        String plain = name.replace("language_model.model.", "model.").replace("model.language_model.", "model.");
        return family.names()
                .place(plain)
                .orElseThrow(() -> new QuantizeException("tensor '" + name + "' has no place in a model of the family "
                        + family.architecture() + ": such checkpoints are not read"));
    }

    private void add(WeightFormat.Named tensor, TensorNames.Place place) {
        boolean vector = place.name().endsWith(".bias") || place.name().endsWith("_norm.weight");
        if (vector != tensor.vector()) {
            throw new QuantizeException("tensor '" + tensor.name() + "' is a " + (vector ? "matrix, expected a vector" : "vector, expected a matrix"));
        }
        Matrix matrix = family.changed(tensor.name(), tensor.matrix(), config);
        if (place.expert() < 0) {
            add(CheckpointTensor.of(place.name(), matrix, tensor.vector(), 0));
        } else if (experts.computeIfAbsent(place.name(), it -> new TreeMap<>()).put(place.expert(), matrix) != null) {
            throw new QuantizeException("tensor '" + tensor.name() + "' is there twice under different names");
        }
    }

    private void add(CheckpointTensor tensor) {
        if (made.put(tensor.info().name(), tensor) != null) {
            throw new QuantizeException("two tensors of the checkpoint become '" + tensor.info().name() + "'");
        }
    }

    private void addExperts(String name, TreeMap<Integer, Matrix> parts) {
        int count = config.requireCount("num_local_experts", "num_experts");
        if (parts.size() != count || parts.lastKey() != count - 1) {
            throw new QuantizeException("'" + name + "' has " + parts.size() + " experts up to number " + parts.lastKey()
                    + ", but config.json tells " + count);
        }
        List<Matrix> all = new ArrayList<>(parts.values());
        Matrix first = all.getFirst();
        if (all.stream().anyMatch(it -> it.rows() != first.rows() || it.columns() != first.columns())) {
            throw new QuantizeException("'" + name + "': its experts are matrices of different sizes");
        }
        add(CheckpointTensor.of(name, new StackedRows(all), false, count));
    }

    private void requireAll(int layers, boolean[] seen) {
        for (int layer = 0; layer < layers; layer++) {
            if (layer >= seen.length || !seen[layer]) {
                throw new QuantizeException("layer " + layer + " has no tensors, but config.json tells " + layers + " layers: a shard may be missing");
            }
        }
        for (String name : List.of("token_embd.weight", "output_norm.weight")) {
            if (!made.containsKey(name)) {
                throw new QuantizeException("no tensor becomes '" + name + "': the checkpoint is not complete");
            }
        }
    }
}
