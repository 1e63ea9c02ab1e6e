package moka.quantize;

import java.util.Locale;
import java.util.Optional;

/** How weights become codes. All give files of the plain types, which any engine runs; docs/quantization.md has the ideas and their cost. */
public enum Method {
    /** Each block by itself, all errors alike. */
    RTN,
    /** Errors count by the size of the inputs that they meet. */
    IMATRIX,
    /** Channels with large inputs are scaled up before, then as {@link #IMATRIX}, with ranges chosen by what outputs lose. */
    AWQ,
    /** Column by column, later columns make good what earlier ones lost. */
    GPTQ,
    /** Both: scaled, then column by column. */
    AWQ_GPTQ,
    /** Size moved from activations to weights, for products with rounded activations. */
    SMOOTHQUANT;

    /** Whether a text is needed. */
    public boolean calibrates() {
        return this != RTN && this != IMATRIX;
    }

    /** Whether columns are rounded one after another. */
    boolean roundsByColumn() {
        return this == GPTQ || this == AWQ_GPTQ;
    }

    boolean scales() {
        return this == AWQ || this == AWQ_GPTQ || this == SMOOTHQUANT;
    }

    /** The method of a name, in any case; words joined by {@code +}, {@code -} or {@code _}. */
    public static Optional<Method> byName(String name) {
        String upper = name.toUpperCase(Locale.ROOT).replace('+', '_').replace('-', '_');
        for (Method method : values()) {
            if (method.name().equals(upper)) {
                return Optional.of(method);
            }
        }
        return Optional.empty();
    }
}
