package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.Projection.GateFunction;

/**
 * What a set of kernels computes beside products and attention, for a piece of the work: rows, and panels of a state. Called from within a region
 * ({@link Kernels#spread}), by any worker; lengths that a set does not serve are left to plain Java, which says what all this means
 * ({@code moka.engine.ops}). Nothing is allocated.
 */
public interface LocalKernels {
    /** Whether {@link #change} serves a plan. */
    boolean serves(StatePlan plan);

    /** Changes a panel of the state by all rows of a span, in order. @param panel counted through the heads */
    void change(StatePlan plan, Span span, int panel, int worker);

    /** Whether {@link #convolve} serves so many inputs of a channel, and channels. */
    boolean servesConvolution(int length, int channels);

    /**
     * One row of a convolution over time, each channel by itself.
     *
     * @param inputs addresses of {@code length} rows, oldest first
     * @param weights {@code [channels / 16][1 + length][16]} float32: the bias, then the weights of the oldest input first
     * @param silu whether SiLU is applied to the result
     */
    void convolve(long[] inputs, MemorySegment weights, boolean silu, int channels, long output, int worker);

    /** One row: {@code step = softplus(step + bias)}, {@code kept = e^(step * rate)}. @param bias float32, padded to 16 as rate */
    void discretize(Activations step, MemorySegment bias, MemorySegment rate, Activations kept, int row);

    /** One row: {@code step = softplus(step + bias)}. @param bias float32, padded to 16 */
    void softplus(Activations step, MemorySegment bias, int row);

    /** One row: {@code output = function(gate) * up}; output may be one of the others. */
    void gate(GateFunction function, Activations gate, Activations up, Activations output, int row);

    /**
     * RMS norm of pieces of one row, in place: {@code x / sqrt(mean(x²) + epsilon) * weight}.
     *
     * @param column the first piece's
     * @param length a multiple of 16
     * @param weight {@code length} float32, for each piece the same
     */
    void rmsNorm(Activations rows, int row, int column, int count, int length, MemorySegment weight, float epsilon, int worker);

    /**
     * Layer norm of a piece of one row: {@code (x - mean) / sqrt(variance + epsilon) * weight + bias}.
     *
     * @param column where the piece begins, in the target too
     * @param length a multiple of 16
     * @param target may be the rows
     */
    void layerNorm(
            Activations rows, int row, int column, int length, MemorySegment weight, MemorySegment bias, float epsilon, Activations target, int worker);

    /**
     * {@code target[row] += sum of factors[i] * rows[places[i]]}, in this order.
     *
     * @param at of the first of {@code count} places and factors
     */
    void addRows(Activations rows, int[] places, float[] factors, int at, int count, Activations target, int row, int worker);
}
