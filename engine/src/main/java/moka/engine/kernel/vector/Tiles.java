package moka.engine.kernel.vector;

/** The innermost loop of every matrix product with several columns. */
interface Tiles {
    /** Rows of a tile. */
    int ROWS = 6;

    /**
     * Adds a product of {@link #ROWS} rows and two vectors of columns: for row {@code r} and lane {@code l}
     * {@code c[cAt + r * cStep + l] += sum over k of w[wAt + r * wStep + k] * x[k * xStep + l]}, {@code x} from address {@code first}, and the same {@code lanes} further in
     * {@code c} with {@code x} from address {@code second} (both aligned to a vector). Sums run in the order of {@code k}.
     */
    void multiply(
            long first, long second, int xStep, float[] w, int wAt, int wStep, int depth, float[] c, int cAt, int cStep);
}
