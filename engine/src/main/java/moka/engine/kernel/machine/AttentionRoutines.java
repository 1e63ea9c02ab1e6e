package moka.engine.kernel.machine;

import moka.engine.kernel.machine.CodeMemory.Builder;

/** The routines of attention that do not depend on the type of the cache. */
final class AttentionRoutines implements AutoCloseable {
    private final CodeMemory code;
    private final Routine softmax;
    private final Routine cappedSoftmax;
    private final Routine combine;
    private final Routine widen;
    private final Routine rotateHalves;
    private final Routine rotatePairs;

    AttentionRoutines(SystemMemory system) throws CodeMemory.RefusedException {
        boolean windows = system.windowsCalls();
        var builder = new Builder();
        int softmaxAt = builder.add(AttentionCode.softmax(false, windows));
        int cappedAt = builder.add(AttentionCode.softmax(true, windows));
        int combineAt = builder.add(AttentionCode.combine(windows));
        int widenAt = builder.add(AttentionCode.widen(windows));
        int halvesAt = builder.add(AttentionInputCode.rotate(true, windows));
        int pairsAt = builder.add(AttentionInputCode.rotate(false, windows));
        code = builder.build(system);
        softmax = code.routine(softmaxAt);
        cappedSoftmax = code.routine(cappedAt);
        combine = code.routine(combineAt);
        widen = code.routine(widenAt);
        rotateHalves = code.routine(halvesAt);
        rotatePairs = code.routine(pairsAt);
    }

    Routine softmax(boolean softCap) {
        return softCap ? cappedSoftmax : softmax;
    }

    Routine combine() {
        return combine;
    }

    Routine widen() {
        return widen;
    }

    Routine rotate(boolean halves) {
        return halves ? rotateHalves : rotatePairs;
    }

    @Override
    public void close() {
        code.close();
    }
}
