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

    AttentionRoutines(Target target) throws CodeMemory.RefusedException {
        var builder = new Builder();
        int softmaxAt = builder.add(AttentionCode.softmax(false, target));
        int cappedAt = builder.add(AttentionCode.softmax(true, target));
        int combineAt = builder.add(AttentionCode.combine(target));
        int widenAt = builder.add(AttentionCode.widen(target));
        int halvesAt = builder.add(AttentionInputCode.rotate(true, target));
        int pairsAt = builder.add(AttentionInputCode.rotate(false, target));
        code = builder.build(target.system());
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
