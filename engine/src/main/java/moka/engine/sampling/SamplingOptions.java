package moka.engine.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import moka.gguf.Metadata;

/**
 * How tokens are chosen. {@link #DEFAULT} has llama.cpp v0.5.0's values; every {@code with…} method gives a changed copy. Immutable and
 * safe for use by many threads.
 *
 * @param seed start of the pseudo-random stream; {@link #RANDOM_SEED} takes one from the system (see {@link Sampler#seed()})
 * @param order steps in the order in which they run; a step that is not listed does not run. Mirostat, when on, replaces all but the
 *     temperature
 * @param temperature divides the logits; at 0 or below the largest logit is taken
 * @param dynamicTemperature temperature that follows the entropy
 * @param topK number of largest logits kept; 0 or below keeps all
 * @param topP smallest probability mass kept; 1 keeps all
 * @param minP keeps tokens at least this much as likely as the likeliest; 0 keeps all
 * @param typicalP mass of locally typical tokens kept; 1 keeps all
 * @param topNSigma keeps logits within this many standard deviations of the largest; 0 or below keeps all
 * @param minKeep least number of candidates that top-p, min-p, typical and XTC leave
 * @param xtc exclusion of top choices
 * @param penalties repetition, frequency and presence penalties
 * @param dry penalty for going on with a repeated sequence
 * @param mirostat sampling towards a target surprise
 * @param logitBias added to the logits of token ids before everything else; minus infinity forbids a token
 */
public record SamplingOptions(
        long seed,
        List<SamplerStep> order,
        float temperature,
        DynamicTemperature dynamicTemperature,
        int topK,
        float topP,
        float minP,
        float typicalP,
        float topNSigma,
        int minKeep,
        Xtc xtc,
        Penalties penalties,
        Dry dry,
        Mirostat mirostat,
        Map<Integer, Float> logitBias) {

    /** Take a seed from the system's entropy. */
    public static final long RANDOM_SEED = -1;

    /** llama.cpp v0.5.0's defaults. */
    public static final SamplingOptions DEFAULT = new SamplingOptions(
            RANDOM_SEED,
            SamplerStep.DEFAULT_ORDER,
            0.8f,
            new DynamicTemperature(0, 1),
            40,
            0.95f,
            0.05f,
            1,
            -1,
            0,
            new Xtc(0, 0.1f),
            new Penalties(64, 1, 0, 0),
            new Dry(0, 1.75f, 2, 64, List.of("\n", ":", "\"", "*")),
            new Mirostat(0, 5, 0.1f),
            Map.of());

    /** The largest logit always: temperature 0 and nothing else. */
    public static final SamplingOptions GREEDY = DEFAULT.withTemperature(0);

    public SamplingOptions {
        order = List.copyOf(order);
        logitBias = Map.copyOf(logitBias);
        requireFinite("temperature", temperature);
        requireFinite("top-p", topP);
        requireFinite("min-p", minP);
        requireFinite("typical", typicalP);
        requireFinite("top-n-sigma", topNSigma);
        for (Map.Entry<Integer, Float> bias : logitBias.entrySet()) {
            if (bias.getKey() < 0 || Float.isNaN(bias.getValue())) {
                throw new IllegalArgumentException("logit bias of token " + bias.getKey() + ": found " + bias.getValue()
                        + ", expected a number for a token id from 0 up");
            }
        }
    }

    /**
     * Temperature between {@code temperature - range} and {@code temperature + range}, by how open the choice is.
     *
     * @param range half the width; 0 keeps the temperature fixed
     * @param exponent of the normalised entropy (1: in proportion)
     */
    public record DynamicTemperature(float range, float exponent) {
        public DynamicTemperature {
            requireFinite("dynatemp-range", range);
            requireFinite("dynatemp-exp", exponent);
        }
    }

    /**
     * Exclude top choices (XTC): with some probability, all tokens at or above the threshold but the least likely of them are removed.
     *
     * @param probability that it happens at a token; 0 is off
     * @param threshold least probability of a top choice; above 0.5 is off
     */
    public record Xtc(float probability, float threshold) {
        public Xtc {
            requireFinite("xtc-probability", probability);
            requireFinite("xtc-threshold", threshold);
        }
    }

    /**
     * Penalties for tokens among the last ones.
     *
     * @param lastN tokens looked at; 0 is off, -1 is all
     * @param repeat divides positive logits and multiplies others; 1 is off
     * @param frequency taken off once for each occurrence; 0 is off
     * @param presence taken off once; 0 is off
     */
    public record Penalties(int lastN, float repeat, float frequency, float presence) {
        public Penalties {
            requireWindow("repeat-last-n", lastN);
            requireFinite("repeat-penalty", repeat);
            requireFinite("frequency-penalty", frequency);
            requireFinite("presence-penalty", presence);
        }

        boolean off() {
            return lastN == 0 || (repeat == 1 && frequency == 0 && presence == 0);
        }
    }

    /**
     * DRY: {@code multiplier * base^(length - allowedLength)} is taken off the token that would go on with a sequence seen before.
     *
     * @param multiplier 0 is off
     * @param base below 1 is off
     * @param allowedLength longest repeat without penalty
     * @param lastN tokens looked at; 0 is off, -1 is all
     * @param sequenceBreakers texts across which repeats are not matched
     */
    public record Dry(float multiplier, float base, int allowedLength, int lastN, List<String> sequenceBreakers) {
        public Dry {
            sequenceBreakers = List.copyOf(sequenceBreakers);
            requireWindow("dry-penalty-last-n", lastN);
            requireFinite("dry-multiplier", multiplier);
            requireFinite("dry-base", base);
        }

        /** Whether it changes nothing. */
        public boolean off() {
            return multiplier == 0 || base < 1 || lastN == 0;
        }
    }

    /**
     * Mirostat (arXiv:2007.14966): keeps the surprise of the tokens near a target.
     *
     * @param version 0 off, 1, or 2
     * @param tau target surprise in bits
     * @param eta learning rate
     */
    public record Mirostat(int version, float tau, float eta) {
        public Mirostat {
            if (version < 0 || version > 2) {
                throw new IllegalArgumentException("mirostat: found " + version + ", expected 0 (off), 1 or 2");
            }
            requireFinite("mirostat-ent", tau);
            requireFinite("mirostat-lr", eta);
        }
    }

    /**
     * The defaults that a model file carries in {@code general.sampling.*}, over others. Names in {@code general.sampling.sequence} that
     * are unknown are left out.
     *
     * @throws moka.gguf.GgufException if a value is of the wrong type
     * @throws IllegalArgumentException if a value is out of range
     */
    public static SamplingOptions fromMetadata(Metadata metadata, SamplingOptions defaults) {
        String prefix = "general.sampling.";
        return defaults.with(draft -> {
            metadata.string(prefix + "sequence").ifPresent(names -> draft.order = knownSteps(names));
            metadata.integer(prefix + "top_k").ifPresent(k -> draft.topK = Math.toIntExact(k));
            metadata.number(prefix + "top_p").ifPresent(p -> draft.topP = (float) p);
            metadata.number(prefix + "min_p").ifPresent(p -> draft.minP = (float) p);
            metadata.number(prefix + "temp").ifPresent(t -> draft.temperature = (float) t);
            draft.xtc = new Xtc(
                    (float) metadata.number(prefix + "xtc_probability").orElse(draft.xtc.probability()),
                    (float) metadata.number(prefix + "xtc_threshold").orElse(draft.xtc.threshold()));
            draft.penalties = new Penalties(
                    (int) metadata.integer(prefix + "penalty_last_n").orElse(draft.penalties.lastN()),
                    (float) metadata.number(prefix + "penalty_repeat").orElse(draft.penalties.repeat()),
                    draft.penalties.frequency(),
                    draft.penalties.presence());
            draft.mirostat = new Mirostat(
                    (int) metadata.integer(prefix + "mirostat").orElse(draft.mirostat.version()),
                    (float) metadata.number(prefix + "mirostat_tau").orElse(draft.mirostat.tau()),
                    (float) metadata.number(prefix + "mirostat_eta").orElse(draft.mirostat.eta()));
        });
    }

    private static List<SamplerStep> knownSteps(String names) {
        List<SamplerStep> steps = new ArrayList<>();
        for (String name : names.split(";")) {
            SamplerStep.named(name).ifPresent(steps::add);
        }
        return steps;
    }

    public SamplingOptions withSeed(long seed) {
        return with(draft -> draft.seed = seed);
    }

    public SamplingOptions withOrder(List<SamplerStep> order) {
        return with(draft -> draft.order = order);
    }

    public SamplingOptions withTemperature(float temperature) {
        return with(draft -> draft.temperature = temperature);
    }

    public SamplingOptions withDynamicTemperature(DynamicTemperature dynamicTemperature) {
        return with(draft -> draft.dynamicTemperature = dynamicTemperature);
    }

    public SamplingOptions withTopK(int topK) {
        return with(draft -> draft.topK = topK);
    }

    public SamplingOptions withTopP(float topP) {
        return with(draft -> draft.topP = topP);
    }

    public SamplingOptions withMinP(float minP) {
        return with(draft -> draft.minP = minP);
    }

    public SamplingOptions withTypicalP(float typicalP) {
        return with(draft -> draft.typicalP = typicalP);
    }

    public SamplingOptions withTopNSigma(float topNSigma) {
        return with(draft -> draft.topNSigma = topNSigma);
    }

    public SamplingOptions withMinKeep(int minKeep) {
        return with(draft -> draft.minKeep = minKeep);
    }

    public SamplingOptions withXtc(Xtc xtc) {
        return with(draft -> draft.xtc = xtc);
    }

    public SamplingOptions withPenalties(Penalties penalties) {
        return with(draft -> draft.penalties = penalties);
    }

    public SamplingOptions withDry(Dry dry) {
        return with(draft -> draft.dry = dry);
    }

    public SamplingOptions withMirostat(Mirostat mirostat) {
        return with(draft -> draft.mirostat = mirostat);
    }

    public SamplingOptions withLogitBias(Map<Integer, Float> logitBias) {
        return with(draft -> draft.logitBias = logitBias);
    }

    private SamplingOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The components while one of them changes: the language has no such copy for records yet. */
    private static final class Draft {
        private long seed;
        private List<SamplerStep> order;
        private float temperature;
        private DynamicTemperature dynamicTemperature;
        private int topK;
        private float topP;
        private float minP;
        private float typicalP;
        private float topNSigma;
        private int minKeep;
        private Xtc xtc;
        private Penalties penalties;
        private Dry dry;
        private Mirostat mirostat;
        private Map<Integer, Float> logitBias;

        Draft(SamplingOptions from) {
            seed = from.seed;
            order = from.order;
            temperature = from.temperature;
            dynamicTemperature = from.dynamicTemperature;
            topK = from.topK;
            topP = from.topP;
            minP = from.minP;
            typicalP = from.typicalP;
            topNSigma = from.topNSigma;
            minKeep = from.minKeep;
            xtc = from.xtc;
            penalties = from.penalties;
            dry = from.dry;
            mirostat = from.mirostat;
            logitBias = from.logitBias;
        }

        SamplingOptions options() {
            return new SamplingOptions(
                    seed,
                    order,
                    temperature,
                    dynamicTemperature,
                    topK,
                    topP,
                    minP,
                    typicalP,
                    topNSigma,
                    minKeep,
                    xtc,
                    penalties,
                    dry,
                    mirostat,
                    logitBias);
        }
    }

    private static void requireFinite(String name, float value) {
        if (!Float.isFinite(value)) {
            throw new IllegalArgumentException(name + ": found " + value + ", expected a finite number");
        }
    }

    private static void requireWindow(String name, int value) {
        if (value < -1) {
            throw new IllegalArgumentException(name + ": found " + value + ", expected a number of tokens, 0 (off) or -1 (all)");
        }
    }
}
