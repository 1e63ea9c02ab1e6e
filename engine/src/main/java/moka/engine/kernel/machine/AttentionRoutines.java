package moka.engine.kernel.machine;

import java.util.ArrayList;
import java.util.List;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.CodeMemory.Builder;

/** The routines of attention for caches of one type of element. */
final class AttentionRoutines implements AutoCloseable {
    /** Most vectors of a value head that {@link #mix} works on at once. */
    static final int MOST_VECTORS = 4;

    private final CodeMemory code;
    private final Routine[][] scores = new Routine[3][RowAddresses.MOST + 1];
    private final Routine[][] mix = new Routine[MOST_VECTORS + 1][RowAddresses.MOST + 1];
    private final Routine softmax;
    private final Routine cappedSoftmax;
    private final Routine combine;
    private final Routine storeKey;
    private final Routine storeValue;
    private final Routine rotateHalves;
    private final Routine rotatePairs;

    AttentionRoutines(ElementType type, SystemMemory system) throws CodeMemory.RefusedException {
        boolean windows = system.windowsCalls();
        var builder = new Builder();
        List<Integer> places = new ArrayList<>();
        for (int queries = 1; queries <= RowAddresses.MOST; queries++) {
            places.add(builder.add(AttentionCode.scores(type, 1, queries, windows)));
            places.add(builder.add(AttentionCode.scores(type, 2, queries, windows)));
            for (int vectors = 1; vectors <= MOST_VECTORS; vectors++) {
                places.add(builder.add(AttentionCode.mix(type, vectors, queries, windows)));
            }
        }
        int softmaxAt = builder.add(AttentionCode.softmax(false, windows));
        int cappedAt = builder.add(AttentionCode.softmax(true, windows));
        int combineAt = builder.add(AttentionCode.combine(windows));
        int keyAt = builder.add(AttentionCode.storeKey(type, windows));
        int valueAt = builder.add(AttentionCode.storeValue(type, windows));
        int halvesAt = builder.add(AttentionCode.rotate(true, windows));
        int pairsAt = builder.add(AttentionCode.rotate(false, windows));
        code = builder.build(system);
        int next = 0;
        for (int queries = 1; queries <= RowAddresses.MOST; queries++) {
            scores[1][queries] = code.routine(places.get(next++));
            scores[2][queries] = code.routine(places.get(next++));
            for (int vectors = 1; vectors <= MOST_VECTORS; vectors++) {
                mix[vectors][queries] = code.routine(places.get(next++));
            }
        }
        softmax = code.routine(softmaxAt);
        cappedSoftmax = code.routine(cappedAt);
        combine = code.routine(combineAt);
        storeKey = code.routine(keyAt);
        storeValue = code.routine(valueAt);
        rotateHalves = code.routine(halvesAt);
        rotatePairs = code.routine(pairsAt);
    }

    Routine scores(int panels, int queries) {
        return scores[panels][queries];
    }

    Routine mix(int vectors, int queries) {
        return mix[vectors][queries];
    }

    Routine softmax(boolean softCap) {
        return softCap ? cappedSoftmax : softmax;
    }

    Routine combine() {
        return combine;
    }

    Routine storeKey() {
        return storeKey;
    }

    Routine storeValue() {
        return storeValue;
    }

    Routine rotate(boolean halves) {
        return halves ? rotateHalves : rotatePairs;
    }

    @Override
    public void close() {
        code.close();
    }
}
