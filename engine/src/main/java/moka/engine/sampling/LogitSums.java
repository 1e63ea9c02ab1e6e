package moka.engine.sampling;

/**
 * Sums over logits: their exponentials, and what follows from them. Logits are taken in blocks, copied and worked on by loops that become
 * vector instructions; the sums of the blocks are kept, so that drawing looks into one block only. Not thread-safe.
 */
final class LogitSums {
    private static final int BLOCK = 512;

    private final double[] blockMass; // [block]: sums of exp(logit - max) as of the last mass
    private final double[] weights = new double[BLOCK];
    private final float[] logits = new float[BLOCK];
    private double weighted;

    LogitSums(int mostLogits) {
        blockMass = new double[(mostLogits + BLOCK - 1) / BLOCK];
    }

    /** Where logits are read from. */
    interface Source {
        /** Copies logits {@code from} to {@code from + count - 1} of the present order. */
        void read(int from, int count, float[] to);
    }

    /** Sum of exp(logit - max) over the first logits; none is above max. */
    double mass(Source source, int count, double max) {
        double sum = 0;
        for (int from = 0; from < count; from += BLOCK) {
            int size = Math.min(BLOCK, count - from);
            weigh(source, from, size, max);
            blockMass[from / BLOCK] = Exponentials.sum(weights, size);
            sum += blockMass[from / BLOCK];
        }
        return sum;
    }

    /** As {@link #mass} with a relative error below 1e-3, for two thirds of the cost; its sums of blocks stay. */
    double roughMass(Source source, int count, double max) {
        double sum = 0;
        for (int from = 0; from < count; from += BLOCK) {
            int size = Math.min(BLOCK, count - from);
            source.read(from, size, logits);
            sum += Exponentials.roughSum(logits, size, (float) max);
        }
        return sum;
    }

    private void weigh(Source source, int from, int size, double max) {
        source.read(from, size, logits);
        Exponentials.of(logits, 0, size, max, weights);
    }

    /** As {@link #mass}; in the same pass the sum of exp(logit - max) * (logit - max), which {@link #weightedSum()} then tells. */
    double massAndWeightedSum(Source source, int count, double max) {
        double sum = 0;
        weighted = 0;
        for (int from = 0; from < count; from += BLOCK) {
            int size = Math.min(BLOCK, count - from);
            weigh(source, from, size, max);
            blockMass[from / BLOCK] = Exponentials.sum(weights, size);
            sum += blockMass[from / BLOCK];
            for (int i = 0; i < size; i++) {
                weights[i] *= Math.max(logits[i] - max, Exponentials.LEAST);
            }
            weighted += Exponentials.sum(weights, size);
        }
        return sum;
    }

    double weightedSum() {
        return weighted;
    }

    /** Square of the standard deviation of the finite logits. One pass: blocks are joined as Chan, Golub and LeVeque (1979) do. */
    double variance(Source source, int count) {
        double n = 0;
        double mean = 0;
        double squares = 0;
        for (int from = 0; from < count; from += BLOCK) {
            int size = readFinite(source, from, Math.min(BLOCK, count - from));
            if (size > 0) {
                double blockMean = Exponentials.sum(weights, size) / size;
                for (int i = 0; i < size; i++) {
                    weights[i] = (weights[i] - blockMean) * (weights[i] - blockMean);
                }
                double difference = blockMean - mean;
                squares += Exponentials.sum(weights, size) + difference * difference * n * size / (n + size);
                mean += difference * size / (n + size);
                n += size;
            }
        }
        return n == 0 ? 0 : squares / n;
    }

    private int readFinite(Source source, int from, int size) {
        source.read(from, size, logits);
        int finite = 0;
        for (int i = 0; i < size; i++) {
            weights[finite] = logits[i];
            finite += logits[i] > Float.NEGATIVE_INFINITY ? 1 : 0;
        }
        return finite;
    }

    /**
     * The index at which the sum of exp(logit - max) exceeds a target; -1 where nothing is finite. The logits, their order and max are those
     * of the last {@link #mass}, whose sums of blocks are used.
     */
    int indexAt(Source source, int count, double max, double target) {
        double sum = 0;
        int block = 0;
        for (; (block + 1) * BLOCK < count && sum + blockMass[block] <= target; block++) {
            sum += blockMass[block];
        }
        int from = block * BLOCK;
        int size = Math.min(BLOCK, count - from);
        weigh(source, from, size, max);
        int found = -1;
        for (int i = 0; i < size && (found < 0 || sum <= target); i++) {
            sum += weights[i];
            found = logits[i] > Float.NEGATIVE_INFINITY ? from + i : found;
        }
        return found;
    }
}
