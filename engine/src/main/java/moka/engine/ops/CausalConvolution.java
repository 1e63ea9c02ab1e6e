package moka.engine.ops;

import java.util.Arrays;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;

/**
 * A convolution over time, each channel by itself: {@code output[t][c] = bias[c] + sum over j of weight[c][j] * input[t - length + 1 + j][c]}. Its state
 * are the last {@code length - 1} inputs, {@code [length - 1][channels]}, oldest first. Cost of a row: {@code channels * length} multiply-adds.
 *
 * @see <a href="https://arxiv.org/abs/2312.00752">Mamba, section 3.4</a>
 */
public final class CausalConvolution {
    private final Activations input;
    private final Activations output;
    private final float[][] weight; // [length][channels]
    private final float[] bias;
    private final boolean silu;
    private final int layer;
    private final int stateAt;
    private final RowScratch scratch;

    /**
     * @param weight {@code [channels][length]}
     * @param bias one value a channel, or an empty array
     * @param silu whether SiLU is applied to the results
     * @param layer of the cache
     * @param stateAt where the state begins in the layer's
     */
    public CausalConvolution(
            Activations input, Activations output, float[] weight, float[] bias, boolean silu, int layer, int stateAt, RowScratch scratch) {
        int channels = input.columns();
        this.input = input;
        this.output = output;
        this.weight = new float[weight.length / channels][channels];
        for (int channel = 0; channel < channels; channel++) {
            for (int j = 0; j < this.weight.length; j++) {
                this.weight[j][channel] = weight[channel * this.weight.length + j];
            }
        }
        this.bias = bias;
        this.silu = silu;
        this.layer = layer;
        this.stateAt = stateAt;
        this.scratch = scratch;
    }

    /** One row of a span. @param index row in the span */
    public void run(Span span, int index, int worker) {
        int channels = input.columns();
        int before = weight.length - 1;
        float[] sum = scratch.floats(worker, 0, channels);
        float[] values = scratch.floats(worker, 1, channels);
        if (bias.length > 0) {
            System.arraycopy(bias, 0, sum, 0, channels);
        } else {
            Arrays.fill(sum, 0, channels, 0f);
        }
        for (int j = 0; j <= before; j++) {
            read(span, index - before + j, values);
            float[] factors = weight[j];
            for (int c = 0; c < channels; c++) {
                sum[c] += factors[c] * values[c];
            }
        }
        if (silu) {
            RowCurves.silu(sum, channels);
        }
        output.write(span.firstRow() + index, 0, sum, 0, channels);
    }

    /** Input of a row of the span; before its first, that of the state. */
    private void read(Span span, int index, float[] target) {
        int channels = input.columns();
        if (index >= 0) {
            input.read(span.firstRow() + index, 0, target, 0, channels);
        } else {
            int from = stateAt + (weight.length - 1 + index) * channels;
            System.arraycopy(span.cache().state(layer), from, target, 0, channels);
        }
    }

    /** Keeps the last inputs: after all rows. */
    public void keep(Span span) {
        int channels = input.columns();
        int before = weight.length - 1;
        float[] row = scratch.floats(0, 0, channels);
        float[] next = span.cache().nextState(layer);
        for (int j = 0; j < before; j++) {
            read(span, span.rowCount() - before + j, row);
            System.arraycopy(row, 0, next, stateAt + j * channels, channels);
        }
    }
}
