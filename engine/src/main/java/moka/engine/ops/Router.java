package moka.engine.ops;

import java.util.Arrays;

/**
 * Chooses the experts of a token from the router's scores. Safe for use by several threads: what a call needs is in the caller's arrays.
 *
 * @param rule how scores become weights
 * @param used experts of a token
 * @param bias added to the weights for the choice alone, one an expert, or an empty array
 * @param weighting what becomes of the weights of the chosen
 * @param scale factor of all weights
 * @param groups groups of experts, of which some are chosen first; 1: none
 * @param groupsUsed groups of a token
 * @see <a href="https://arxiv.org/abs/2412.19437">DeepSeek-V3, groups and bias</a>
 */
public record Router(Rule rule, int used, float[] bias, Weighting weighting, float scale, int groups, int groupsUsed) {
    /** How scores become weights. */
    public enum Rule {
        /** Softmax over all experts. */
        SOFTMAX,
        SIGMOID,
        /** Softmax over the chosen alone. */
        SOFTMAX_OF_CHOSEN,
        /** Phi-3.5-MoE: the best of the rest again and again, each by a softmax over those within a fiftieth of it. */
        SPARSE_MIXER
    }

    /** What becomes of the weights of the chosen. */
    public enum Weighting {
        /** They are made to sum to 1. */
        NORMALIZED,
        /** They stay what the rule gave. */
        AS_SCORED
    }

    /** Twice the jitter of the training, 0.01: scores that are farther from the best than this part of their size take no part. */
    private static final float MIXER_THRESHOLD = 0.02f;

    /** Smallest sum that weights are divided by: that of float16. */
    private static final float SMALLEST_SUM = 6.103515625e-5f;

    /**
     * Chooses.
     *
     * @param scores router logits, one an expert; overwritten with weights
     * @param ranks scratch, one an expert and one a group
     * @param chosen receives {@link #used} experts, best first, from {@code at}
     * @param weights receives their weights
     */
    public void choose(float[] scores, float[] ranks, int count, int[] chosen, float[] weights, int at) {
        if (rule == Rule.SPARSE_MIXER) {
            mix(scores, ranks, count, chosen, weights, at);
            return;
        }
        switch (rule) {
            case SOFTMAX -> softmax(scores, 0, count);
            case SIGMOID -> {
                for (int i = 0; i < count; i++) {
                    scores[i] = Curves.sigmoid(scores[i]);
                }
            }
            case SOFTMAX_OF_CHOSEN, SPARSE_MIXER -> {}
        }
        for (int i = 0; i < count; i++) {
            ranks[i] = scores[i] + (bias.length > 0 ? bias[i] : 0);
        }
        if (groups > 1 && groupsUsed < groups && groups <= count) {
            dropGroups(ranks, count);
        }
        float sum = 0;
        for (int k = 0; k < used; k++) {
            int best = best(ranks, 0, count);
            ranks[best] = Float.NEGATIVE_INFINITY;
            chosen[at + k] = best;
            weights[at + k] = scores[best];
            sum += scores[best];
        }
        if (rule == Rule.SOFTMAX_OF_CHOSEN) {
            softmax(weights, at, used);
        }
        float factor = weighting == Weighting.NORMALIZED ? scale / Math.max(sum, SMALLEST_SUM) : scale;
        for (int k = 0; k < used; k++) {
            weights[at + k] *= factor;
        }
    }

    /** Leaves the groups whose two best experts have the largest sums. */
    private void dropGroups(float[] ranks, int count) {
        int size = count / groups;
        for (int group = 0; group < groups; group++) {
            float first = Float.NEGATIVE_INFINITY;
            float second = Float.NEGATIVE_INFINITY;
            for (int i = group * size; i < (group + 1) * size; i++) {
                if (ranks[i] > first) {
                    second = first;
                    first = ranks[i];
                } else if (ranks[i] > second) {
                    second = ranks[i];
                }
            }
            ranks[count + group] = size > 1 ? first + second : first;
        }
        for (int kept = 0; kept < groupsUsed; kept++) {
            ranks[best(ranks, count, groups)] = Float.NaN;
        }
        for (int group = 0; group < groups; group++) {
            if (!Float.isNaN(ranks[count + group])) {
                Arrays.fill(ranks, group * size, (group + 1) * size, Float.NEGATIVE_INFINITY);
            }
        }
    }

    private void mix(float[] scores, float[] ranks, int count, int[] chosen, float[] weights, int at) {
        System.arraycopy(scores, 0, ranks, 0, count);
        for (int k = 0; k < used; k++) {
            int best = best(ranks, 0, count);
            float top = ranks[best];
            double sum = 0;
            for (int i = 0; i < count; i++) {
                // Distance relative to the larger of the score's magnitude and the best: divided only where it may be near.
                if (top - scores[i] > 2 * MIXER_THRESHOLD * Math.max(Math.abs(scores[i]), top)) {
                    continue;
                }
                float relative = (top - scores[i]) / Math.max(Math.abs(scores[i]), top);
                if (ranks[i] != Float.NEGATIVE_INFINITY && relative <= MIXER_THRESHOLD) {
                    sum += Math.exp(ranks[i] - top);
                }
            }
            chosen[at + k] = best;
            weights[at + k] = (float) (scale / sum);
            ranks[best] = Float.NEGATIVE_INFINITY;
        }
    }

    /** Index of the largest of {@code count} values from {@code from} on, the first of several; NaN is never taken. */
    private static int best(float[] values, int from, int count) {
        int best = -1;
        for (int i = from; i < from + count; i++) {
            if (!Float.isNaN(values[i]) && (best < 0 || values[i] > values[best])) {
                best = i;
            }
        }
        return Math.max(best, from);
    }

    private static void softmax(float[] x, int at, int count) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = at; i < at + count; i++) {
            largest = Math.max(largest, x[i]);
        }
        double sum = 0;
        for (int i = at; i < at + count; i++) {
            x[i] = (float) Math.exp(x[i] - largest);
            sum += x[i];
        }
        for (int i = at; i < at + count; i++) {
            x[i] = (float) (x[i] / sum);
        }
    }
}
