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

    AttentionRoutines(KernelCode kernelCode, SystemMemory system) throws CodeMemory.RefusedException {
        var builder = new Builder();
        int softmaxAt = builder.add(kernelCode.softmax(false));
        int cappedAt = builder.add(kernelCode.softmax(true));
        int combineAt = builder.add(kernelCode.combine());
        int widenAt = builder.add(kernelCode.widen());
        int halvesAt = builder.add(kernelCode.rotate(true));
        int pairsAt = builder.add(kernelCode.rotate(false));
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
