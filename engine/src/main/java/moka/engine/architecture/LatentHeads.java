package moka.engine.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.KvLayout;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.RopeTable;
import org.jspecify.annotations.Nullable;

/**
 * Latent attention of a long prompt: keys and values of each head are made from the latent rows, of the cache and of the batch, and attended to as in any other
 * family. A query then meets keys of {@code rotated + plain} values and not of {@code rotated + latent}: a third to a fifth of the multiply-adds for each pair of
 * positions, for which each batch makes the keys and values of all positions before it again.
 *
 * <p>They are held for {@link #HEADS} heads at a time, by all blocks in turn.
 */
final class LatentHeads {
    /** Heads whose keys and values are held at once. */
    private static final int HEADS = 16;
    /** What it costs to store a position's key and value of a head, in multiply-adds of attention. */
    private static final double STORING = 10_000;
    /** Multiply-adds of products in the time of one of attention. */
    private static final double PRODUCTS = 3;

    /** @param plain values of a key that are not rotated */
    record Lengths(int heads, int latent, int rotated, int plain, int value) {}

    /** Matrices of each head from a latent row to its plain key {@code [plain][latent]} and to its value {@code [value][latent]}. */
    interface Matrices {
        List<Matrix> keys();

        List<Matrix> values();
    }

    private final Decoder decoder;
    private final Graph graph;
    private final Lengths lengths;
    private final float scale;
    private final @Nullable RopeTable rope;
    private final Store store;

    LatentHeads(Decoder decoder, Lengths lengths, float scale, @Nullable RopeTable rope) {
        this.decoder = decoder;
        this.lengths = lengths;
        this.scale = scale;
        this.rope = rope;
        graph = decoder.graph();
        store = new Store(graph.arena(), Math.min(HEADS, lengths.heads()), keyLength(), lengths.value());
    }

    private int keyLength() {
        return lengths.rotated() + lengths.plain();
    }

    /** Whether it is less work than latent keys: for one sequence's batch of many rows. Guesses, and sequences decoded together, never are. */
    boolean pays(Graph.Batch batch) {
        if (batch.spans().length != 1 || keyLength() % 16 != 0 || lengths.value() % 16 != 0) {
            return false;
        }
        double rows = batch.rowCount();
        double before = batch.spans()[0].firstPosition();
        double saved = rows * (before + rows / 2) * (2 * lengths.latent() - lengths.plain() - lengths.value());
        double made = before * lengths.latent() * (lengths.plain() + lengths.value()) / PRODUCTS;
        return saved > made + (before + rows) * STORING;
    }

    /**
     * Adds the steps.
     *
     * @param queries {@code [t][head][plain | rotated]}
     * @param compressed {@code [t][norm(latent) | rotated]}, not yet rotated; the cache has the latent rows of this batch already
     * @param output {@code [t][head][value]}
     */
    void attend(int layer, Matrices matrices, Activations queries, Activations compressed, Activations output) {
        int length = keyLength();
        Activations turned = decoder.buffer("headQueries", lengths.heads() * length); // [t][head][rotated | plain]
        graph.eachRow((batch, row, worker) -> {
            for (int at = 0; at < lengths.heads() * length; at += length) {
                copy(queries, row, at + lengths.plain(), turned, row, at, lengths.rotated());
                copy(queries, row, at, turned, row, at + lengths.rotated(), lengths.plain());
            }
        });
        for (int first = 0; first < lengths.heads(); first += HEADS) {
            var group = new Group(layer, matrices, first, Math.min(HEADS, lengths.heads() - first), turned, compressed, output);
            graph.step(group::run);
        }
    }

    private static void copy(Activations from, int row, int column, Activations to, int toRow, int toColumn, int count) {
        MemorySegment.copy(from.segment(), from.offset(row) + 4L * column, to.segment(), to.offset(toRow) + 4L * toColumn, 4L * count);
    }

    /** Some heads of a block. */
    private final class Group {
        private final int layer;
        private final Matrices matrices;
        private final int first;
        private final int count;
        private final Activations compressed;
        private final Activations before; // [t][latent | rotated] of the cache
        private final Activations plainKeys; // [t][head][plain]
        private final Activations keys; // [t][head][rotated | plain]
        private final Activations values; // [t][head][value]
        private final AttentionPlan attending;
        private final AttentionPlan storing;
        // Made at the first long prompt: turned matrices take time and memory.
        private @Nullable Projection ofBatch;
        private @Nullable Projection ofCache;

        Group(int layer, Matrices matrices, int first, int count, Activations queries, Activations compressed, Activations output) {
            this.layer = layer;
            this.matrices = matrices;
            this.first = first;
            this.count = count;
            this.compressed = compressed;
            int length = keyLength();
            before = decoder.buffer("latentBefore", lengths.latent() + lengths.rotated());
            plainKeys = decoder.buffer("plainKeys", count * lengths.plain());
            keys = decoder.buffer("headKeys", count * length);
            values = decoder.buffer("headValues", count * lengths.value());
            var rows = new AttentionPlan.Rows(
                    queries.columns(first * length, count * length), keys, values, output.columns(first * lengths.value(), count * lengths.value()));
            var plan = AttentionPlan.of(rows, 0, new AttentionPlan.Heads(count, count, length, lengths.value())).withScale(scale);
            attending = rope == null ? plan : plan.withRope(rope);
            storing = AttentionPlan.of(rows, 0, new AttentionPlan.Heads(0, count, length, lengths.value()));
        }

        void run(Kernels kernels, Graph.Batch batch) {
            if (ofBatch == null || ofCache == null) {
                ofBatch = projection(compressed);
                ofCache = projection(before);
            }
            Span span = batch.spans()[0];
            int firstPosition = span.firstPosition();
            store.reserve(firstPosition + span.rowCount(), span.cache().valueType() == ElementType.F32 ? ElementType.F32 : ElementType.F16);
            // Keys of the cache are rotated already.
            for (int position = 0; position < firstPosition; position += graph.maxRows()) {
                int from = position;
                int rows = Math.min(graph.maxRows(), firstPosition - from);
                kernels.spread(rows, (row, worker) -> load(span.cache(), from + row, row, worker));
                kernels.project(ofCache, rows);
                kernels.spread(rows, (row, worker) -> joinKeys(before, row));
                kernels.attend(storing, new Span(store, 0, rows, from));
            }
            kernels.project(ofBatch, span.rowCount());
            kernels.spread(span.rowCount(), (row, worker) -> joinKeys(compressed, row));
            kernels.attend(attending, new Span(store, span.firstRow(), span.rowCount(), firstPosition));
        }

        private Projection projection(Activations rows) {
            List<Projection.Product> products = new ArrayList<>();
            for (int head = 0; head < count; head++) {
                products.add(new Projection.Product(
                        matrices.keys().get(first + head), plainKeys.columns(head * lengths.plain(), lengths.plain())));
                products.add(new Projection.Product(
                        matrices.values().get(first + head), values.columns(head * lengths.value(), lengths.value())));
            }
            return new Projection(new Input.Plain(rows.columns(0, lengths.latent())), products, false);
        }

        /** A position's latent row and rotated key. */
        private void load(KvStore cache, int position, int row, int worker) {
            int latent = lengths.latent();
            int slot = position % KvStore.BLOCK;
            float[] it = graph.scratch().floats(worker, 0, latent + 2 * lengths.rotated() + KvStore.GROUP);
            KvLayout.readValue(cache.values(layer, position), cache.valueType(), 0, slot, it, 0, latent);
            int group = cache.keyType().groupLength();
            int read = (lengths.rotated() + group - 1) / group * group;
            KvLayout.readKey(cache.keys(layer, position), cache.keyType(), 0, slot, it, latent, lengths.rotated() + latent, read);
            before.write(row, 0, it, 0, latent + lengths.rotated());
        }

        /** The rotated part is that of all heads. */
        private void joinKeys(Activations rows, int row) {
            for (int head = 0; head < count; head++) {
                int at = head * keyLength();
                copy(rows, row, lengths.latent(), keys, row, at, lengths.rotated());
                copy(plainKeys, row, head * lengths.plain(), keys, row, at + lengths.rotated(), lengths.plain());
            }
        }
    }

    /** Keys and values of some heads as float16, or float32 where the cache has that; used by one block after the other. */
    private static final class Store implements KvStore {
        private final Arena arena;
        private final long keyCount;
        private final long valueCount;
        private ElementType type = ElementType.F16;
        private final List<MemorySegment> keys = new ArrayList<>();
        private final List<MemorySegment> values = new ArrayList<>();

        Store(Arena arena, int heads, int keyLength, int valueLength) {
            this.arena = arena;
            keyCount = (long) BLOCK * heads * keyLength;
            valueCount = (long) BLOCK * heads * valueLength;
        }

        void reserve(int positions, ElementType wanted) {
            if (wanted != type) {
                keys.clear();
                values.clear();
                type = wanted;
            }
            while ((long) keys.size() * BLOCK < positions) {
                keys.add(arena.allocate(type.bytes(keyCount), 64));
                values.add(arena.allocate(type.bytes(valueCount), 64));
            }
        }

        @Override
        public ElementType keyType() {
            return type;
        }

        @Override
        public ElementType valueType() {
            return type;
        }

        @Override
        public MemorySegment keys(int layer, int position) {
            return keys.get(position / BLOCK);
        }

        @Override
        public MemorySegment values(int layer, int position) {
            return values.get(position / BLOCK);
        }
    }
}
