package moka.engine.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A step between logits and the draw. The order in {@link SamplingOptions#order()} is the order in which they run. */
public enum SamplerStep {
    /** Repetition, frequency and presence penalties. */
    PENALTIES("penalties", 'e', "penalty"),
    /** "Don't repeat yourself": grows with the length of the repeated sequence. */
    DRY("dry", 'd'),
    /** Keeps logits within n standard deviations of the largest. */
    TOP_N_SIGMA("top_n_sigma", 's'),
    /** Keeps the k largest logits. */
    TOP_K("top_k", 'k'),
    /** Locally typical sampling. */
    TYPICAL_P("typ_p", 'y', "typical", "typical_p"),
    /** Nucleus sampling. */
    TOP_P("top_p", 'p', "nucleus"),
    /** Keeps tokens at least p times as likely as the likeliest. */
    MIN_P("min_p", 'm'),
    /** Excludes top choices: removes all but the least likely of the likely tokens. */
    XTC("xtc", 'x'),
    /** Temperature, also dynamic. */
    TEMPERATURE("temperature", 't', "temp");

    /** penalties, dry, top_n_sigma, top_k, typ_p, top_p, min_p, xtc, temperature. */
    public static final List<SamplerStep> DEFAULT_ORDER = List.of(values());

    private final String title;
    private final char letter;
    private final List<String> aliases;

    SamplerStep(String title, char letter, String... aliases) {
        this.title = title;
        this.letter = letter;
        this.aliases = List.of(aliases);
    }

    /** The name on the command line and in {@code general.sampling.sequence}, such as {@code top_k}. */
    public String title() {
        return title;
    }

    /** The letter of the short form, such as {@code k} in {@code edskypmxt}. */
    public char letter() {
        return letter;
    }

    /** The step of a name: {@code top_k}, {@code top-k}, {@code Top_K}; empty where there is none. */
    public static Optional<SamplerStep> named(String name) {
        String wanted = name.strip().toLowerCase(Locale.ROOT).replace('-', '_');
        for (SamplerStep step : values()) {
            if (step.title.equals(wanted) || step.aliases.contains(wanted)) {
                return Optional.of(step);
            }
        }
        return Optional.empty();
    }

    /**
     * An order from its text: names separated by {@code ;} or {@code ,}, or letters ({@code edskypmxt}).
     *
     * @throws IllegalArgumentException if a name or letter is unknown, one line
     */
    public static List<SamplerStep> parseOrder(String text) {
        List<SamplerStep> order = new ArrayList<>();
        if (text.isBlank()) {
            return order;
        }
        boolean names = text.indexOf(';') >= 0 || text.indexOf(',') >= 0 || named(text).isPresent();
        for (String part : names ? text.split("[;,]") : text.strip().split("")) {
            order.add((names ? named(part) : ofLetter(part.charAt(0)))
                    .orElseThrow(() -> new IllegalArgumentException(
                            "samplers '" + text + "': unknown sampler '" + part.strip() + "', expected names such as"
                                    + " penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature or letters of edskypmxt")));
        }
        return order;
    }

    private static Optional<SamplerStep> ofLetter(char letter) {
        for (SamplerStep step : values()) {
            if (step.letter == letter) {
                return Optional.of(step);
            }
        }
        return Optional.empty();
    }
}
