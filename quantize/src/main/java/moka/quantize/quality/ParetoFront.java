package moka.quantize.quality;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The candidates that no other beats in both of two costs. */
public final class ParetoFront {
    private ParetoFront() {}

    /** In order of the first cost; of those that are equal in both, the first. */
    public static <T> List<T> of(List<T> candidates, ToDoubleFunction<T> first, ToDoubleFunction<T> second) {
        List<T> ordered = new ArrayList<>(candidates);
        ordered.sort(Comparator.comparingDouble(first).thenComparingDouble(second));
        List<T> front = new ArrayList<>();
        double least = Double.POSITIVE_INFINITY;
        for (T candidate : ordered) {
            if (second.applyAsDouble(candidate) < least) {
                least = second.applyAsDouble(candidate);
                front.add(candidate);
            }
        }
        return front;
    }
}
