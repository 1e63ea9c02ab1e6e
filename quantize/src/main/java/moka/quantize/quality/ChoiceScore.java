package moka.quantize.quality;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import moka.engine.EngineException;
import moka.engine.Session;
import moka.quantize.QuantizeException;

/**
 * How many tasks a model answers right.
 *
 * @param right tasks
 * @param total tasks
 * @param answers of all tasks together: {@code total / answers} is what guessing would reach
 */
public record ChoiceScore(int right, int total, int answers) {
    private static final double NORMAL_95 = 1.95996398454;

    /** Told of progress. */
    @FunctionalInterface
    public interface Listener {
        void onTask(ChoiceScore soFar, int tasks);
    }

    /** Runs all tasks. @throws QuantizeException if one is longer than the context */
    public static ChoiceScore of(Session session, List<ChoiceTask> tasks, Listener listener) {
        ChoiceScore score = new ChoiceScore(0, 0, 0);
        for (ChoiceTask task : tasks) {
            boolean right = task.right()[best(session, task, score.total)];
            score = new ChoiceScore(
                    score.right + (right ? 1 : 0), score.total + 1, score.answers + task.candidates().size());
            listener.onTask(score, tasks.size());
        }
        return score;
    }

    private static int best(Session session, ChoiceTask task, int index) {
        int best = 0;
        double largest = Double.NEGATIVE_INFINITY;
        // The last common token is run with each answer: its logits predict the first of them.
        int shared = Math.max(0, task.commonPrefix() - 1);
        session.clear();
        int[] tokens = task.candidates().getFirst().tokens();
        if (shared > 0) {
            session.append(Arrays.copyOf(tokens, shared));
        }
        for (int i = 0; i < task.candidates().size(); i++) {
            ChoiceTask.Candidate candidate = task.candidates().get(i);
            if (candidate.tokens().length > session.contextLength()) {
                throw new QuantizeException("task " + (index + 1) + " has " + candidate.tokens().length + " tokens, the context "
                        + session.contextLength() + ": give a larger -c");
            }
            double mean = meanLogProbability(session, candidate, shared);
            if (mean > largest) {
                largest = mean;
                best = i;
            }
        }
        return best;
    }

    private static double meanLogProbability(Session session, ChoiceTask.Candidate candidate, int shared) {
        int[] tokens = candidate.tokens();
        if (session.position() > shared) {
            rewind(session, tokens, shared);
        }
        double[] sum = new double[1];
        float[] values = new float[session.model().vocabularySize()];
        session.evaluate(Arrays.copyOfRange(tokens, shared, candidate.end() - 1), (position, logits) -> {
            if (position + 1 >= candidate.first()) {
                MemorySegment.copy(logits, ValueLayout.JAVA_FLOAT, 0, values, 0, values.length);
                sum[0] += values[tokens[position + 1]] - Divergence.logSumExp(values);
            }
        });
        return sum[0] / (candidate.end() - candidate.first());
    }

    private static void rewind(Session session, int[] tokens, int position) {
        try {
            session.rewind(position);
        } catch (EngineException e) {
            // Sliding windows and recurrent states do not go back.
            session.clear();
            session.append(Arrays.copyOf(tokens, position));
        }
    }

    /** Of the tasks that were answered right. */
    public double share() {
        return (double) right / total;
    }

    /** Wilson's interval, in which the share lies with 95 %. @return its two ends */
    public double[] interval() {
        double p = share();
        double z = NORMAL_95 * NORMAL_95 / total;
        double half = z * Math.sqrt(total * (4 * p * (1 - p) + z)) / (2 * NORMAL_95 * NORMAL_95);
        return new double[] {(p + z / 2 - half * NORMAL_95) / (1 + z), (p + z / 2 + half * NORMAL_95) / (1 + z)};
    }
}
