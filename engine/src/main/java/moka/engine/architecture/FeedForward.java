package moka.engine.architecture;

import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.ops.RowCurves;

/**
 * The feed-forward of one block: the first half gives an input for the second, {@code ffn_down}.
 *
 * @param suffix of the tensors' names: empty, or {@code _shexp} for an expert that all tokens share
 */
record FeedForward(Decoder decoder, Block block, String suffix) {
    static FeedForward of(Decoder decoder, Block block) {
        return new FeedForward(decoder, block, "");
    }

    static FeedForward shared(Decoder decoder, Block block) {
        return new FeedForward(decoder, block, "_shexp");
    }

    private int hidden() {
        return suffix.isEmpty() ? decoder.h().feedForwardLength(block.layer()) : block.columnCount("ffn_down" + suffix + ".weight");
    }

    /** {@code function(gate · x) * (up · x)}; a file without gate holds both in {@code ffn_up}, the gate first. */
    Input gated(Input input, GateFunction function) {
        int columns = decoder.width();
        Activations gate = decoder.buffer("gate", hidden());
        Activations up = decoder.buffer("up", hidden());
        if (block.has("ffn_gate" + suffix + ".weight")) {
            decoder.graph()
                    .project(
                            input,
                            block.product("ffn_gate" + suffix, columns, gate),
                            block.product("ffn_up" + suffix, columns, up));
        } else {
            Product first = block.product("ffn_up" + suffix, 0, 2 * hidden(), columns, gate);
            Product second = block.product("ffn_up" + suffix, hidden(), 2 * hidden(), columns, up);
            decoder.graph().project(input, first, second);
        }
        return new Input.Gated(gate, up, function);
    }

    /** {@code function(up · x)}. */
    Input plain(Input input, GateFunction function) {
        return new Input.Gated(up(input), ones(), function);
    }

    /** A gated input, computed now: for those who norm it. Stands in the rows of the gate. */
    Activations materialized(Input input) {
        Input.Gated gated = (Input.Gated) input;
        int columns = hidden();
        Graph graph = decoder.graph();
        graph.eachRow((batch, row, worker) -> {
            float[] gate = graph.scratch().floats(worker, 0, columns);
            float[] up = graph.scratch().floats(worker, 1, columns);
            gated.gate().read(row, 0, gate, 0, columns);
            gated.up().read(row, 0, up, 0, columns);
            RowCurves.gate(gated.function(), gate, columns);
            RowCurves.multiply(gate, up, columns);
            gated.gate().write(row, 0, gate, 0, columns);
        });
        return gated.gate();
    }

    /** {@code max(0, up · x)²}. */
    Input squaredRelu(Input input) {
        Activations up = up(input);
        return new Input.Gated(up, up, GateFunction.RELU);
    }

    /** {@code up · x}. */
    Activations up(Input input) {
        Activations up = decoder.buffer("up", hidden());
        decoder.graph().project(input, block.product("ffn_up" + suffix, decoder.width(), up));
        return up;
    }

    /** A row of ones for every token: a gate without gate. */
    private Activations ones() {
        return decoder.ones(hidden());
    }

    void addToX(Input second) {
        addToX(second, 1);
    }

    void addToX(Input second, float factor) {
        decoder.graph().projectAdd(second, block.product("ffn_down" + suffix, hidden(), decoder.x(), factor));
    }

    /** Adds to other rows than the residual stream. */
    void addTo(Input second, Activations target) {
        decoder.graph().projectAdd(second, block.product("ffn_down" + suffix, hidden(), target));
    }

    /** For those that change the result before it is added. */
    Activations output(Input second) {
        Activations output = decoder.buffer("feedForwardOutput", decoder.width());
        decoder.graph().project(second, block.product("ffn_down" + suffix, hidden(), output));
        return output;
    }
}
