package moka.engine.ops;

import java.util.Arrays;

/**
 * A matrix that tokens change one after the other: the part of a state that one worker goes through the rows of a sequence with, {@code [row][column]}. Four
 * rows are changed at a time, each an array of its own, since C2 makes vectors of loops that index all arrays alike.
 *
 * @param rows at least {@link #height} arrays
 * @param height a multiple of 4; rows of zeros fill up
 */
record StateTile(float[][] rows, int height, int width) {
    /** Takes all rows of a state. @param width columns */
    static StateTile load(RowScratch scratch, int worker, StatePanels state, int width) {
        int height = state.rows();
        int whole = height + 3 & -4;
        float[][] rows = scratch.tile(worker, whole, width);
        for (int i = 0; i < height; i++) {
            state.read(i, 0, rows[i], width);
        }
        for (int i = height; i < whole; i++) {
            Arrays.fill(rows[i], 0, width, 0f);
        }
        return new StateTile(rows, whole, width);
    }

    /** Writes the rows back. */
    void store(StatePanels state) {
        for (int i = 0; i < state.rows(); i++) {
            state.write(i, 0, rows[i], width);
        }
    }

    /** Scratch for a factor of each row, those of the rows that fill up being 0. */
    float[] factors(RowScratch scratch, int worker, int index) {
        float[] factors = scratch.floats(worker, index, height);
        Arrays.fill(factors, 0, height, 0f);
        return factors;
    }

    /** {@code sum[p] = sum over i of by[i] S[i][p]}. @param by {@code height} values */
    void read(float[] by, float[] sum) {
        Arrays.fill(sum, 0, width, 0f);
        for (int i = 0; i < height; i += 4) {
            float[] a = rows[i];
            float[] b = rows[i + 1];
            float[] c = rows[i + 2];
            float[] d = rows[i + 3];
            float byA = by[i];
            float byB = by[i + 1];
            float byC = by[i + 2];
            float byD = by[i + 3];
            for (int p = 0; p < width; p++) {
                sum[p] += byA * a[p] + byB * b[p] + (byC * c[p] + byD * d[p]);
            }
        }
    }

    /**
     * {@code S[i][p] = kept[i] S[i][p] + factor[i] x[p]}, then {@code sum[p] = sum over i of by[i] S[i][p]}: 5 operations a value.
     *
     * @param kept {@code height} values, as {@code factor} and {@code by}
     * @param x {@code width} values
     */
    void update(float[] kept, float[] factor, float[] x, float[] by, float[] sum) {
        Arrays.fill(sum, 0, width, 0f);
        for (int i = 0; i < height; i += 4) {
            update(i, kept, factor, x, by, sum);
        }
    }

    private void update(int i, float[] kept, float[] factor, float[] x, float[] by, float[] sum) {
        float[] a = rows[i];
        float[] b = rows[i + 1];
        float[] c = rows[i + 2];
        float[] d = rows[i + 3];
        float keptA = kept[i];
        float keptB = kept[i + 1];
        float keptC = kept[i + 2];
        float keptD = kept[i + 3];
        float factorA = factor[i];
        float factorB = factor[i + 1];
        float factorC = factor[i + 2];
        float factorD = factor[i + 3];
        float byA = by[i];
        float byB = by[i + 1];
        float byC = by[i + 2];
        float byD = by[i + 3];
        for (int p = 0; p < width; p++) {
            float value = x[p];
            float newA = keptA * a[p] + factorA * value;
            float newB = keptB * b[p] + factorB * value;
            float newC = keptC * c[p] + factorC * value;
            float newD = keptD * d[p] + factorD * value;
            a[p] = newA;
            b[p] = newB;
            c[p] = newC;
            d[p] = newD;
            sum[p] += byA * newA + byB * newB + (byC * newC + byD * newD);
        }
    }
}
