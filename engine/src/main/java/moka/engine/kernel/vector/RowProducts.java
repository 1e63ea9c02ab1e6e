package moka.engine.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * Projections of one token or a few: the caller's thread computes and arranges the input, then units of weight rows are
 * multiplied with every token, in file order ({@link RowShares}). Bytes read: the weights, once from memory.
 */
final class RowProducts implements WorkerTeam.Region {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private final WorkerTeam team;
    private final int lanes;
    private final Scratch[] scratches;
    private final InputRows inputs;
    private final Elements elements;
    private final Orders<Arrangement> orders = Orders.ofProducts();
    private final AlignedFloats[] arranged;
    private final RowShares shares;

    private @Nullable Projection projection;
    private int rowCount;

    RowProducts(WorkerTeam team, int lanes, Scratch[] scratches, InputRows inputs, Elements elements, Arena arena) {
        this.team = team;
        this.lanes = lanes;
        this.scratches = scratches;
        this.inputs = inputs;
        this.elements = elements;
        arranged = AlignedFloats.several(arena, Orders.MAX);
        shares = new RowShares(team.size());
    }

    void run(Projection projection, int rowCount) {
        this.projection = projection;
        this.rowCount = rowCount;
        orders.collect(projection);
        arrange(projection);
        team.run(shares.cut(projection.products()), this);
    }

    private void arrange(Projection projection) {
        int columns = InputRows.columns(projection.input());
        float[] row = scratches[0].floats(Scratch.Use.ROWS, columns);
        for (int t = 0; t < rowCount; t++) {
            inputs.compute(projection.input(), t, columns, row, 0, scratches[0]);
            for (int i = 0; i < orders.count(); i++) {
                int length = orders.get(i).arrangedLength(columns);
                MemorySegment target = arranged[i].atLeast((long) rowCount * length);
                orders.get(i).arrange(row, 0, columns, target, 4L * t * length);
            }
        }
    }

    @Override
    public void run(int chunk, int worker) {
        Projection now = Objects.requireNonNull(projection);
        int unit = shares.take(worker);
        int product = shares.product(unit);
        Projection.Product target = now.products().get(product);
        int first = shares.firstRow(unit, product);
        int last = Math.min(first + shares.rows(product), target.matrix().weights().rows());
        long x = arranged[orders.ofProduct(product)].segment().address();
        int length = orders.get(orders.ofProduct(product)).arrangedLength(InputRows.columns(now.input()));
        for (int t = 0; t < rowCount; t++) {
            multiply(target, now.add(), first, last, x + 4L * t * length, t, scratches[worker]);
        }
    }

    private void multiply(
            Projection.Product product, boolean add, int first, int last, long x, int token, Scratch scratch) {
        var matrix = (VectorMatrix) product.matrix();
        float[] sums = scratch.floats(Scratch.Use.SUMS, 16 * lanes);
        for (int row = first; row < last; row += 16) {
            int rows = Math.min(16, last - row);
            Arrays.fill(sums, 0, rows * lanes, 0f);
            matrix.addProducts(row, rows, x, sums, scratch);
            elements.sums(sums, rows);
            store(product, add, row, rows, sums, token);
        }
    }

    private void store(Projection.Product product, boolean add, int first, int rows, float[] sums, int token) {
        Activations output = product.output();
        var bias = product.bias();
        long at = output.offset(token) + 4L * first;
        for (int r = 0; r < rows; r++) {
            float value = product.scale() * sums[r];
            if (bias != null) {
                value += bias.get(FLOAT, 4L * (first + r));
            }
            long offset = at + 4L * r;
            if (add) {
                value += output.segment().get(FLOAT, offset);
            }
            output.segment().set(FLOAT, offset, value);
        }
    }

    long bytes() {
        long bytes = 0;
        for (AlignedFloats floats : arranged) {
            bytes += floats.bytes();
        }
        return bytes;
    }
}
