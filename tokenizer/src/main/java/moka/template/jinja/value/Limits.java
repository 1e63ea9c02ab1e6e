package moka.template.jinja.value;

/**
 * What one rendering may use up.
 *
 * @param steps statements, calls and operators executed
 * @param size characters written and elements stored, summed over the whole rendering, freed or not
 * @param depth nested statements, expressions and calls, a stack frame or three each
 * @param nanos time
 */
public record Limits(long steps, long size, int depth, long nanos) {
    /** Enough for every published template by a factor of a hundred, and ended within a second on one core. */
    public static final Limits DEFAULT = new Limits(4_000_000, 6_000_000, 1_200, 10_000_000_000L);
}
