package moka.engine.sampling;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Chooses the tokens of one sequence. Not thread-safe; one per sequence. {@link #sample} and {@link #accept} allocate nothing as a rule
 * (the history grows by doubling). Memory: 12 bytes per vocabulary entry, 4 to 8 more with penalties and DRY.
 *
 * <p>With the same seed, options, logits and accepted tokens the same tokens are chosen: one number of the stream is used for each token
 * drawn from two or more candidates, another before it where XTC is on; the greedy path uses none.
 */
public final class Sampler {
    /**
     * Returned by {@link #sample} where no token can be chosen: all logits are minus infinity, one is infinite or not a number, or all
     * that a constraint allows are minus infinity.
     */
    public static final int NO_TOKEN = -1;

    private final SamplingOptions options;
    private final long seed;
    private final int vocabularySize;
    private final SamplerStep[] order;
    private final boolean greedy; // only the largest logit matters
    private final boolean untouched; // no step changes a logit before the greedy choice
    private final int[] biasedTokens;
    private final float[] biases;
    private final Candidates candidates;
    private final TokenHistory history = new TokenHistory();
    private final RandomStream random;
    private final RepetitionPenalties penalties;
    private final DryPenalty dry;
    private final MirostatState mirostat;

    /** A sampler without DRY sequence breakers. */
    public Sampler(SamplingOptions options, int vocabularySize) {
        this(options, vocabularySize, List.of());
    }

    /**
     * @param vocabularySize number of logits
     * @param dryBreakers token sequences across which DRY matches no repeat, see {@link DrySequenceBreakers}
     */
    public Sampler(SamplingOptions options, int vocabularySize, List<int[]> dryBreakers) {
        this.options = options;
        this.vocabularySize = vocabularySize;
        seed = options.seed() == SamplingOptions.RANDOM_SEED ? ThreadLocalRandom.current().nextInt() & 0xffffffffL : options.seed();
        order = options.order().toArray(SamplerStep[]::new);
        random = new RandomStream(seed);
        candidates = new Candidates(vocabularySize);
        penalties = new RepetitionPenalties(options.penalties(), vocabularySize);
        dry = new DryPenalty(options.dry(), dryBreakers, vocabularySize);
        mirostat = new MirostatState(options.mirostat(), vocabularySize);
        biasedTokens = options.logitBias().keySet().stream()
                .mapToInt(Integer::intValue)
                .filter(token -> token < vocabularySize)
                .sorted()
                .toArray();
        biases = new float[biasedTokens.length];
        Map<Integer, Float> logitBias = options.logitBias();
        for (int i = 0; i < biases.length; i++) {
            biases[i] = logitBias.get(biasedTokens[i]);
        }
        greedy = isGreedy(options);
        untouched = biases.length == 0
                && (options.penalties().off() || !options.order().contains(SamplerStep.PENALTIES))
                && (options.dry().off() || !options.order().contains(SamplerStep.DRY));
    }

    /** Whether no step can take the largest logit away and the temperature is 0 in the end. */
    private static boolean isGreedy(SamplingOptions options) {
        List<SamplerStep> order = options.order();
        boolean typical = options.typicalP() < 1 && order.contains(SamplerStep.TYPICAL_P);
        boolean exclusion = options.xtc().probability() > 0 && order.contains(SamplerStep.XTC);
        return options.temperature() <= 0
                && options.dynamicTemperature().range() <= 0
                && order.contains(SamplerStep.TEMPERATURE)
                && order.indexOf(SamplerStep.TEMPERATURE) > lastLogitChange(order)
                && !typical
                && !exclusion;
    }

    private static int lastLogitChange(List<SamplerStep> order) {
        return Math.max(order.lastIndexOf(SamplerStep.PENALTIES), order.lastIndexOf(SamplerStep.DRY));
    }

    public SamplingOptions options() {
        return options;
    }

    /** The seed in use, also where the options leave it to the system. */
    public long seed() {
        return seed;
    }

    /**
     * Chooses the next token; does not accept it.
     *
     * @param logits float32 little-endian, {@code vocabularySize} values; not changed
     * @return a token id, or {@link #NO_TOKEN}
     */
    public int sample(MemorySegment logits) {
        requireLogits(logits);
        candidates.load(logits);
        float largest = candidates.largestOfAll();
        if (!isUsable(largest)) {
            return NO_TOKEN;
        }
        return greedy && untouched ? candidates.firstWith(largest) : choose();
    }

    /** Chooses the next token among those that a constraint allows: the same as with all others at minus infinity. */
    public int sample(MemorySegment logits, TokenConstraint constraint) {
        requireLogits(logits);
        candidates.load(logits, constraint);
        float largest = candidates.largestOfAll();
        if (!isUsable(largest)) {
            return NO_TOKEN;
        }
        if (greedy && untouched) {
            int best = candidates.firstWith(largest);
            return constraint.allows(best) ? best : argmaxAllowed(logits, constraint.mask());
        }
        return choose();
    }

    private static boolean isUsable(float largest) {
        return Math.abs(largest) < Float.POSITIVE_INFINITY;
    }

    /** Takes a token into the history: each one of the prompt, and each one chosen. */
    public void accept(int token) {
        if (token < 0 || token >= vocabularySize) {
            throw new IllegalArgumentException("token " + token + " is outside of the vocabulary of " + vocabularySize);
        }
        history.add(token);
    }

    /** Runs all steps but the draw: what would be drawn from, sorted. For tests and for showing; the next call reuses it. */
    public Candidates candidates(MemorySegment logits) {
        requireLogits(logits);
        candidates.load(logits);
        runSteps();
        candidates.sort();
        return candidates;
    }

    /** The state to return to by {@link #rewind}. */
    public SamplerState state() {
        return new SamplerState(history.length(), random.state(), mirostat.mu());
    }

    /** Goes back to an earlier state; tokens accepted since are forgotten. A state from elsewhere needs as many tokens accepted first. */
    public void rewind(SamplerState state) {
        history.truncate(state.acceptedCount());
        random.restore(state.randomState());
        mirostat.restore(state.mirostatMu());
    }

    private int choose() {
        runSteps();
        if (!candidates.hasAtLeast(2)) {
            if (candidates.count() == 0) {
                return NO_TOKEN;
            }
            if (options.mirostat().version() != 0) {
                mirostat.observe(1);
            }
            return candidates.id(0);
        }
        double max = candidates.maxLogit();
        double mass = candidates.massAbove(max);
        int token = candidates.drawn(max, random.nextDouble() * mass);
        if (options.mirostat().version() != 0) {
            mirostat.observe(Math.exp(candidates.logitOfToken(token) - max) / mass);
        }
        return token;
    }

    private void runSteps() {
        applyBias();
        if (options.mirostat().version() != 0) {
            apply(SamplerStep.TEMPERATURE);
            mirostat.truncate(candidates);
            return;
        }
        for (SamplerStep step : order) {
            apply(step);
        }
    }

    void apply(SamplerStep step) {
        switch (step) {
            case PENALTIES -> penalties.apply(candidates, history);
            case DRY -> dry.apply(candidates, history);
            case TOP_N_SIGMA -> Truncation.topNSigma(candidates, options.topNSigma());
            case TOP_K -> Truncation.topK(candidates, options.topK());
            case TYPICAL_P -> Truncation.typical(candidates, options.typicalP(), options.minKeep());
            case TOP_P -> Truncation.topP(candidates, options.topP(), options.minKeep());
            case MIN_P -> Truncation.minP(candidates, options.minP(), options.minKeep());
            case XTC -> {
                float probability = options.xtc().probability();
                if (probability > 0 && random.nextDouble() < probability) {
                    Truncation.excludeTopChoices(candidates, options.xtc().threshold(), options.minKeep());
                }
            }
            case TEMPERATURE -> Temperature.apply(candidates, options.temperature(), options.dynamicTemperature());
        }
    }

    private void applyBias() {
        for (int i = 0; i < biases.length; i++) {
            candidates.setLogit(biasedTokens[i], candidates.logitOfToken(biasedTokens[i]) + biases[i]);
        }
    }

    private int argmaxAllowed(MemorySegment logits, long[] mask) {
        float largest = Float.NEGATIVE_INFINITY;
        int best = NO_TOKEN;
        for (int word = 0; word << 6 < vocabularySize; word++) {
            for (long bits = mask[word]; bits != 0; bits &= bits - 1) {
                int id = (word << 6) + Long.numberOfTrailingZeros(bits);
                if (id < vocabularySize && logits.getAtIndex(VocabularyLogits.LOGIT, id) > largest) {
                    largest = logits.getAtIndex(VocabularyLogits.LOGIT, id);
                    best = id;
                }
            }
        }
        return best;
    }

    private void requireLogits(MemorySegment logits) {
        if (logits.byteSize() < 4L * vocabularySize) {
            throw new IllegalArgumentException("logits: found " + logits.byteSize() + " bytes, expected " + 4L * vocabularySize
                    + " for a vocabulary of " + vocabularySize);
        }
    }
}
