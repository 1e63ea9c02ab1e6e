package moka.quantize.budget;

import java.util.Arrays;
import java.util.List;

/**
 * The multiple-choice knapsack: of each item one choice is taken, such that all fit the budget and the sum of costs is smallest.
 *
 * <p>Dynamic programming over sizes rounded up to units, of which the budget has at most {@value #UNITS}: exact where a unit is one byte, else nearly so; what
 * rounding left over goes to the exchanges of single choices that gain most. Time and memory: items times units.
 */
public final class Knapsack {
    private static final int UNITS = 1 << 14;

    /** @param bytes its size @param cost what it costs otherwise */
    public record Choice(long bytes, double cost) {}

    private final List<List<Choice>> items;
    private final long budget;

    private Knapsack(List<List<Choice>> items, long budget) {
        this.items = items;
        this.budget = budget;
    }

    /**
     * Solves.
     *
     * @return index of the choice of each item
     * @throws IllegalArgumentException if not even the smallest choices fit
     */
    public static int[] solve(List<List<Choice>> items, long budget) {
        return new Knapsack(items, budget).solve();
    }

    /** Bytes of all items, the smallest choice of each. */
    public static long smallest(List<List<Choice>> items) {
        return items.stream()
                .mapToLong(it -> it.stream().mapToLong(Choice::bytes).min().orElse(0))
                .sum();
    }

    private int[] solve() {
        long smallest = smallest(items);
        if (smallest > budget) {
            throw new IllegalArgumentException("budget of " + budget + " bytes, expected " + smallest + " or more");
        }
        int[] chosen = byUnits();
        exchange(chosen);
        return chosen;
    }

    /** Above the smallest choice of each item, so that these always fit whatever a unit is. */
    private int[] byUnits() {
        long room = budget - smallest(items);
        long unit = Math.max(1, (room + UNITS - 1) / UNITS);
        int units = (int) (room / unit);
        double[] least = new double[units + 1];
        byte[][] taken = new byte[items.size()][units + 1];
        for (int item = 0; item < items.size(); item++) {
            List<Choice> choices = items.get(item);
            long base = choices.stream().mapToLong(Choice::bytes).min().orElse(0);
            double[] next = new double[units + 1];
            Arrays.fill(next, Double.POSITIVE_INFINITY);
            for (int c = 0; c < choices.size(); c++) {
                long more = (choices.get(c).bytes - base + unit - 1) / unit;
                double cost = choices.get(c).cost;
                for (int at = (int) Math.min(more, units + 1L); at <= units; at++) {
                    double sum = least[at - (int) more] + cost;
                    if (sum < next[at]) {
                        next[at] = sum;
                        taken[item][at] = (byte) c;
                    }
                }
            }
            least = next;
        }
        int[] chosen = new int[items.size()];
        long left = units;
        for (int item = items.size() - 1; item >= 0; item--) {
            List<Choice> choices = items.get(item);
            chosen[item] = taken[item][(int) left];
            long base = choices.stream().mapToLong(Choice::bytes).min().orElse(0);
            left -= (choices.get(chosen[item]).bytes - base + unit - 1) / unit;
        }
        return chosen;
    }

    /** While some exchange of one choice fits and gains, the one that gains most. */
    private void exchange(int[] chosen) {
        long left = budget;
        for (int item = 0; item < chosen.length; item++) {
            left -= items.get(item).get(chosen[item]).bytes;
        }
        while (true) {
            int best = -1;
            int bestChoice = -1;
            double gain = 0;
            for (int item = 0; item < chosen.length; item++) {
                Choice now = items.get(item).get(chosen[item]);
                for (int c = 0; c < items.get(item).size(); c++) {
                    Choice other = items.get(item).get(c);
                    if (other.bytes - now.bytes <= left && now.cost - other.cost > gain) {
                        best = item;
                        bestChoice = c;
                        gain = now.cost - other.cost;
                    }
                }
            }
            if (best < 0) {
                return;
            }
            left += items.get(best).get(chosen[best]).bytes - items.get(best).get(bestChoice).bytes;
            chosen[best] = bestChoice;
        }
    }
}
