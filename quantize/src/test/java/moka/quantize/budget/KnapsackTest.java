package moka.quantize.budget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import moka.quantize.budget.Knapsack.Choice;
import org.junit.jupiter.api.Test;

class KnapsackTest {
    @Test
    void spendsWhereItTells() {
        List<Choice> sensitive = List.of(new Choice(2, 10), new Choice(4, 1));
        List<Choice> robust = List.of(new Choice(2, 1), new Choice(4, 0.5));
        assertArrayEquals(new int[] {1, 0}, Knapsack.solve(List.of(sensitive, robust), 7));
        assertArrayEquals(new int[] {1, 1}, Knapsack.solve(List.of(sensitive, robust), 8));
        assertArrayEquals(new int[] {0, 0}, Knapsack.solve(List.of(sensitive, robust), 4));
    }

    @Test
    void takesTheCheaperOfTwoThatAreAsLarge() {
        assertArrayEquals(new int[] {1}, Knapsack.solve(List.of(List.of(new Choice(3, 2), new Choice(3, 1))), 3));
    }

    @Test
    void isExactOnSmallBudgets() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 50; round++) {
            List<List<Choice>> items = items(random, 6, 1);
            long budget = Knapsack.smallest(items) + random.nextInt(200);
            int[] chosen = Knapsack.solve(items, budget);
            assertTrue(bytes(items, chosen) <= budget);
            assertEquals(leastCost(items, 0, budget), cost(items, chosen), 1e-12);
        }
    }

    @Test
    void isNearlyExactOnLargeBudgets() {
        SplittableRandom random = new SplittableRandom(8);
        for (int round = 0; round < 20; round++) {
            List<List<Choice>> items = items(random, 6, 1 << 22);
            long budget = Knapsack.smallest(items) + random.nextLong(400L << 22);
            int[] chosen = Knapsack.solve(items, budget);
            assertTrue(bytes(items, chosen) <= budget);
            // The rounding of six sizes up to units.
            assertTrue(cost(items, chosen) <= leastCost(items, 0, budget - 6 * (400L << 22) / 16384) + 1e-12);
        }
    }

    @Test
    void refusesABudgetThatNothingFits() {
        var failure = assertThrows(
                IllegalArgumentException.class, () -> Knapsack.solve(List.of(List.of(new Choice(5, 1), new Choice(4, 2))), 3));
        assertEquals("budget of 3 bytes, expected 4 or more", failure.getMessage());
    }

    private static List<List<Choice>> items(SplittableRandom random, int count, long unit) {
        List<List<Choice>> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<Choice> choices = new ArrayList<>();
            for (int c = 0; c < 5; c++) {
                choices.add(new Choice((1 + random.nextInt(100)) * unit + random.nextLong(unit), random.nextDouble()));
            }
            items.add(choices);
        }
        return items;
    }

    private static double leastCost(List<List<Choice>> items, int first, long budget) {
        if (budget < 0) {
            return Double.POSITIVE_INFINITY;
        }
        if (first == items.size()) {
            return 0;
        }
        double least = Double.POSITIVE_INFINITY;
        for (Choice choice : items.get(first)) {
            least = Math.min(least, choice.cost() + leastCost(items, first + 1, budget - choice.bytes()));
        }
        return least;
    }

    private static long bytes(List<List<Choice>> items, int[] chosen) {
        long bytes = 0;
        for (int i = 0; i < chosen.length; i++) {
            bytes += items.get(i).get(chosen[i]).bytes();
        }
        return bytes;
    }

    private static double cost(List<List<Choice>> items, int[] chosen) {
        double cost = 0;
        for (int i = 0; i < chosen.length; i++) {
            cost += items.get(i).get(chosen[i]).cost();
        }
        return cost;
    }
}
