package moka.engine.kernel.machine;

import java.util.ArrayList;
import java.util.List;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.CodeMemory.Builder;
import org.jspecify.annotations.Nullable;

/** The routines for values of one type of element. */
final class ValueRoutines implements AutoCloseable {
    /** Even, since quantized values share a scale by two vectors. */
    private static final int MOST_VECTORS = 4;

    private final ElementType type;
    private final CodeMemory code;
    private final int mostVectors;
    private final int mostQueries;
    private final Routine[][] mix = new Routine[MOST_VECTORS + 1][RowAddresses.MOST + 1];
    private final @Nullable Routine store;

    ValueRoutines(ElementType type, KernelCode kernelCode, SystemMemory system) throws CodeMemory.RefusedException {
        this.type = type;
        mostVectors = kernelCode.mixedVectors();
        mostQueries = kernelCode.mixedQueries();
        var builder = new Builder();
        List<Integer> places = new ArrayList<>();
        for (int queries = 1; queries <= mostQueries; queries++) {
            for (int vectors = 1; vectors <= mostVectors; vectors++) {
                places.add(builder.add(kernelCode.mix(type, vectors, queries)));
            }
        }
        int storeAt = KeyRoutines.storesInCode(type) ? builder.add(kernelCode.storeValue(type)) : -1;
        code = builder.build(system);
        int next = 0;
        for (int queries = 1; queries <= mostQueries; queries++) {
            for (int vectors = 1; vectors <= mostVectors; vectors++) {
                mix[vectors][queries] = code.routine(places.get(next++));
            }
        }
        store = storeAt < 0 ? null : code.routine(storeAt);
    }

    ElementType type() {
        return type;
    }

    /** Vectors of 16 elements that are mixed at once, at most: even. */
    int mostVectors() {
        return mostVectors;
    }

    /** Queries that values are mixed for at once, at most. */
    int mostQueries() {
        return mostQueries;
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
