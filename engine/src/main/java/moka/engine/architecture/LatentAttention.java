package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.ExpertProjection;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.RopeTable;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head latent attention with the up-projections absorbed: a token leaves one row {@code [rotated | latent]} in the cache, which all heads read as key
 * and, without its rotated part, as value. Queries are taken into the latent space by {@code attn_k_b}, results out of it by {@code attn_v_b}; both
 * have a matrix for each head. Long prompts have keys and values for each head instead ({@link LatentHeads}).
 *
 * @see <a href="https://arxiv.org/abs/2405.04434">DeepSeek-V2, section 2.1</a>
 */
final class LatentAttention {
    private final Decoder decoder;
    private final Graph graph;
    private final @Nullable RopeTable rope;
    private final double scale;
    private final int heads;
    private final int latent;
    private final int rotated;
    private final int plain; // values of a head that are not rotated
    private final int valueLength;
    private final ExpertGroups groups; // heads as groups
    private final int[] places; // [t][head]: rows in the order of heads
    private final LatentHeads perHead;

    /** What a token leaves. */
    static CacheShape cacheShape(Hyperparameters h) {
        int latent = h.count("attention.kv_lora_rank", 1, 1 << 20);
        return CacheShape.uniform(h.blockCount(), 1, latent + rotated(h), latent);
    }

    /** Factor of the scores where YaRN stretches the context: {@code (1 + 0.1 m ln(factor))²}, with 0.1 m in the file. */
    static double yarnScale(Hyperparameters h) {
        double factor = h.ropeScaling().factor();
        double stretch = 1 + h.factor("rope.scaling.yarn_log_multiplier", 0) * Math.log(Math.max(1, factor));
        return stretch * stretch;
    }

    private static int rotated(Hyperparameters h) {
        return h.count("rope.dimension_count", 0, 1 << 16);
    }

    /** @param rope null: no positions @param factor of the scores, beside the root of a head's length */
    LatentAttention(Decoder decoder, @Nullable RopeTable rope, double factor) {
        this.decoder = decoder;
        this.rope = rope;
        graph = decoder.graph();
        Hyperparameters h = decoder.h();
        heads = h.headCount();
        latent = h.count("attention.kv_lora_rank", 1, 1 << 20);
        rotated = rotated(h);
        int length = h.count(h.has("attention.key_length_mla") ? "attention.key_length_mla" : "attention.key_length", 1, 1 << 16);
        plain = length - rotated;
        String value = h.has("attention.value_length_mla") ? "attention.value_length_mla" : "attention.value_length";
        valueLength = h.has(value) ? h.count(value, 1, 1 << 16) : h.embeddingLength() / heads;
        scale = factor / Math.sqrt(length);
        groups = new ExpertGroups(heads);
        places = new int[heads * graph.maxRows()];
        groups.place(places, 1);
        perHead = new LatentHeads(decoder, new LatentHeads.Lengths(heads, latent, rotated, plain, valueLength), (float) scale, rope);
    }

    /** Adds attention over the input, times a factor, to the residual stream. */
    void addToX(Block block, Input input, float factor) {
        Activations queries = queries(block, input); // [t][heads][plain | rotated]
        int keyLength = rotated + latent;
        Activations compressed = decoder.buffer("compressed", latent + rotated);
        graph.project(input, block.product("attn_kv_a_mqa", decoder.width(), compressed));
        Activations keys = decoder.buffer("latentKeys", keyLength);
        Activations values = compressed.columns(0, latent);
        keysAndValues(block, compressed, keys);
        Activations output = decoder.buffer("latentOutput", heads * valueLength);
        Predicate<Graph.Batch> forEachHead = adapted(block) ? it -> false : perHead::pays;
        graph.when(forEachHead.negate(), () -> {
            Activations absorbed = absorb(block, queries);
            Activations mixed = decoder.buffer("latentMixed", heads * latent);
            var rows = new AttentionPlan.Rows(absorbed, keys, values, mixed);
            graph.attend(plan(block, rows, heads).withScale((float) scale));
            project(valueMatrices(block), mixed.heads(heads, 0, latent), output.heads(heads, 0, valueLength));
        });
        graph.when(forEachHead, () -> {
            graph.attend(plan(block, new AttentionPlan.Rows(queries, keys, values, output), 0));
            perHead.attend(block.layer(), matrices(block), queries, compressed, output);
        });
        graph.projectAdd(new Input.Plain(output), block.product("attn_output", heads * valueLength, decoder.x(), factor));
    }

    /** Keys and values of each head are made without adapters. */
    private boolean adapted(Block block) {
        return Stream.of("attn_k_b.weight", "attn_v_b.weight", "attn_kv_b.weight").anyMatch(it -> graph.adapted(block.prefix() + it));
    }

    /** @param heads that attend */
    private AttentionPlan plan(Block block, AttentionPlan.Rows rows, int heads) {
        var plan = AttentionPlan.of(rows, block.layer(), new AttentionPlan.Heads(heads, 1, rotated + latent, latent));
        return rope == null ? plan : plan.withRope(rope);
    }

    private Activations queries(Block block, Input input) {
        Activations queries = decoder.buffer("latentQueries", heads * (plain + rotated));
        if (block.has("attn_q.weight")) {
            graph.project(input, block.product("attn_q", decoder.width(), queries));
            return queries;
        }
        Activations low = decoder.buffer("lowQueries", block.rowCount("attn_q_a.weight"));
        graph.project(input, block.product("attn_q_a", decoder.width(), low));
        graph.project(decoder.rmsNorm(block, "attn_q_a_norm", low), block.product("attn_q_b", low.columns(), queries));
        return queries;
    }

    /** {@code [plain | rotated]} of each head to {@code [rotated | k_b · plain]}. */
    private Activations absorb(Block block, Activations queries) {
        Activations absorbed = decoder.buffer("absorbed", heads * (rotated + latent));
        order();
        project(keyMatrices(block), queries.heads(heads, 0, plain), absorbed.heads(heads, rotated, latent));
        int from = plain + rotated;
        int to = rotated + latent;
        graph.eachRow((batch, row, worker) -> {
            for (int head = 0; head < heads; head++) {
                copy(queries, row, head * from + plain, absorbed, row, head * to, rotated);
            }
        });
        return absorbed;
    }

    /** {@code [latent | rotated]} to a value {@code norm(latent)}, in place, and a key {@code [rotated | norm(latent)]}. */
    private void keysAndValues(Block block, Activations compressed, Activations keys) {
        float[] weight = block.floats("attn_kv_a_norm.weight", latent);
        HeadSteps.rmsNorm(graph, compressed, 0, 1, weight, decoder.h().rmsEpsilon());
        graph.eachRow((batch, row, worker) -> {
            copy(compressed, row, latent, keys, row, 0, rotated);
            copy(compressed, row, 0, keys, row, rotated, latent);
        });
    }

    /** Matrices of each head from the plain part of a query to the latent space; older files have them transposed in {@code attn_kv_b}. */
    private List<Matrix> keyMatrices(Block block) {
        return block.has("attn_k_b.weight")
                ? decoder.weights().experts(block.prefix() + "attn_k_b.weight", heads, latent, plain)
                : decoder.weights().transposed(block.prefix() + "attn_kv_b.weight", heads, plain, plain + valueLength, latent);
    }

    private List<Matrix> valueMatrices(Block block) {
        return block.has("attn_v_b.weight")
                ? decoder.weights().experts(block.prefix() + "attn_v_b.weight", heads, valueLength, latent)
                : decoder.weights().parts(block.prefix() + "attn_kv_b.weight", heads, plain, valueLength, plain + valueLength, latent);
    }

    private LatentHeads.Matrices matrices(Block block) {
        return new LatentHeads.Matrices() {
            @Override
            public List<Matrix> keys() {
                return block.has("attn_k_b.weight")
                        ? decoder.weights().transposedExperts(block.prefix() + "attn_k_b.weight", heads, latent, plain)
                        : decoder.weights().parts(block.prefix() + "attn_kv_b.weight", heads, 0, plain, plain + valueLength, latent);
            }

            @Override
            public List<Matrix> values() {
                return valueMatrices(block);
            }
        };
    }

    private static void copy(Activations from, int row, int column, Activations to, int toRow, int toColumn, int count) {
        MemorySegment.copy(from.segment(), from.offset(row) + 4L * column, to.segment(), to.offset(toRow) + 4L * toColumn, 4L * count);
    }

    /** The groups of a batch: all rows of the first head, then those of the next. */
    private void order() {
        graph.step((kernels, batch) -> {
            groups.clear();
            for (int head = 0; head < heads; head++) {
                groups.add(head, batch.rowCount());
                for (int row = 0; row < batch.rowCount(); row++) {
                    places[row * heads + head] = head * batch.rowCount() + row;
                }
            }
        });
    }

    /** Products of each head's rows with its matrix. @param from rows {@code [t][head]} @param to likewise */
    private void project(List<Matrix> matrices, Activations from, Activations to) {
        Activations ordered = decoder.sized("headRows", from.rows(), from.columns());
        var product = new ExpertProjection.Product(matrices, to, List.of(), new float[0]);
        graph.projectExperts(new ExpertProjection(new Input.Plain(from), List.of(product), ordered, true), groups);
    }
}
