package moka.engine.kernel.machine;

/** The routines of attention that do not depend on the type of the cache. */
final class AttentionRoutines {
    private final LazyRoutine softmax;
    private final LazyRoutine cappedSoftmax;
    private final LazyRoutine combine;
    private final LazyRoutine widen;
    private final LazyRoutine rotateHalves;
    private final LazyRoutine rotatePairs;

    AttentionRoutines(KernelCode kernelCode, CodeStore code) {
        softmax = code.later(() -> kernelCode.softmax(false));
        cappedSoftmax = code.later(() -> kernelCode.softmax(true));
        combine = code.later(kernelCode::combine);
        widen = code.later(kernelCode::widen);
        rotateHalves = code.later(() -> kernelCode.rotate(true));
        rotatePairs = code.later(() -> kernelCode.rotate(false));
    }

    LazyRoutine softmax(boolean softCap) {
        return softCap ? cappedSoftmax : softmax;
    }

    LazyRoutine combine() {
        return combine;
    }

    LazyRoutine widen() {
        return widen;
    }

    LazyRoutine rotate(boolean halves) {
        return halves ? rotateHalves : rotatePairs;
    }
}
