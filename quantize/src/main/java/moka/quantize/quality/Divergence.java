package moka.quantize.quality;

import java.util.Arrays;
import moka.engine.Model;
import moka.engine.Session;

/**
 * How far a model's predictions are from those of a base model, token by token: {@code KL(base || model)} in nats, whether both find the same
 * token most probable, and both perplexities. Collects; for one thread.
 */
public final class Divergence {
    /** Less probable than e^-16 is stored as about that; such tokens do not count. */
    private static final float RANGE = 16;

    private double[] divergences = new double[1024];
    private int count;
    private long sameTop;
    private double sum;
    private double sumOfSquares;
    private double loss;
    private double lossSquares;
    private double baseLoss;
    private double baseLossSquares;
    private double lossProducts;
    private double differenceSquares;
    private double differenceFourths;

    /** Nothing seen yet. */
    public Divergence() {}

    /** Told of progress. */
    @FunctionalInterface
    public interface Listener {
        void onWindow(int done, int total);
    }

    /** Runs all windows of a base file, from its begin, through a model of the same vocabulary. */
    public static Divergence of(Model model, BaseLogits.Reader base, Listener listener) {
        Divergence divergence = new Divergence();
        float[] expected = new float[base.vocabulary()];
        TextWindows windows = base.windows();
        try (Session session = model.newSession(windows.sessionOptions())) {
            for (int i = 0; i < windows.count(); i++) {
                windows.score(session, i, (logits, next) -> {
                    base.next(expected);
                    divergence.add(expected, logits, next);
                });
                listener.onWindow(i + 1, windows.count());
            }
        }
        return divergence;
    }

    /** KL divergence of each token, in order. */
    public double[] byToken() {
        return Arrays.copyOf(divergences, count);
    }

    /**
     * What was found so far.
     *
     * @param tokens scored
     * @param perplexity of the model
     * @param basePerplexity of the base
     * @param logRatio {@code ln(perplexity / basePerplexity)}: its error is smaller than those of both, since they go together
     * @param divergence mean KL divergence in nats
     * @param median of the divergences
     * @param percentile99 99 % of tokens diverge less
     * @param percentile999 99.9 % of tokens diverge less
     * @param largest divergence of a token
     * @param sameTop share of tokens for which both find the same most probable
     * @param probabilityDifference root mean square of the difference of the right token's probability
     */
    public record Summary(
            int tokens,
            Mean perplexity,
            Mean basePerplexity,
            Mean logRatio,
            Mean divergence,
            double median,
            double percentile99,
            double percentile999,
            double largest,
            Mean sameTop,
            Mean probabilityDifference) {}

    /** Adds a token. @param base log-probabilities of the base @param logits of the model @param next the right token */
    public void add(float[] base, float[] logits, int next) {
        double logSum = logSumExp(logits);
        double divergence = 0;
        int top = 0;
        int baseTop = 0;
        for (int i = 0; i < base.length; i++) {
            double logP = logits[i] - logSum;
            if (base[i] > -RANGE) {
                divergence += Math.exp(base[i]) * (base[i] - logP);
            }
            top = logits[i] > logits[top] ? i : top;
            baseTop = base[i] > base[baseTop] ? i : baseTop;
        }
        add(divergence, top == baseTop, logSum - logits[next], -base[next]);
    }

    static double logSumExp(float[] logits) {
        float largest = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - largest);
        }
        return largest + Math.log(sum);
    }

    private void add(double divergence, boolean same, double modelLoss, double baseTokenLoss) {
        if (count == divergences.length) {
            divergences = Arrays.copyOf(divergences, 2 * count);
        }
        divergences[count++] = divergence;
        sameTop += same ? 1 : 0;
        sum += divergence;
        sumOfSquares += divergence * divergence;
        loss += modelLoss;
        lossSquares += modelLoss * modelLoss;
        baseLoss += baseTokenLoss;
        baseLossSquares += baseTokenLoss * baseTokenLoss;
        lossProducts += modelLoss * baseTokenLoss;
        double difference = Math.exp(-modelLoss) - Math.exp(-baseTokenLoss);
        differenceSquares += difference * difference;
        differenceFourths += Math.pow(difference, 4);
    }

    /** @throws IllegalStateException if no token was added */
    public Summary summary() {
        if (count == 0) {
            throw new IllegalStateException("no tokens");
        }
        double[] sorted = Arrays.copyOf(divergences, count);
        Arrays.sort(sorted);
        Mean model = Mean.of(loss, lossSquares, count);
        Mean base = Mean.of(baseLoss, baseLossSquares, count);
        double covariance = count > 1
                ? (lossProducts / count - loss / count * (baseLoss / count)) / (count - 1)
                : 0;
        double ratioVariance = model.error() * model.error() + base.error() * base.error() - 2 * covariance;
        Mean squares = Mean.of(differenceSquares, differenceFourths, count);
        double rootMeanSquare = Math.sqrt(squares.value());
        return new Summary(
                count,
                model.exp(),
                base.exp(),
                new Mean(model.value() - base.value(), Math.sqrt(Math.max(0, ratioVariance))),
                Mean.of(sum, sumOfSquares, count),
                percentile(sorted, 0.5),
                percentile(sorted, 0.99),
                percentile(sorted, 0.999),
                sorted[count - 1],
                Mean.ofShare(sameTop, count),
                new Mean(rootMeanSquare, rootMeanSquare > 0 ? squares.error() / (2 * rootMeanSquare) : 0));
    }

    /** Between the two nearest ranks. */
    private static double percentile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
