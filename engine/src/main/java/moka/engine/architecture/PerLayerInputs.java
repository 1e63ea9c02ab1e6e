package moka.engine.architecture;

import moka.engine.kernel.Activations;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Norms;

/**
 * Inputs of Gemma 3n and 4 that each block gets beside the residual stream: an embedding of the token for each block, mixed with a projection of the
 * usual embedding.
 */
final class PerLayerInputs {
    private final Decoder decoder;
    private final int length;
    private final Activations inputs; // [t][blocks][length]

    /** Computes the inputs from the residual stream, which must hold the embedding. */
    PerLayerInputs(Decoder decoder) {
        this.decoder = decoder;
        Hyperparameters h = decoder.h();
        Weights weights = decoder.weights();
        Graph graph = decoder.graph();
        length = h.count("embedding_length_per_layer_input", 1, 1 << 16);
        int columns = length * h.blockCount();
        Matrix table = weights.matrix("per_layer_token_embd.weight", weights.rowCount("per_layer_token_embd.weight"), columns);
        inputs = graph.embed(table, (float) Math.sqrt(length));
        Activations projected = decoder.buffer("perLayerProjected", columns);
        float factor = (float) (1 / Math.sqrt(decoder.width()));
        graph.project(
                new Input.Plain(decoder.x()), weights.product("per_layer_model_proj", decoder.width(), projected, factor));
        float[] weight = weights.floats("per_layer_proj_norm.weight", length);
        decoder.steps().change(projected, it -> {
            for (int at = 0; at < columns; at += length) {
                Norms.rms(it, at, length, weight, 0, h.rmsEpsilon());
            }
        });
        decoder.steps().combine(inputs, projected, (float) Math.sqrt(0.5));
    }

    /** {@code norm(proj · (gelu(gate · rows) * input of the block))}. */
    Activations output(Block block, Activations rows) {
        Graph graph = decoder.graph();
        Activations gate = decoder.buffer("perLayerGate", length);
        graph.project(new Input.Plain(rows), block.product("inp_gate", decoder.width(), gate));
        Activations own = decoder.buffer("perLayerOwn", length);
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, length);
            inputs.read(row, block.layer() * length, values, 0, length);
            own.write(row, 0, values, 0, length);
        });
        Activations output = decoder.buffer("perLayerOutput", decoder.width());
        graph.project(new Input.Gated(gate, own, GateFunction.GELU_TANH), block.product("proj", length, output));
        graph.rmsNorm(output, block.vector("post_norm.weight", decoder.width()), decoder.h().rmsEpsilon(), output);
        return output;
    }
}
