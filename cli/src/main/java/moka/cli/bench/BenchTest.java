package moka.cli.bench;

/**
 * What is timed.
 *
 * @param promptTokens tokens computed together
 * @param generatedTokens tokens computed one by one, after those
 * @param depth tokens that lie in the cache before
 */
public record BenchTest(int promptTokens, int generatedTokens, int depth) {
    /** As llama-bench writes it: {@code pp512}, {@code tg128 @ d4096}, {@code pp512+tg128}. */
    public String name() {
        String name = promptTokens > 0 ? "pp" + promptTokens : "";
        if (generatedTokens > 0) {
            name += (name.isEmpty() ? "" : "+") + "tg" + generatedTokens;
        }
        return depth > 0 ? name + " @ d" + depth : name;
    }

    /** Positions that it needs. */
    public int contextLength() {
        return depth + promptTokens + generatedTokens;
    }

    /** Tokens that are timed. */
    public int timedTokens() {
        return promptTokens + generatedTokens;
    }
}
