package moka.engine.kernel.vector;

import java.util.ArrayList;
import java.util.List;
import moka.engine.kernel.Projection;

/** The distinct orders of the matrices of a projection: activations are arranged once for each. */
final class Orders {
    /** Orders that there are in all. */
    static final int MAX = 16;

    private final List<ActivationOrder> distinct = new ArrayList<>();
    private int[] ofProduct = new int[4];

    /** @param bySequence whether orders with the same sequence count as one, whatever their starts */
    void collect(Projection projection, boolean bySequence) {
        distinct.clear();
        int count = projection.products().size();
        if (ofProduct.length < count) {
            ofProduct = new int[count];
        }
        for (int i = 0; i < count; i++) {
            ActivationOrder order = ((VectorMatrix) projection.products().get(i).matrix()).kernel().order();
            ofProduct[i] = place(order, bySequence);
        }
    }

    private int place(ActivationOrder order, boolean bySequence) {
        for (int i = 0; i < distinct.size(); i++) {
            ActivationOrder other = distinct.get(i);
            if (bySequence ? order.sameSequence(other) : order.same(other)) {
                return i;
            }
        }
        distinct.add(order);
        return distinct.size() - 1;
    }

    int count() {
        return distinct.size();
    }

    ActivationOrder get(int index) {
        return distinct.get(index);
    }

    /** Index of a product's order. */
    int ofProduct(int product) {
        return ofProduct[product];
    }
}
