package moka.engine.kernel.vector;

import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import moka.engine.kernel.Projection;

/**
 * How the rows of a projection's matrices are shared among threads: in units of rows that lie side by side. Each thread has a stretch of units of its own, which it
 * reads from begin to end as one stream, for every jump costs the time until memory that nobody could foresee arrives; who has done its own takes units of others. So
 * a unit can be small, and threads end together whatever held one of them up.
 */
final class RowShares {
    /** Bytes of a unit, about: some microseconds of one thread, and at home in a second-level cache while a few tokens are multiplied with it. */
    private static final int UNIT_BYTES = 1 << 16;

    /** Rows of a unit are a multiple of this. */
    static final int ROWS = 16;

    /** Counters are so far apart, in ints, that each has a cache line of its own. */
    private static final int APART = 32;

    private final int threads;

    /** The next unit of each thread's stretch. */
    private final AtomicIntegerArray next;

    private int[] unitRows = new int[4];

    /** Number of the first unit of each product, and behind the last one's the number of all. */
    private int[] firstUnit = new int[5];

    private int productCount;

    RowShares(int threads) {
        this.threads = threads;
        next = new AtomicIntegerArray(APART * threads);
    }

    /** Cuts the rows of all products. @return the number of units */
    int cut(List<Projection.Product> products) {
        productCount = products.size();
        if (unitRows.length < productCount) {
            unitRows = new int[productCount];
            firstUnit = new int[productCount + 1];
        }
        long rows = 0;
        for (int i = 0; i < productCount; i++) {
            rows += products.get(i).matrix().weights().rows();
        }
        long even = rows / (8L * threads);
        for (int i = 0; i < productCount; i++) {
            var weights = products.get(i).matrix().weights();
            int most = (int) Math.min(even, UNIT_BYTES / weights.rowBytes());
            unitRows[i] = Math.max(ROWS, most / ROWS * ROWS);
            firstUnit[i + 1] = firstUnit[i] + (weights.rows() + unitRows[i] - 1) / unitRows[i];
        }
        for (int thread = 0; thread < threads; thread++) {
            next.setPlain(APART * thread, end(thread - 1));
        }
        return firstUnit[productCount];
    }

    /** The unit behind a thread's stretch. */
    private int end(int thread) {
        return (int) ((long) firstUnit[productCount] * (thread + 1) / threads);
    }

    /** A unit that nobody has taken: to be asked for once for each. */
    int take(int thread) {
        for (int i = 0; i < threads; i++) {
            int other = (thread + i) % threads;
            int unit = next.getAndIncrement(APART * other);
            if (unit < end(other)) {
                return unit;
            }
        }
        throw new IllegalStateException("more than " + firstUnit[productCount] + " units were asked for");
    }

    /** Index of the product that a unit belongs to. */
    int product(int unit) {
        int product = 0;
        while (unit >= firstUnit[product + 1]) {
            product++;
        }
        return product;
    }

    /** A unit's first row. */
    int firstRow(int unit, int product) {
        return (unit - firstUnit[product]) * unitRows[product];
    }

    /** Rows of a unit; the product's last has fewer. */
    int rows(int product) {
        return unitRows[product];
    }
}
