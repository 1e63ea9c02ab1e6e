package moka.quantize;

import static moka.gguf.TensorType.*;
import static moka.quantize.TensorRole.*;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import moka.gguf.TensorType;

/**
 * Which tensors of a mixture get another type than its base: a table, first match. The same choice as llama.cpp v0.5.0 makes, so that a file
 * has the size that its name promises.
 */
final class TypeRules {
    /** What a rule looks at: the model, and which of the tensors of its role this is. */
    record Place(ModelFacts model, Mixture mixture, int index, int count) {
        /** In the first part of the layers. */
        boolean inFirst(int part) {
            return index < count / part;
        }

        boolean inLastEighth() {
            return index >= 7 * count / 8;
        }

        /** The first and the last eighth of the layers and every third between. */
        boolean favoured() {
            return inFirst(8) || inLastEighth() || (index - count / 8) % 3 == 2;
        }

        boolean shared(int heads) {
            return model.headsPerKvHead() >= heads;
        }

        boolean eightExperts() {
            return model.expertCount() == 8;
        }
    }

    private record Rule(Set<Mixture> mixtures, TensorRole role, Predicate<Place> when, TensorType type) {
        boolean matches(TensorRole ofRole, Place place) {
            return role == ofRole && mixtures.contains(place.mixture) && when.test(place);
        }
    }

    private static final Set<Mixture> TINY = EnumSet.of(
            Mixture.IQ1_S, Mixture.IQ1_M, Mixture.IQ2_XXS, Mixture.IQ2_XS, Mixture.IQ2_S, Mixture.IQ2_M);
    private static final Set<Mixture> IQ2_S_AND_M = EnumSet.of(Mixture.IQ2_S, Mixture.IQ2_M);
    private static final Set<Mixture> NOT_TINY = EnumSet.complementOf(EnumSet.copyOf(TINY));
    private static final Set<Mixture> IQ4 = EnumSet.of(Mixture.IQ4_NL, Mixture.IQ4_XS);
    private static final Set<Mixture> MIDDLE = EnumSet.of(
            Mixture.Q2_K,
            Mixture.IQ3_XS,
            Mixture.IQ3_XXS,
            Mixture.Q3_K_S,
            Mixture.Q3_K_M,
            Mixture.IQ4_NL,
            Mixture.Q4_K_S,
            Mixture.Q4_K_M,
            Mixture.IQ3_S,
            Mixture.IQ3_M,
            Mixture.IQ4_XS);

    private static final Predicate<Place> ALWAYS = place -> true;
    private static final Predicate<Place> FALCON = place -> place.model.falcon();
    private static final Predicate<Place> IMPORTANCE = place -> place.model.importance();
    private static final Predicate<Place> EXPERTS = Place::eightExperts;
    private static final Predicate<Place> FIRST_EIGHTH = place -> place.inFirst(8);
    private static final Predicate<Place> SHARED = place -> place.shared(4);

    private static final List<Rule> RULES = List.of(
            // A token embedding that is not the output as well.
            rule(EnumSet.of(Mixture.IQ2_XXS, Mixture.IQ2_XS, Mixture.IQ1_S, Mixture.IQ1_M), TOKEN_EMBEDDING, ALWAYS, Q2_K),
            rule(EnumSet.of(Mixture.IQ2_S, Mixture.IQ2_M, Mixture.IQ3_XXS), TOKEN_EMBEDDING, ALWAYS, IQ3_S),
            rule(EnumSet.of(Mixture.TQ1_0, Mixture.TQ2_0, Mixture.Q2_0), TOKEN_EMBEDDING, ALWAYS, Q4_K),
            // Values: small where heads share them, and every error in them reaches the output.
            rule(NOT_TINY, VALUE, EXPERTS, Q8_0),
            rule(TINY, VALUE, SHARED.or(place -> place.model.expertCount() >= 4), Q4_K),
            rule(IQ2_S_AND_M, VALUE, ALWAYS, IQ3_S),
            rule(TINY, VALUE, ALWAYS, Q2_K),
            rule(EnumSet.of(Mixture.Q2_K, Mixture.Q2_K_S), VALUE, SHARED, Q4_K),
            rule(Mixture.Q2_K, VALUE, ALWAYS, Q3_K),
            rule(EnumSet.of(Mixture.IQ3_XXS, Mixture.IQ3_XS, Mixture.IQ3_S), VALUE, SHARED, Q4_K),
            rule(Mixture.IQ3_XXS, VALUE, IMPORTANCE.negate(), IQ3_S),
            rule(Mixture.IQ3_M, VALUE, ALWAYS, Q4_K),
            rule(Mixture.Q3_K_M, VALUE, place -> place.index < 2, Q5_K),
            rule(Mixture.Q3_K_M, VALUE, ALWAYS, Q4_K),
            rule(Mixture.Q3_K_L, VALUE, ALWAYS, Q5_K),
            rule(IQ4, VALUE, SHARED, Q5_K),
            rule(EnumSet.of(Mixture.Q4_K_M, Mixture.Q5_K_M), VALUE, Place::favoured, Q6_K),
            rule(Mixture.Q4_K_S, VALUE, place -> place.index < 4, Q5_K),
            // Keys and queries bear more error than others.
            rule(TINY, KEY, EXPERTS, Q4_K),
            rule(NOT_TINY, KEY, EXPERTS, Q8_0),
            rule(Mixture.IQ3_XS, KEY, ALWAYS, IQ3_XXS),
            rule(Mixture.IQ3_XXS, KEY, ALWAYS, IQ2_S),
            rule(Mixture.IQ3_XS, QUERY, ALWAYS, IQ3_XXS),
            rule(Mixture.IQ3_XXS, QUERY, ALWAYS, IQ2_S),
            // The way down of the feed-forward: its inputs have the largest outliers.
            rule(IQ2_S_AND_M, FEED_FORWARD_DOWN, FIRST_EIGHTH, IQ3_S),
            rule(TINY, FEED_FORWARD_DOWN, FIRST_EIGHTH, Q2_K),
            rule(Mixture.Q2_K, FEED_FORWARD_DOWN, ALWAYS, Q3_K),
            rule(Mixture.Q2_K_S, FEED_FORWARD_DOWN, FIRST_EIGHTH, Q4_K),
            rule(Mixture.IQ3_XXS, FEED_FORWARD_DOWN, IMPORTANCE.negate().and(FIRST_EIGHTH), Q4_K),
            rule(Mixture.IQ3_XXS, FEED_FORWARD_DOWN, IMPORTANCE.negate(), Q3_K),
            rule(Mixture.Q3_K_M, FEED_FORWARD_DOWN, place -> place.inFirst(16), Q5_K),
            rule(Mixture.Q3_K_M, FEED_FORWARD_DOWN, FALCON.negate().or(Place::favoured), Q4_K),
            rule(Mixture.IQ3_M, FEED_FORWARD_DOWN, FIRST_EIGHTH.or(EXPERTS.and(Place::favoured)), Q4_K),
            rule(Mixture.Q3_K_L, FEED_FORWARD_DOWN, FALCON, Q4_K),
            rule(Mixture.Q3_K_L, FEED_FORWARD_DOWN, ALWAYS, Q5_K),
            rule(Mixture.Q4_K_M, FEED_FORWARD_DOWN, FALCON.and(place -> place.inFirst(16)), Q6_K),
            rule(Mixture.Q4_K_M, FEED_FORWARD_DOWN, FALCON.and(Place::favoured), Q5_K),
            rule(Mixture.Q4_K_M, FEED_FORWARD_DOWN, FALCON.negate().and(Place::favoured), Q6_K),
            rule(IQ4, FEED_FORWARD_DOWN, IMPORTANCE.negate().and(FIRST_EIGHTH), Q5_K),
            rule(Mixture.Q5_K_M, FEED_FORWARD_DOWN, Place::favoured, Q6_K),
            rule(Mixture.Q4_K_S, FEED_FORWARD_DOWN, FALCON.negate().and(FIRST_EIGHTH), Q5_K),
            rule(Mixture.Q4_0, FEED_FORWARD_DOWN, IMPORTANCE.and(FIRST_EIGHTH), Q4_1),
            rule(Mixture.Q5_0, FEED_FORWARD_DOWN, IMPORTANCE.and(FIRST_EIGHTH), Q5_1),
            // What attention gives back.
            rule(TINY, ATTENTION_OUTPUT, EXPERTS, Q5_K),
            rule(EnumSet.of(Mixture.IQ1_S, Mixture.IQ1_M), ATTENTION_OUTPUT, ALWAYS, IQ2_XXS),
            rule(IQ2_S_AND_M, ATTENTION_OUTPUT, ALWAYS, IQ3_S),
            rule(Mixture.Q3_K_L, ATTENTION_OUTPUT, FALCON, Q4_K),
            rule(MIDDLE, ATTENTION_OUTPUT, FALCON.negate().and(EXPERTS), Q5_K),
            rule(Mixture.Q2_K, ATTENTION_OUTPUT, notFalconNorExperts(), Q3_K),
            rule(Mixture.IQ3_XXS, ATTENTION_OUTPUT, notFalconNorExperts(), IQ3_S),
            rule(EnumSet.of(Mixture.Q3_K_M, Mixture.IQ3_M), ATTENTION_OUTPUT, notFalconNorExperts(), Q4_K),
            rule(Mixture.Q3_K_L, ATTENTION_OUTPUT, notFalconNorExperts(), Q5_K),
            // The middle layers of the way up.
            rule(Mixture.IQ3_XS, FEED_FORWARD_GATE, place -> !place.inFirst(8) && !place.inLastEighth(), IQ3_XXS),
            rule(Mixture.IQ3_XS, FEED_FORWARD_UP, place -> !place.inFirst(8) && !place.inLastEighth(), IQ3_XXS));

    private TypeRules() {}

    private static Rule rule(Mixture mixture, TensorRole role, Predicate<Place> when, TensorType type) {
        return new Rule(EnumSet.of(mixture), role, when, type);
    }

    private static Rule rule(Set<Mixture> mixtures, TensorRole role, Predicate<Place> when, TensorType type) {
        return new Rule(mixtures, role, when, type);
    }

    private static Predicate<Place> notFalconNorExperts() {
        return FALCON.negate().and(EXPERTS.negate());
    }

    /** Whether the position of a feed-forward tensor is counted even where a layer has several, for its experts. */
    static boolean countsTensors(Mixture mixture) {
        return TINY.contains(mixture);
    }

    /** The type of a tensor of a role. */
    static TensorType type(TensorRole role, Place place) {
        TensorType type = RULES.stream()
                .filter(it -> it.matches(role, place))
                .map(Rule::type)
                .findFirst()
                .orElse(place.mixture.baseType());
        // Eight heads share one of values there: more bits cost next to nothing.
        boolean cheap = role == VALUE && place.model.seventyBillion() && !TINY.contains(place.mixture);
        return cheap && (type == Q3_K || type == Q4_K) ? Q5_K : type;
    }

    /** The type of the output matrix, or of the embedding that is the output as well. */
    static TensorType outputType(Mixture mixture, ModelFacts model, long columns) {
        TensorType base = mixture.baseType();
        if (mixture == Mixture.MXFP4_MOE || model.falcon() || columns % base.blockElements() != 0) {
            return Q8_0;
        }
        if (TINY.contains(mixture) || mixture == Mixture.IQ3_XXS) {
            return Q5_K;
        }
        return base == Q8_0 ? Q8_0 : Q6_K;
    }

    /** What stores rows that are no whole number of a type's blocks. @throws QuantizeException if there is nothing */
    static TensorType fitting(String name, TensorType type, long columns) {
        if (columns % type.blockElements() == 0) {
            return type;
        }
        TensorType smaller = switch (type) {
            case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> IQ4_NL;
            case Q2_0, Q2_K, Q3_K, TQ1_0, TQ2_0 -> Q4_0;
            case Q4_K -> Q5_0;
            case Q5_K -> Q5_1;
            case Q6_K -> Q8_0;
            default -> {
                if (type.blockElements() > 32) {
                    throw new QuantizeException("tensor '" + name + "' has rows of " + columns + ", " + type
                            + " needs a multiple of " + type.blockElements() + ": give it another type with --tensor-type");
                }
                yield type;
            }
        };
        return columns % smaller.blockElements() == 0 ? smaller : F16;
    }
}
