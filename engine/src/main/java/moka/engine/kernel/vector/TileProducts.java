package moka.engine.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Product;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * Projections of many tokens, by two regions. The first computes the input and transposes it into panels of two vectors of tokens,
 * {@code [columns / 256][panel][256][2 * lanes]}, so that a piece of a panel (32 KB at 512 bits) fits into the first-level cache. The second
 * takes chunks of up to 192 weight rows: decodes 256 columns of them (192 KB) and multiplies these with every panel. Each chunk reads all panels, which in long prompts
 * are more than the second-level cache holds: with 48 rows products of 8192 columns and 512 tokens had 68 instead of 84 GMAC/s (one thread, Zen 5, 2026-11-22).
 */
final class TileProducts {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    /** Columns decoded at a time; a multiple of every order's period. */
    private static final int DEPTH = 256;

    /** Weight rows of a chunk at most, a multiple of a tile's: their sums and 256 decoded columns of them fit into the second-level cache. */
    private static final int MOST_ROWS = 32 * Tiles.ROWS;

    private final WorkerTeam team;
    private final int lanes;
    private final Scratch[] scratches;
    private final InputRows inputs;
    private final Tiles tiles;
    private final Orders<ActivationOrder> orders = Orders.ofDecodedRows();
    private final AlignedFloats[] panels;

    private @Nullable Projection projection;
    private int rowCount;
    private int columns;
    private int panelCount;
    private int chunkRows;
    private final WorkerTeam.Region packing = this::pack;
    private final WorkerTeam.Region multiplying = this::multiply;

    TileProducts(WorkerTeam team, int lanes, Scratch[] scratches, InputRows inputs, Tiles tiles, Arena arena) {
        this.team = team;
        this.lanes = lanes;
        this.scratches = scratches;
        this.inputs = inputs;
        this.tiles = tiles;
        panels = AlignedFloats.several(arena, Orders.MAX);
    }

    void run(Projection projection, int rowCount) {
        this.projection = projection;
        this.rowCount = rowCount;
        columns = InputRows.columns(projection.input());
        panelCount = (rowCount + panelTokens() - 1) / panelTokens();
        orders.collect(projection);
        for (int i = 0; i < orders.count(); i++) {
            panels[i].atLeast((long) blocks() * panelCount * pieceLength());
        }
        team.run(panelCount, packing);
        chunkRows = chunkRows(projection);
        int chunks = 0;
        for (int i = 0; i < projection.products().size(); i++) {
            chunks += chunks(projection.products().get(i));
        }
        team.run(chunks, multiplying);
    }

    private int panelTokens() {
        return 2 * lanes;
    }

    /** Pieces of {@link #DEPTH} columns. */
    private int blocks() {
        return (columns + DEPTH - 1) / DEPTH;
    }

    private int pieceLength() {
        return DEPTH * panelTokens();
    }

    /** About eight chunks a thread, if they do not become small by that. */
    private int chunkRows(Projection projection) {
        int rows = 0;
        for (Product product : projection.products()) {
            rows += product.matrix().weights().rows();
        }
        int even = rows / (8 * team.size()) / Tiles.ROWS * Tiles.ROWS;
        return Math.clamp(even, 8 * Tiles.ROWS, MOST_ROWS);
    }

    private int chunks(Product product) {
        return (product.matrix().weights().rows() + chunkRows - 1) / chunkRows;
    }

    private void pack(int panel, int worker) {
        Projection now = Objects.requireNonNull(projection);
        Scratch scratch = scratches[worker];
        // A line more than whole pieces from row to row: with a power of two a column would fall into one set of the cache.
        int padded = blocks() * DEPTH + 16;
        float[] rows = scratch.floats(Scratch.Use.ROWS, panelTokens() * padded);
        int first = panel * panelTokens();
        int count = Math.min(panelTokens(), rowCount - first);
        for (int t = 0; t < count; t++) {
            inputs.compute(now.input(), first + t, columns, rows, t * padded, scratch);
            Arrays.fill(rows, t * padded + columns, (t + 1) * padded, 0f);
        }
        Arrays.fill(rows, count * padded, panelTokens() * padded, 0f);
        for (int i = 0; i < orders.count(); i++) {
            for (int block = 0; block < blocks(); block++) {
                long to = 4L * (block * panelCount + panel) * pieceLength();
                transpose(rows, padded, block * DEPTH, orders.get(i), panels[i].segment(), to, panelTokens());
            }
        }
    }

    /** {@code target[place][token] = rows[token][element(place)]}. */
    private static void transpose(
            float[] rows, int rowStep, int from, ActivationOrder order, MemorySegment target, long to, int tokens) {
        for (int place = 0; place < DEPTH; place++) {
            int column = from + order.element(place);
            long at = to + 4L * place * tokens;
            for (int t = 0; t < tokens; t++) {
                target.set(FLOAT, at + 4L * t, rows[t * rowStep + column]);
            }
        }
    }

    private void multiply(int chunk, int worker) {
        Projection now = Objects.requireNonNull(projection);
        int product = 0;
        int index = chunk;
        while (index >= chunks(now.products().get(product))) {
            index -= chunks(now.products().get(product++));
        }
        multiply(now.products().get(product), panels[orders.ofProduct(product)].segment().address(), index * chunkRows, scratches[worker]);
    }

    private void multiply(Product product, long x, int first, Scratch scratch) {
        var matrix = (VectorMatrix) product.matrix();
        int rows = Math.min(chunkRows, matrix.weights().rows() - first);
        int tileRows = (rows + Tiles.ROWS - 1) / Tiles.ROWS * Tiles.ROWS;
        float[] weights = scratch.floats(Scratch.Use.WEIGHTS, chunkRows * DEPTH);
        Arrays.fill(weights, rows * DEPTH, tileRows * DEPTH, 0f);
        // An odd number of cache lines from row to row: a power of two would put a column of sums into a few sets of the cache.
        int sumStep = panelCount * panelTokens() + 16;
        float[] sums = scratch.floats(Scratch.Use.SUMS, chunkRows * sumStep);
        Arrays.fill(sums, 0, tileRows * sumStep, 0f);
        int padded = matrix.kernel().order().padded(columns);
        for (int block = 0; block < blocks(); block++) {
            int depth = Math.min(DEPTH, padded - block * DEPTH);
            for (int r = 0; r < rows; r++) {
                matrix.unpack(first + r, block * DEPTH, depth, weights, r * DEPTH, scratch);
            }
            for (int panel = 0; panel < panelCount; panel++) {
                long piece = x + 4L * (block * panelCount + panel) * pieceLength();
                for (int r = 0; r < tileRows; r += Tiles.ROWS) {
                    tiles.multiply(
                            piece, piece + 4L * lanes, panelTokens(), weights, r * DEPTH, DEPTH, depth, sums,
                            r * sumStep + panel * panelTokens(), sumStep);
                }
            }
        }
        store(product, first, rows, sums, sumStep, scratch);
    }

    private void store(Product product, int first, int rows, float[] sums, int sumStep, Scratch scratch) {
        boolean add = Objects.requireNonNull(projection).add();
        Activations output = product.output();
        var bias = product.bias();
        float scale = product.scale();
        float[] values = scratch.floats(Scratch.Use.OTHER, rows);
        for (int t = 0; t < rowCount; t++) {
            if (add) {
                output.read(t, first, values, 0, rows);
            } else {
                Arrays.fill(values, 0, rows, 0f);
            }
            for (int r = 0; r < rows; r++) {
                float value = scale * sums[r * sumStep + t];
                if (bias != null) {
                    value += bias.get(FLOAT, 4L * (first + r));
                }
                values[r] += value;
            }
            output.write(t, first, values, 0, rows);
        }
    }

    long bytes() {
        long bytes = 0;
        for (AlignedFloats floats : panels) {
            bytes += floats.bytes();
        }
        return bytes;
    }
}
