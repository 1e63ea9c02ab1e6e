package moka.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import moka.cli.terminal.CommandFailure;
import moka.engine.sampling.SamplerStep;
import moka.engine.sampling.SamplingOptions.Dry;
import moka.engine.sampling.SamplingOptions.DynamicTemperature;
import moka.engine.sampling.SamplingOptions.Mirostat;
import moka.engine.sampling.SamplingOptions.Penalties;
import moka.engine.sampling.SamplingOptions.Xtc;
import moka.engine.sampling.SamplingOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How tokens are chosen: llama.cpp's names. What is not given comes from the model file, else from llama.cpp's defaults. */
final class SamplingFlags {
    @Option(names = {"--temp", "--temperature"}, paramLabel = "T", description = "Temperature; 0 takes the likeliest token (default: 0.8).")
    @Nullable Float temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Keep the K likeliest tokens; 0 is off (default: 40).")
    @Nullable Integer topK;

    @Option(names = "--top-p", paramLabel = "P", description = "Keep the likeliest tokens of mass P; 1 is off (default: 0.95).")
    @Nullable Float topP;

    @Option(names = "--min-p", paramLabel = "P", description = "Keep tokens P times as likely as the likeliest (default: 0.05).")
    @Nullable Float minP;

    @Option(names = {"-s", "--seed"}, paramLabel = "N", description = "Seed of the random numbers; -1 for another each time (default).")
    @Nullable Long seed;

    @Option(names = {"--typical", "--typical-p"}, paramLabel = "P", hidden = true, description = "Locally typical mass; 1 is off.")
    @Nullable Float typicalP;

    @Option(names = {"--top-nsigma", "--top-n-sigma"}, paramLabel = "N", hidden = true, description = "Keep logits within N deviations of the largest.")
    @Nullable Float topNSigma;

    @Option(names = "--xtc-probability", paramLabel = "P", hidden = true, description = "Chance of excluding top choices; 0 is off.")
    @Nullable Float xtcProbability;

    @Option(names = "--xtc-threshold", paramLabel = "P", hidden = true, description = "What counts as a top choice (default: 0.1).")
    @Nullable Float xtcThreshold;

    @Option(names = "--repeat-last-n", paramLabel = "N", hidden = true, description = "Tokens that penalties look at; 0 is off, -1 all (default: 64).")
    @Nullable Integer repeatLastN;

    @Option(names = "--repeat-penalty", paramLabel = "X", hidden = true, description = "Penalty for repeated tokens; 1 is off.")
    @Nullable Float repeatPenalty;

    @Option(names = "--presence-penalty", paramLabel = "X", hidden = true, description = "Penalty for tokens present; 0 is off.")
    @Nullable Float presencePenalty;

    @Option(names = "--frequency-penalty", paramLabel = "X", hidden = true, description = "Penalty for each occurrence; 0 is off.")
    @Nullable Float frequencyPenalty;

    @Option(names = "--dry-multiplier", paramLabel = "X", hidden = true, description = "Penalty for repeated sequences; 0 is off.")
    @Nullable Float dryMultiplier;

    @Option(names = "--dry-base", paramLabel = "X", hidden = true, description = "Growth with the length of the sequence (default: 1.75).")
    @Nullable Float dryBase;

    @Option(names = "--dry-allowed-length", paramLabel = "N", hidden = true, description = "Longest sequence without penalty (default: 2).")
    @Nullable Integer dryAllowedLength;

    @Option(names = "--dry-penalty-last-n", paramLabel = "N", hidden = true, description = "Tokens that it looks at; -1 all.")
    @Nullable Integer dryLastN;

    @Option(names = "--dry-sequence-breaker", paramLabel = "TEXT", hidden = true, description = "Texts across which nothing is matched; none for no text.")
    List<String> dryBreakers = new ArrayList<>();

    @Option(names = "--dynatemp-range", paramLabel = "X", hidden = true, description = "Half the width of the dynamic temperature; 0 is off.")
    @Nullable Float dynamicRange;

    @Option(names = "--dynatemp-exp", paramLabel = "X", hidden = true, description = "Its exponent (default: 1).")
    @Nullable Float dynamicExponent;

    @Option(names = "--mirostat", paramLabel = "N", hidden = true, description = "Mirostat 1 or 2; 0 is off.")
    @Nullable Integer mirostat;

    @Option(names = "--mirostat-ent", paramLabel = "X", hidden = true, description = "Its target surprise in bits (default: 5).")
    @Nullable Float mirostatTau;

    @Option(names = "--mirostat-lr", paramLabel = "X", hidden = true, description = "Its learning rate (default: 0.1).")
    @Nullable Float mirostatEta;

    @Option(names = {"-l", "--logit-bias"}, paramLabel = "ID+X", hidden = true, description = "Add X to the logit of a token: 15043+1, 29871-inf.")
    List<String> logitBias = new ArrayList<>();

    @Option(names = "--samplers", paramLabel = "NAMES", hidden = true, description = "Order of the steps: names with ; between them.")
    @Nullable String samplers;

    @Option(names = {"--sampler-seq", "--sampling-seq"}, paramLabel = "LETTERS", hidden = true, description = "The same in short: edskypmxt.")
    @Nullable String samplerLetters;

    /** The options given here over those of the model. */
    SamplingOptions over(SamplingOptions defaults) {
        try {
            SamplingOptions options = defaults;
            options = with(options, temperature, SamplingOptions::withTemperature);
            options = with(options, topK, SamplingOptions::withTopK);
            options = with(options, topP, SamplingOptions::withTopP);
            options = with(options, minP, SamplingOptions::withMinP);
            options = with(options, seed, SamplingOptions::withSeed);
            options = with(options, typicalP, SamplingOptions::withTypicalP);
            options = with(options, topNSigma, SamplingOptions::withTopNSigma);
            options = with(options, samplers, (it, names) -> it.withOrder(SamplerStep.parseOrder(names)));
            options = with(options, samplerLetters, (it, letters) -> it.withOrder(SamplerStep.parseOrder(letters)));
            options = options.withXtc(new Xtc(
                    or(xtcProbability, options.xtc().probability()), or(xtcThreshold, options.xtc().threshold())));
            options = options.withDynamicTemperature(new DynamicTemperature(
                    or(dynamicRange, options.dynamicTemperature().range()),
                    or(dynamicExponent, options.dynamicTemperature().exponent())));
            options = options.withPenalties(penalties(options.penalties()));
            options = options.withDry(dry(options.dry()));
            options = options.withMirostat(new Mirostat(
                    or(mirostat, options.mirostat().version()),
                    or(mirostatTau, options.mirostat().tau()),
                    or(mirostatEta, options.mirostat().eta())));
            return logitBias.isEmpty() ? options : options.withLogitBias(biases());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private Penalties penalties(Penalties defaults) {
        return new Penalties(
                or(repeatLastN, defaults.lastN()),
                or(repeatPenalty, defaults.repeat()),
                or(frequencyPenalty, defaults.frequency()),
                or(presencePenalty, defaults.presence()));
    }

    private Dry dry(Dry defaults) {
        List<String> breakers = dryBreakers.isEmpty()
                ? defaults.sequenceBreakers()
                : dryBreakers.stream().filter(text -> !text.equals("none")).toList();
        return new Dry(
                or(dryMultiplier, defaults.multiplier()),
                or(dryBase, defaults.base()),
                or(dryAllowedLength, defaults.allowedLength()),
                or(dryLastN, defaults.lastN()),
                breakers);
    }

    private Map<Integer, Float> biases() {
        Map<Integer, Float> biases = new HashMap<>();
        for (String text : logitBias) {
            biases.put(biasToken(text), biasValue(text));
        }
        return biases;
    }

    private static int biasToken(String text) {
        return Integer.parseInt(text.substring(0, checkedSign(text)));
    }

    private static float biasValue(String text) {
        String value = text.substring(checkedSign(text));
        return value.equals("-inf") ? Float.NEGATIVE_INFINITY : value.equals("+inf") ? Float.POSITIVE_INFINITY : Float.parseFloat(value);
    }

    private static int checkedSign(String text) {
        if (!text.matches("\\d{1,9}[+-](inf|\\d+(\\.\\d+)?)")) {
            throw new IllegalArgumentException("--logit-bias '" + text + "', expected a token id, a sign and a number: 15043+1 or 29871-inf");
        }
        return Math.max(text.indexOf('+'), text.indexOf('-'));
    }

    private static <T> SamplingOptions with(
            SamplingOptions options, @Nullable T value, BiFunction<SamplingOptions, T, SamplingOptions> change) {
        return value == null ? options : change.apply(options, value);
    }

    private static <T> T or(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }
}
