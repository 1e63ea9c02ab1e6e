package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import java.util.function.UnaryOperator;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.RopeTable;
import moka.engine.ops.BidirectionalAttention;

/**
 * Self-attention of one block, written as a chain: {@link #project} the queries, keys and values, change them, {@link #attend}, and
 * {@link #addToX} the residual stream. Each call adds its steps at once, but those that the kernels do inside attention.
 */
final class SelfAttention {
    private final Decoder decoder;
    private final Block block;
    private final Graph graph;
    private final int headCount;
    private final int kvHeadCount;
    private final int headLength;
    private final int valueLength;
    private final Activations queries; // [t][headCount * headLength]
    private final Activations keys; // [t][kvHeadCount * headLength]
    private final Activations values; // [t][kvHeadCount * valueLength]
    private final Activations mixed; // [t][headCount * valueLength]
    private AttentionPlan plan;
    private Input result; // what the output matrix reads

    /** Heads as the metadata tell for this block. */
    static SelfAttention of(Decoder decoder, Block block) {
        Hyperparameters h = decoder.h();
        int layer = block.layer();
        return new SelfAttention(
                decoder, block, new AttentionPlan.Heads(h.headCount(layer), h.kvHeadCount(layer), h.headLength(), h.valueLength()));
    }

    SelfAttention(Decoder decoder, Block block, AttentionPlan.Heads heads) {
        this.decoder = decoder;
        this.block = block;
        graph = decoder.graph();
        headCount = heads.headCount();
        kvHeadCount = heads.kvHeadCount();
        headLength = heads.headLength();
        valueLength = heads.valueLength();
        queries = decoder.buffer("queries", headCount * headLength);
        keys = decoder.buffer("keys", kvHeadCount * headLength);
        values = decoder.buffer("values", kvHeadCount * valueLength);
        mixed = decoder.buffer("mixed", headCount * valueLength);
        result = new Input.Plain(mixed);
        plan = AttentionPlan.of(new AttentionPlan.Rows(queries, keys, values, mixed), block.layer(), heads);
    }

    Activations queries() {
        return queries;
    }

    Activations keys() {
        return keys;
    }

    Activations values() {
        return values;
    }

    /** What attention gives, before the output matrix. */
    Activations mixed() {
        return mixed;
    }

    /** Queries, keys and values, from {@code attn_q}, {@code attn_k}, {@code attn_v} or from {@code attn_qkv}, which holds them in this order. */
    SelfAttention project(Input input) {
        int width = decoder.width();
        if (block.has("attn_qkv.weight")) {
            int all = queries.columns() + keys.columns() + values.columns();
            graph.project(
                    input,
                    block.product("attn_qkv", 0, all, width, queries),
                    block.product("attn_qkv", queries.columns(), all, width, keys),
                    block.product("attn_qkv", queries.columns() + keys.columns(), all, width, values));
        } else {
            graph.project(
                    input,
                    block.product("attn_q", width, queries),
                    block.product("attn_k", width, keys),
                    block.product("attn_v", width, values));
        }
        return this;
    }

    /** Queries alone: keys and values are those of another block. */
    SelfAttention projectQueries(Input input) {
        graph.project(input, block.product("attn_q", decoder.width(), queries));
        return this;
    }

    /** Queries, and keys that are values too. */
    SelfAttention projectKeysAsValues(Input input) {
        int width = decoder.width();
        graph.project(input, block.product("attn_q", width, queries), block.product("attn_k", width, keys));
        decoder.steps().copy(keys, values);
        return this;
    }

    /** Likewise, where {@code attn_q} holds for each head its query and the gate of its result. @return the gate */
    Activations projectWithGate(Input input) {
        int width = decoder.width();
        int columns = 2 * queries.columns();
        Activations both = decoder.buffer("queriesAndGate", columns);
        Activations gate = decoder.buffer("attentionGate", queries.columns());
        graph.project(
                input, block.product("attn_q", width, both), block.product("attn_k", width, keys), block.product("attn_v", width, values));
        graph.eachRow((batch, row, worker) -> {
            float[] it = graph.scratch().floats(worker, 0, columns);
            both.read(row, 0, it, 0, columns);
            for (int head = 0; head < headCount; head++) {
                queries.write(row, head * headLength, it, 2 * head * headLength, headLength);
                gate.write(row, head * headLength, it, (2 * head + 1) * headLength, headLength);
            }
        });
        return gate;
    }

    // ---- changes before attention

    /** Queries, keys and values to {@code -limit ... limit}. */
    SelfAttention clamp(float limit) {
        for (Activations rows : new Activations[] {queries, keys, values}) {
            decoder.steps().change(rows, it -> {
                for (int i = 0; i < rows.columns(); i++) {
                    it[i] = Math.clamp(it[i], -limit, limit);
                }
            });
        }
        return this;
    }

    /** RMS norm of queries and keys over their whole width. */
    SelfAttention normWidth() {
        float epsilon = decoder.h().rmsEpsilon();
        graph.rmsNorm(queries, block.vector("attn_q_norm.weight", queries.columns()), epsilon, queries);
        graph.rmsNorm(keys, block.vector("attn_k_norm.weight", keys.columns()), epsilon, keys);
        return this;
    }

    /** RMS norm of each head of queries and keys, before the rotation. */
    SelfAttention normHeads() {
        return with(it -> it.withNorms(
                block.vector("attn_q_norm.weight", headLength),
                block.vector("attn_k_norm.weight", headLength),
                decoder.h().rmsEpsilon()));
    }

    /** Layer norm of each head of queries and keys with weights of its own. */
    SelfAttention layerNormHeads() {
        float epsilon = decoder.h().layerNormEpsilon();
        HeadSteps.layerNorm(graph, queries, headLength, block.floats("attn_q_norm.weight", queries.columns()), epsilon);
        HeadSteps.layerNorm(graph, keys, headLength, block.floats("attn_k_norm.weight", keys.columns()), epsilon);
        return this;
    }

    /** RMS norm of each head of rows. @param weight {@code headLength} values, or an empty array: ones */
    SelfAttention normEachHead(Activations rows, int length, float[] weight) {
        HeadSteps.rmsNorm(graph, rows, length, weight, decoder.h().rmsEpsilon());
        return this;
    }

    /** Rotates queries and keys now: for those that change them after the rotation. */
    SelfAttention rotateNow(RopeTable rope) {
        HeadSteps.rotate(graph, queries, headLength, rope);
        HeadSteps.rotate(graph, keys, headLength, rope);
        return this;
    }

    /** Multiplies queries by a factor of their position. */
    SelfAttention scaleQueries(PositionFactor factor) {
        graph.eachRow((batch, row, worker) -> {
            float now = factor.at(batch.position(row));
            if (now != 1) {
                float[] it = graph.scratch().floats(worker, 0, queries.columns());
                queries.read(row, 0, it, 0, queries.columns());
                for (int i = 0; i < queries.columns(); i++) {
                    it[i] *= now;
                }
                queries.write(row, 0, it, 0, queries.columns());
            }
        });
        return this;
    }

    /** A factor that grows with the position. */
    @FunctionalInterface
    interface PositionFactor {
        float at(int position);
    }

    // ---- attention

    SelfAttention rope(RopeTable rope) {
        return with(it -> it.withRope(rope));
    }

    /** @param rotated whether this block has positions at all */
    SelfAttention rope(RopeTable rope, boolean rotated) {
        return rotated ? rope(rope) : this;
    }

    /** Factor of the scores, instead of {@code 1 / sqrt(headLength)}. */
    SelfAttention scale(double scale) {
        return with(it -> it.withScale((float) scale));
    }

    /** @param window positions seen, or 0: all */
    SelfAttention window(int window) {
        return with(it -> it.withWindow(window));
    }

    SelfAttention softCap(float cap) {
        return with(it -> it.withSoftCap(cap));
    }

    /** Sinks of {@code attn_sinks.weight}, where the block has them. */
    SelfAttention sinks() {
        return block.has("attn_sinks.weight")
                ? with(it -> it.withSinks(block.vector("attn_sinks.weight", headCount)))
                : this;
    }

    /** Slopes of ALiBi. @param slopes one float32 a head */
    SelfAttention alibi(MemorySegment slopes) {
        return with(it -> it.withAlibi(slopes));
    }

    /** Anything else of the plan. */
    SelfAttention with(UnaryOperator<AttentionPlan> change) {
        plan = change.apply(plan);
        return this;
    }

    SelfAttention attend() {
        graph.attend(plan);
        return this;
    }

    /** Attention to both sides, of rotated queries and keys. @param reach positions seen to each side; 0: all */
    SelfAttention attendBothSides(int reach) {
        var attention = new BidirectionalAttention(queries, keys, values, mixed, headCount, reach, graph.scratch());
        graph.eachRow((batch, row, worker) -> {
            Span span = batch.span(row);
            for (int head = 0; head < headCount; head++) {
                attention.run(span, row - span.firstRow(), head, worker);
            }
        });
        return this;
    }

    // ---- after attention

    /** {@code mixed *= sigmoid(gate)}, with the product that reads it. @param gate {@code [t][headCount * valueLength]} */
    SelfAttention gate(Activations gate) {
        result = new Input.Gated(gate, mixed, GateFunction.SIGMOID);
        return this;
    }

    /** The output matrix, added to the residual stream. */
    void addToX() {
        addToX(1);
    }

    /** The output matrix times a factor, added to the residual stream. */
    void addToX(float factor) {
        graph.projectAdd(result, block.product("attn_output", mixed.columns(), decoder.x(), factor));
    }

    /** The output matrix, for those that change its result before it is added. */
    Activations output() {
        Activations output = decoder.buffer("attentionOutput", decoder.width());
        graph.project(result, block.product("attn_output", mixed.columns(), output));
        return output;
    }
}
