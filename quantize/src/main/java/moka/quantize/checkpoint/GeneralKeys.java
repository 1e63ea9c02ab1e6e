package moka.quantize.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import moka.gguf.GgufTensorInfo;
import moka.gguf.MetadataBuilder;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;

/** The {@code general.} keys: what the model is called, how large it is, how its makers want it sampled. */
final class GeneralKeys {
    /** Members of {@code generation_config.json} and the keys they become. */
    private static final List<Map.Entry<String, String>> SAMPLING = List.of(
            Map.entry("top_k", "top_k"),
            Map.entry("top_p", "top_p"),
            Map.entry("min_p", "min_p"),
            Map.entry("temperature", "temp"),
            Map.entry("repetition_penalty", "penalty_repeat"));

    private GeneralKeys() {}

    /** @param folder of the checkpoint, whose name is the model's where nothing else tells */
    static void describe(Path folder, Map<String, Object> config, List<GgufTensorInfo> tensors, MetadataBuilder keys) {
        keys.set("general.type", "model");
        JsonFile.readIfPresent(folder.resolve("generation_config.json")).ifPresent(it -> describeSampling(it, keys));
        Parameters parameters = Parameters.of(tensors);
        ModelName name = ModelName.of(String.valueOf(folder.toAbsolutePath().normalize().getFileName()), parameters.total);
        ModelName told = config.get("_name_or_path") instanceof String path && path.chars().filter(c -> c == '/').count() <= 1 && !path.isBlank()
                ? ModelName.of(path, parameters.total)
                : name;
        ModelCard card = ModelCard.read(folder);
        set(keys, "general.name", card.text("name", "model_name").orElse(told.title()), name.title());
        set(keys, "general.version", told.version(), name.version());
        set(keys, "general.organization", told.organization(), name.organization());
        set(keys, "general.finetune", told.fineTune(), name.fineTune());
        set(keys, "general.basename", told.baseName(), name.baseName());
        set(keys, "general.size_label", told.sizeLabel(), Optional.of(name.sizeLabel()).filter(it -> !it.isEmpty()).orElse(parameters.label()));
        card.describe(parameters.total, keys);
    }

    private static void set(MetadataBuilder keys, String key, String value, String otherwise) {
        String chosen = value.isEmpty() ? otherwise : value;
        if (!chosen.isEmpty()) {
            keys.set(key, chosen);
        }
    }

    private static void describeSampling(Map<String, Object> generation, MetadataBuilder keys) {
        for (Map.Entry<String, String> entry : SAMPLING) {
            if (!(generation.get(entry.getKey()) instanceof Number number) || !Double.isFinite(number.doubleValue())) {
                continue;
            }
            String key = "general.sampling." + entry.getValue();
            if (entry.getKey().equals("top_k")) {
                keys.set(key, MetadataValue.of(ValueType.INT32, number.intValue()));
            } else {
                keys.setFloat32(key, number.floatValue());
            }
        }
    }

    /** How many weights a model has, those of experts once and in all. */
    private record Parameters(long total, long shared, long expert, long expertCount) {
        static Parameters of(List<GgufTensorInfo> tensors) {
            long total = 0;
            long shared = 0;
            long expert = 0;
            long experts = 0;
            long expertTensors = 0;
            for (GgufTensorInfo tensor : tensors) {
                long size = 1;
                for (long length : tensor.shape()) {
                    size *= length;
                }
                total += size;
                if (tensor.name().contains("_exps.") && tensor.shape().length > 2) {
                    long count = tensor.shape()[2];
                    expert += size / count;
                    experts += count;
                    expertTensors++;
                } else {
                    shared += size;
                }
            }
            return new Parameters(total, shared, expert, expertTensors == 0 ? 0 : experts / expertTensors);
        }

        /** {@code 1.5B}, {@code 8x7B}. */
        String label() {
            return expertCount > 0 ? expertCount + "x" + rounded(shared + expert) : rounded(total);
        }

        /** Two digits at least. */
        private static String rounded(long count) {
            double scaled = count * 1e-3;
            String unit = "K";
            if (count > 1_000_000_000_000L) {
                scaled = count * 1e-12;
                unit = "T";
            } else if (count > 1_000_000_000L) {
                scaled = count * 1e-9;
                unit = "B";
            } else if (count > 1_000_000L) {
                scaled = count * 1e-6;
                unit = "M";
            }
            long whole = (long) Math.rint(scaled);
            int digits = whole == 0 ? 0 : String.valueOf(whole).length();
            return String.format(Locale.ROOT, "%." + Math.max(2 - digits, 0) + "f", scaled) + unit;
        }
    }
}
