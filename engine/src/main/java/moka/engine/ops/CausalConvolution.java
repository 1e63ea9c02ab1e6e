package moka.engine.ops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.LocalKernels;

/**
 * A convolution over time, each channel by itself: {@code output[t][c] = bias[c] + sum over j of weight[c][j] * input[t - length + 1 + j][c]}. Its state
 * are the last {@code length - 1} inputs, {@code [length - 1][channels]}, oldest first. Cost of a row: {@code channels * length} multiply-adds.
 *
 * @see <a href="https://arxiv.org/abs/2312.00752">Mamba, section 3.4</a>
 */
public final class CausalConvolution {
    private final Activations input;
    private final Activations output;
    private final int length;
    private final float[][] weight; // [1 + length][channels]: the bias first
    private final boolean silu;
    private final int layer;
    private final int stateAt;
    private final RowScratch scratch;
    private final Optional<LocalKernels> kernels;
    private final MemorySegment panels; // [channels / 16][1 + length][16], for the kernels
    private final long[][] inputs; // [worker][length]: addresses

    /**
     * @param weight {@code [channels][length]}
     * @param bias one value a channel, or an empty array
     * @param silu whether SiLU is applied to the results
     * @param layer of the cache
     * @param stateAt where the state begins in the layer's
     * @param kernels what computes it where it serves so many channels
     * @param arena for weights in the kernels' order
     */
    public CausalConvolution(
            Activations input,
            Activations output,
            float[] weight,
            float[] bias,
            boolean silu,
            int layer,
            int stateAt,
            RowScratch scratch,
            Optional<LocalKernels> kernels,
            Arena arena) {
        int channels = input.columns();
        this.input = input;
        this.output = output;
        length = weight.length / channels;
        this.weight = new float[1 + length][channels];
        System.arraycopy(bias, 0, this.weight[0], 0, bias.length);
        for (int channel = 0; channel < channels; channel++) {
            for (int j = 0; j < length; j++) {
                this.weight[1 + j][channel] = weight[channel * length + j];
            }
        }
        this.silu = silu;
        this.layer = layer;
        this.stateAt = stateAt;
        this.scratch = scratch;
        this.kernels = kernels.filter(it -> it.servesConvolution(length, channels));
        panels = this.kernels.isPresent() ? panels(arena) : MemorySegment.NULL;
        inputs = new long[scratch.workers()][length];
    }

    private MemorySegment panels(Arena arena) {
        int channels = input.columns();
        MemorySegment result = arena.allocate(4L * channels * (1 + length), 64);
        for (int channel = 0; channel < channels; channel += 16) {
            for (int j = 0; j <= length; j++) {
                long at = 64L * (channel / 16 * (1 + length) + j);
                MemorySegment.copy(weight[j], channel, result, ValueLayout.JAVA_FLOAT, at, 16);
            }
        }
        return result;
    }

    /** One row of a span. @param index row in the span */
    public void run(Span span, int index, int worker) {
        if (kernels.isPresent()) {
            long[] rows = inputs[worker];
            for (int j = 0; j < length; j++) {
                int at = index - length + 1 + j;
                rows[j] = at >= 0 ? input.address(span.firstRow() + at) : span.cache().state(layer).address() + offset(at);
            }
            kernels.get().convolve(rows, panels, silu, input.columns(), output.address(span.firstRow() + index), worker);
        } else {
            compute(span, index, worker);
        }
    }

    private void compute(Span span, int index, int worker) {
        int channels = input.columns();
        float[] sum = scratch.floats(worker, 0, channels);
        float[] values = scratch.floats(worker, 1, channels);
        System.arraycopy(weight[0], 0, sum, 0, channels);
        for (int j = 0; j < length; j++) {
            read(span, index - length + 1 + j, values);
            float[] factors = weight[1 + j];
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
            MemorySegment.copy(span.cache().state(layer), ValueLayout.JAVA_FLOAT, offset(index), target, 0, channels);
        }
    }

    /** Byte in the layer's state of an input before the span's first. @param index below 0 */
    private long offset(int index) {
        return 4L * (stateAt + (length - 1 + index) * input.columns());
    }

    /** Keeps the last inputs: after all rows. */
    public void keep(Span span) {
        long bytes = 4L * input.columns();
        MemorySegment next = span.cache().nextState(layer);
        for (int j = 0; j < length - 1; j++) {
            int index = span.rowCount() - length + 1 + j;
            boolean own = index >= 0;
            MemorySegment from = own ? input.segment() : span.cache().state(layer);
            MemorySegment.copy(from, own ? input.offset(span.firstRow() + index) : offset(index), next, 4L * stateAt + j * bytes, bytes);
        }
    }
}
