package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;

/** A set of kernels that lets another one do the work; what extends it looks on. */
abstract class ForwardingKernels implements Kernels {
    private final Kernels kernels;

    ForwardingKernels(Kernels kernels) {
        this.kernels = kernels;
    }

    @Override
    public String name() {
        return kernels.name();
    }

    @Override
    public String describe(TensorType type) {
        return kernels.describe(type);
    }

    @Override
    public Matrix prepare(WeightMatrix weights) {
        return kernels.prepare(weights);
    }

    @Override
    public void project(Projection projection, int rowCount) {
        kernels.project(projection, rowCount);
    }

    @Override
    public void projectExperts(ExpertProjection projection, ExpertGroups groups) {
        kernels.projectExperts(projection, groups);
    }

    @Override
    public void attend(AttentionPlan plan, AttentionPlan.Span... spans) {
        kernels.attend(plan, spans);
    }

    @Override
    public void rmsNorm(
            Activations input, int firstRow, int rowCount, MemorySegment weight, float epsilon, Activations output) {
        kernels.rmsNorm(input, firstRow, rowCount, weight, epsilon, output);
    }

    @Override
    public int workers() {
        return kernels.workers();
    }

    @Override
    public void spread(int chunks, WorkerTeam.Region work) {
        kernels.spread(chunks, work);
    }

    @Override
    public Optional<LocalKernels> local() {
        return kernels.local();
    }

    @Override
    public OptionalDouble productLimit() {
        return kernels.productLimit();
    }

    @Override
    public List<String> notes() {
        return kernels.notes();
    }

    @Override
    public long extraBytes() {
        return kernels.extraBytes();
    }

    @Override
    public void close() {
        kernels.close();
    }
}
