package moka.cli.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import moka.engine.sampling.SamplerStep;
import moka.engine.sampling.SamplingOptions;

/** Sampling as text, by the names of the flags. */
final class SamplingValues {
    private SamplingValues() {}

    static Map<String, String> of(SamplingOptions sampling) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("temp", number(sampling.temperature()));
        values.put("top-k", Integer.toString(sampling.topK()));
        values.put("top-p", number(sampling.topP()));
        values.put("min-p", number(sampling.minP()));
        values.put("seed", sampling.seed() == SamplingOptions.RANDOM_SEED ? "random" : Long.toString(sampling.seed()));
        values.put("typical", number(sampling.typicalP()));
        values.put("top-nsigma", number(sampling.topNSigma()));
        values.put("repeat-penalty", number(sampling.penalties().repeat()));
        values.put("repeat-last-n", Integer.toString(sampling.penalties().lastN()));
        values.put("presence-penalty", number(sampling.penalties().presence()));
        values.put("frequency-penalty", number(sampling.penalties().frequency()));
        values.put("dry-multiplier", number(sampling.dry().multiplier()));
        values.put("dry-base", number(sampling.dry().base()));
        values.put("dry-allowed-length", Integer.toString(sampling.dry().allowedLength()));
        values.put("dry-penalty-last-n", Integer.toString(sampling.dry().lastN()));
        values.put("dry-sequence-breaker", quoted(sampling.dry().sequenceBreakers()));
        values.put("xtc-probability", number(sampling.xtc().probability()));
        values.put("xtc-threshold", number(sampling.xtc().threshold()));
        values.put("dynatemp-range", number(sampling.dynamicTemperature().range()));
        values.put("dynatemp-exp", number(sampling.dynamicTemperature().exponent()));
        values.put("mirostat", Integer.toString(sampling.mirostat().version()));
        values.put("mirostat-ent", number(sampling.mirostat().tau()));
        values.put("mirostat-lr", number(sampling.mirostat().eta()));
        values.put("logit-bias", biases(sampling.logitBias()));
        values.put("samplers", String.join(";", sampling.order().stream().map(SamplerStep::title).toList()));
        return values;
    }

    /** Texts in quotes, so that spaces and line breaks can be seen; {@code none} for no text. */
    static String quoted(List<String> texts) {
        return texts.isEmpty()
                ? "none"
                : String.join(" ", texts.stream().map(text -> '"' + text.replace("\n", "\\n").replace("\t", "\\t") + '"').toList());
    }

    private static String biases(Map<Integer, Float> biases) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(biases).forEach((id, bias) -> text.append(text.isEmpty() ? "" : " ")
                .append(id)
                .append(bias > 0 ? "+" : "-")
                .append(Math.abs(bias) == Float.POSITIVE_INFINITY ? "inf" : number(Math.abs(bias))));
        return text.isEmpty() ? "none" : text.toString();
    }

    private static String number(float value) {
        return value == Math.rint(value) ? Integer.toString((int) value) : Float.toString(value);
    }
}
