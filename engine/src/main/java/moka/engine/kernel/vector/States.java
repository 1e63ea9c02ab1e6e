package moka.engine.kernel.vector;

/**
 * One token's change of a panel of a state ({@link moka.engine.kernel.StatePlan} says what it means), and rows beside products. All places are addresses of float32
 * values in {@link moka.engine.runtime.ProcessMemory}; columns are a multiple of 16, rows of a state an even number. A panel is
 * {@code [rows][columns]}; it is read at {@code source} and written to {@code target}, which may be the same.
 */
interface States {
    /** {@code S[n][p] = kept S[n][p] + step into[n] x[p]}, {@code y[p] = sum of out[n] S[n][p] + skip x[p]}. */
    void heads(long source, long target, int rows, int columns, long x, float step, float kept, float skip, long into, long out, long y);

    /**
     * {@code S[i][p] = kept[i] S[i][p]}, {@code S[i][p] += key[i] beta (values[p] - sum of key[j] S[j][p])}, {@code y[p] = sum of query[i] S[i][p]}.
     *
     * @param keptStep bytes from one row's {@code kept} to the next, 0 if all rows have the same
     */
    void delta(
            long source, long target, int rows, int columns, long values, float beta, long kept, int keptStep, long key, long query, long y);

    /** {@code S[n][c] = e^(step[c] decay[n][c]) S[n][c] + step[c] into[n] x[c]}, {@code y[c] = sum of out[n] S[n][c] + skip[c] x[c]}; y may be x. */
    void channels(
            long source, long target, int rows, int columns, long x, long step, long into, long out, long decay, long skip, long y);

    /** As {@link moka.engine.kernel.LocalKernels#convolve}. */
    void convolve(long[] inputs, long weights, boolean silu, int channels, long output);

    /** {@code kept = e^(step * rate)}. @param count a multiple of 16, which rows have room for */
    void keep(long step, long rate, int count, long kept);

    /** As {@link moka.engine.kernel.LocalKernels#addRows}. @param rows address of the first */
    void addRows(long rows, long rowBytes, int[] places, float[] factors, int at, int count, long target, int columns);
}
