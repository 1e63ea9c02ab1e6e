package moka.engine;

/**
 * How well guessing went.
 *
 * @param passes passes over the weights to generate, with guesses or without
 * @param guessed tokens that were guessed
 * @param accepted those of them that the model chose
 */
public record SpeculationCounts(int passes, int guessed, int accepted) {
    public static final SpeculationCounts NONE = new SpeculationCounts(0, 0, 0);

    /** Share of the guesses that were right; 0 where nothing was guessed. */
    public double acceptance() {
        return guessed == 0 ? 0 : (double) accepted / guessed;
    }
}
