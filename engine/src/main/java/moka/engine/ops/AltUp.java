package moka.engine.ops;

import moka.engine.kernel.Activations;

/**
 * Alternating updates: several streams of which one is computed in each block; the others are predicted from all of them, and corrected by what was new
 * in the computed one. How strongly is told by coefficients that depend on the computed stream.
 *
 * @param streams as they come into a block, and go out of it; {@code [t][width]} each
 * @param predictions of all streams
 * @param active index of the computed stream
 * @param routerNorm {@code [width]}
 * @param router {@code [streams][width]}
 * @param predictCoefficients {@code [streams * streams][streams]}
 * @param correctCoefficients {@code [streams][streams]}
 * @see <a href="https://arxiv.org/abs/2301.13310">Alternating Updates for Efficient Transformers</a>
 */
public record AltUp(
        Activations[] streams,
        Activations[] predictions,
        int active,
        float[] routerNorm,
        float[] router,
        float[] predictCoefficients,
        float[] correctCoefficients,
        float epsilon,
        RowScratch scratch) {
    /** {@code prediction[i] = stream[i] + sum over j of c[i][j] stream[j]}. */
    public void predict(int row, int worker) {
        int count = streams.length;
        int width = streams[0].columns();
        float[] modalities = modalities(streams[active], row, worker);
        float[] sum = scratch.floats(worker, 0, width);
        float[] values = scratch.floats(worker, 1, width);
        for (int i = 0; i < count; i++) {
            streams[i].read(row, 0, sum, 0, width);
            for (int j = 0; j < count; j++) {
                float factor = dot(predictCoefficients, (i * count + j) * count, modalities, count);
                streams[j].read(row, 0, values, 0, width);
                for (int k = 0; k < width; k++) {
                    sum[k] += factor * values[k];
                }
            }
            predictions[i].write(row, 0, sum, 0, width);
        }
    }

    /** {@code stream[i] = prediction[i] + (1 + c[i]) (computed - prediction[active])}. */
    public void correct(Activations computed, int row, int worker) {
        int count = streams.length;
        int width = streams[0].columns();
        float[] modalities = modalities(computed, row, worker);
        float[] innovation = scratch.floats(worker, 0, width);
        float[] values = scratch.floats(worker, 1, width);
        computed.read(row, 0, innovation, 0, width);
        predictions[active].read(row, 0, values, 0, width);
        for (int k = 0; k < width; k++) {
            innovation[k] -= values[k];
        }
        for (int i = 0; i < count; i++) {
            float factor = 1 + dot(correctCoefficients, i * count, modalities, count);
            predictions[i].read(row, 0, values, 0, width);
            for (int k = 0; k < width; k++) {
                values[k] += factor * innovation[k];
            }
            streams[i].write(row, 0, values, 0, width);
        }
    }

    /** {@code tanh(router · norm(x) / width)}. */
    private float[] modalities(Activations rows, int row, int worker) {
        int width = rows.columns();
        float[] normed = scratch.floats(worker, 2, width);
        rows.read(row, 0, normed, 0, width);
        Norms.rms(normed, 0, width, routerNorm, 0, epsilon);
        float[] result = scratch.floats(worker, 3, streams.length);
        for (int i = 0; i < streams.length; i++) {
            result[i] = (float) Math.tanh(dot(router, i * width, normed, width) / width);
        }
        return result;
    }

    private static float dot(float[] a, int at, float[] b, int count) {
        float sum = 0;
        for (int i = 0; i < count; i++) {
            sum += a[at + i] * b[i];
        }
        return sum;
    }
}
