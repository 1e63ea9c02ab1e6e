package moka.engine.kernel.machine;

import java.util.ArrayList;
import java.util.List;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.CodeMemory.Builder;
import org.jspecify.annotations.Nullable;

/** The routines for values of one type of element. */
final class ValueRoutines implements AutoCloseable {
    /** Most vectors of a value head that {@link #mix} works on at once; even, since quantized values share a scale by two vectors. */
    static final int MOST_VECTORS = 4;

    private final ElementType type;
    private final CodeMemory code;
    private final Routine[][] mix = new Routine[MOST_VECTORS + 1][RowAddresses.MOST + 1];
    private final @Nullable Routine store;

    ValueRoutines(ElementType type, SystemMemory system) throws CodeMemory.RefusedException {
        this.type = type;
        boolean windows = system.windowsCalls();
        var builder = new Builder();
        List<Integer> places = new ArrayList<>();
        for (int queries = 1; queries <= RowAddresses.MOST; queries++) {
            for (int vectors = 1; vectors <= MOST_VECTORS; vectors++) {
                places.add(builder.add(AttentionCode.mix(type, vectors, queries, windows)));
            }
        }
        int storeAt = KeyRoutines.storesInCode(type) ? builder.add(AttentionInputCode.storeValue(type, windows)) : -1;
        code = builder.build(system);
        int next = 0;
        for (int queries = 1; queries <= RowAddresses.MOST; queries++) {
            for (int vectors = 1; vectors <= MOST_VECTORS; vectors++) {
                mix[vectors][queries] = code.routine(places.get(next++));
            }
        }
        store = storeAt < 0 ? null : code.routine(storeAt);
    }

    ElementType type() {
        return type;
    }

    Routine mix(int vectors, int queries) {
        return mix[vectors][queries];
    }

    /** {@link AttentionInputCode#storeValue}, or null: stored by Java. */
    @Nullable Routine store() {
        return store;
    }

    @Override
    public void close() {
        code.close();
    }
}
