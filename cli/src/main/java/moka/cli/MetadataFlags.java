package moka.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.cli.render.Printable;
import moka.cli.terminal.CommandFailure;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Values in place of those in the model file, above all how positions beyond the training's are reached: llama.cpp's names. */
final class MetadataFlags {
    /** Commas part pairs only where another pair follows, so that texts may hold them. */
    private static final String NEXT_PAIR = ",(?=[^,=]+=(?:int|float|bool|str):)";

    @Option(names = "--override-kv", paramLabel = "KEY=TYPE:VALUE", hidden = true, description = "Take this for the value of a metadata key; TYPE is int, float, bool or str. May be repeated.")
    List<String> overrides = List.of();

    @Option(names = "--rope-scaling", paramLabel = "TYPE", hidden = true, description = "How positions are stretched: none, linear or yarn (default: the model's, else linear).")
    @Nullable String scaling;

    @Option(names = "--rope-scale", paramLabel = "N", hidden = true, description = "Stretch positions to N times the context of the training.")
    @Nullable Double scale;

    @Option(names = "--rope-freq-scale", paramLabel = "N", hidden = true, description = "The same as --rope-scale 1/N.")
    @Nullable Double frequencyScale;

    @Option(names = "--rope-freq-base", paramLabel = "N", hidden = true, description = "Base of the rotary frequencies; 0: the model's (default).")
    @Nullable Double frequencyBase;

    @Option(names = "--yarn-orig-ctx", paramLabel = "N", hidden = true, description = "YaRN: the context of the training; 0: the model's (default).")
    int originalContext;

    @Option(names = "--yarn-ext-factor", paramLabel = "X", hidden = true, description = "YaRN: 0 stretches all frequencies alike, 1 spares the fast ones; below 0: the model's (default).")
    @Nullable Double extrapolation;

    @Option(names = "--yarn-attn-factor", paramLabel = "X", hidden = true, description = "Factor of rotated queries and keys where --yarn-ext-factor is 0; below 0: the model's (default).")
    @Nullable Double attention;

    @Option(names = "--yarn-beta-slow", paramLabel = "X", hidden = true, description = "YaRN: rotations below which a frequency is stretched fully; below 0: the model's (default).")
    @Nullable Double betaSlow;

    @Option(names = "--yarn-beta-fast", paramLabel = "X", hidden = true, description = "YaRN: rotations above which it is spared; below 0: the model's (default).")
    @Nullable Double betaFast;

    /** The values by key; a point in front stands for the name of the architecture. */
    Map<String, MetadataValue> changes() {
        Map<String, MetadataValue> changes = new LinkedHashMap<>();
        if (scaling != null) {
            if (!scaling.matches("none|linear|yarn")) {
                throw CommandFailure.usage("--rope-scaling '" + scaling + "', expected none, linear or yarn");
            }
            changes.put(".rope.scaling.type", MetadataValue.of(scaling));
        }
        if (scale != null && frequencyScale != null) {
            throw CommandFailure.usage("--rope-scale and --rope-freq-scale say the same: leave one out");
        }
        if (scale != null) {
            put(changes, ".rope.scaling.factor", positive("--rope-scale", scale));
        } else if (frequencyScale != null) {
            put(changes, ".rope.scaling.factor", 1 / positive("--rope-freq-scale", frequencyScale));
        }
        if (frequencyBase != null && frequencyBase != 0) {
            put(changes, ".rope.freq_base", positive("--rope-freq-base", frequencyBase));
        }
        if (originalContext < 0) {
            throw CommandFailure.usage("--yarn-orig-ctx " + originalContext + ", expected 1 or more (or 0 for the model's)");
        }
        if (originalContext > 0) {
            changes.put(".rope.scaling.original_context_length", MetadataValue.uint32(originalContext));
        }
        putUnlessNegative(changes, ".rope.scaling.yarn_ext_factor", "--yarn-ext-factor", extrapolation);
        putUnlessNegative(changes, ".rope.scaling.yarn_attn_factor", "--yarn-attn-factor", attention);
        putUnlessNegative(changes, ".rope.scaling.yarn_beta_slow", "--yarn-beta-slow", betaSlow);
        putUnlessNegative(changes, ".rope.scaling.yarn_beta_fast", "--yarn-beta-fast", betaFast);
        for (String override : overrides) {
            for (String pair : override.split(NEXT_PAIR)) {
                override(changes, pair);
            }
        }
        return changes;
    }

    /** A value as it is shown. */
    static String text(MetadataValue value) {
        return switch (value) {
            case MetadataValue.IntegerValue(int type, long number) -> Long.toString(number);
            case MetadataValue.FloatValue(int type, double number) -> Float.toString((float) number);
            case MetadataValue.BoolValue(boolean on) -> Boolean.toString(on);
            case MetadataValue.StringValue(String text) -> Printable.line(text);
            case MetadataValue.ArrayValue array -> array.size() + " values";
        };
    }

    private static double positive(String flag, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw CommandFailure.usage(flag + " " + value + ", expected a number above 0");
        }
        return value;
    }

    private static void putUnlessNegative(Map<String, MetadataValue> changes, String key, String flag, @Nullable Double value) {
        if (value == null || value < 0) {
            return;
        }
        if (!Double.isFinite(value)) {
            throw CommandFailure.usage(flag + " " + value + ", expected a number");
        }
        put(changes, key, value);
    }

    private static void put(Map<String, MetadataValue> changes, String key, double value) {
        changes.put(key, MetadataValue.float32((float) value));
    }

    private static void override(Map<String, MetadataValue> changes, String pair) {
        int equals = pair.indexOf('=');
        int colon = pair.indexOf(':', equals + 1);
        if (equals < 1 || colon < 0) {
            throw CommandFailure.usage("--override-kv '" + pair + "', expected KEY=TYPE:VALUE such as tokenizer.ggml.add_bos_token=bool:false");
        }
        String type = pair.substring(equals + 1, colon);
        changes.put(pair.substring(0, equals), value(pair, type, pair.substring(colon + 1)));
    }

    private static MetadataValue value(String pair, String type, String text) {
        try {
            return switch (type) {
                case "int" -> MetadataValue.of(ValueType.INT64, Long.parseLong(text));
                case "float" -> MetadataValue.float32(Float.parseFloat(text));
                case "bool" -> switch (text) {
                    case "true" -> MetadataValue.of(true);
                    case "false" -> MetadataValue.of(false);
                    default -> throw CommandFailure.usage("--override-kv '" + pair + "': '" + text + "', expected true or false");
                };
                case "str" -> MetadataValue.of(text);
                default -> throw CommandFailure.usage("--override-kv '" + pair + "': type '" + type + "', expected int, float, bool or str");
            };
        } catch (NumberFormatException e) {
            throw CommandFailure.usage("--override-kv '" + pair + "': '" + text + "' is no " + (type.equals("int") ? "integer" : "number"));
        }
    }
}
