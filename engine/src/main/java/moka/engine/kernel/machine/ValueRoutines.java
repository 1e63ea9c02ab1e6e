package moka.engine.kernel.machine;

import moka.engine.kernel.KvStore.ElementType;
import org.jspecify.annotations.Nullable;

/** The routines for values of one type of element. */
final class ValueRoutines {
    /** Even, since quantized values share a scale by two vectors. */
    private static final int MOST_VECTORS = 4;

    private final ElementType type;
    private final int mostVectors;
    private final int mostQueries;
    private final LazyRoutine[][] mix = new LazyRoutine[MOST_VECTORS + 1][RowAddresses.MOST + 1];
    private final @Nullable LazyRoutine store;

    ValueRoutines(ElementType type, KernelCode kernelCode, CodeStore code) {
        this.type = type;
        mostVectors = kernelCode.mixedVectors();
        mostQueries = kernelCode.mixedQueries();
        for (int queries = 1; queries <= mostQueries; queries++) {
            for (int vectors = 1; vectors <= mostVectors; vectors++) {
                int columns = vectors;
                int rows = queries;
                mix[vectors][queries] = code.later(() -> kernelCode.mix(type, columns, rows));
            }
        }
        store = KeyRoutines.storesInCode(type) ? code.later(() -> kernelCode.storeValue(type)) : null;
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

    LazyRoutine mix(int vectors, int queries) {
        return mix[vectors][queries];
    }

    /** {@link AttentionInputCode#storeValue}, or null: stored by Java. */
    @Nullable LazyRoutine store() {
        return store;
    }
}
