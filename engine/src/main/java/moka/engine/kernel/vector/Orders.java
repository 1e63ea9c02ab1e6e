package moka.engine.kernel.vector;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;
import moka.engine.kernel.Projection;

/**
 * The distinct orders of the matrices of a projection: activations are arranged once for each.
 *
 * @param <T> kind of order
 */
final class Orders<T> {
    /** Orders that there are in all. */
    static final int MAX = 20;

    private final List<T> distinct = new ArrayList<>();
    private final Function<RowKernel, T> ofKernel;
    private final BiPredicate<T, T> same;
    private int[] ofProduct = new int[4];

    private Orders(Function<RowKernel, T> ofKernel, BiPredicate<T, T> same) {
        this.ofKernel = ofKernel;
        this.same = same;
    }

    /** How kernels want activations for the products of rows. */
    static Orders<Arrangement> ofProducts() {
        return new Orders<>(RowKernel::arrangement, Arrangement::same);
    }

    /** The sequences in which kernels decode rows. */
    static Orders<ActivationOrder> ofDecodedRows() {
        return new Orders<>(RowKernel::order, ActivationOrder::sameSequence);
    }

    void collect(Projection projection) {
        distinct.clear();
        int count = projection.products().size();
        if (ofProduct.length < count) {
            ofProduct = new int[count];
        }
        for (int i = 0; i < count; i++) {
            ofProduct[i] = place(ofKernel.apply(((VectorMatrix) projection.products().get(i).matrix()).kernel()));
        }
    }

    private int place(T order) {
        for (int i = 0; i < distinct.size(); i++) {
            if (same.test(order, distinct.get(i))) {
                return i;
            }
        }
        distinct.add(order);
        return distinct.size() - 1;
    }

    int count() {
        return distinct.size();
    }

    T get(int index) {
        return distinct.get(index);
    }

    /** Index of a product's order. */
    int ofProduct(int product) {
        return ofProduct[product];
    }
}
