package moka.testmodels;

/**
 * The lengths of a Llama model.
 *
 * @param name of the size, such as {@code 1B}
 * @param blockCount layers
 * @param embeddingLength width
 * @param feedForwardLength width inside the feed-forward
 * @param headCount query heads
 * @param kvHeadCount key and value heads
 * @param headLength values of a head
 * @param vocabularySize tokens, at least 512
 * @param contextLength positions that the model claims
 * @param ropeBase base of the rotation's frequencies
 * @param ropeScaled whether low frequencies are divided by 32 as in Llama 3.2 (a {@code rope_freqs.weight} tensor)
 * @param tied whether the embedding is the output matrix too
 */
public record ModelShape(
        String name,
        int blockCount,
        int embeddingLength,
        int feedForwardLength,
        int headCount,
        int kvHeadCount,
        int headLength,
        int vocabularySize,
        int contextLength,
        float ropeBase,
        boolean ropeScaled,
        boolean tied) {

    /** The shape of Llama-3.2-1B. */
    public static final ModelShape ONE_BILLION =
            new ModelShape("1B", 16, 2048, 8192, 32, 8, 64, 128256, 131072, 500000, true, true);

    /** The shape of Llama-3.2-3B. */
    public static final ModelShape THREE_BILLION =
            new ModelShape("3B", 28, 3072, 8192, 24, 8, 128, 128256, 131072, 500000, true, true);

    /** The shape of Llama-3.1-8B, but for the factor of its frequencies. */
    public static final ModelShape EIGHT_BILLION =
            new ModelShape("8B", 32, 4096, 14336, 32, 8, 128, 128256, 131072, 500000, true, false);

    /** Two layers of width 512: for tests. */
    public static final ModelShape SMALL =
            new ModelShape("small", 2, 512, 1024, 8, 2, 64, 1024, 2048, 10000, false, true);

    /** A shape by its name: 1B, 3B, 8B or small. @throws IllegalArgumentException if there is no such name */
    public static ModelShape named(String name) {
        return switch (name) {
            case "1B" -> ONE_BILLION;
            case "3B" -> THREE_BILLION;
            case "8B" -> EIGHT_BILLION;
            case "small" -> SMALL;
            default -> throw new IllegalArgumentException("shape '" + name + "', expected 1B, 3B, 8B or small");
        };
    }
}
