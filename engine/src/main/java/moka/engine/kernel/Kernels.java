package moka.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;

/**
 * A set of kernels: everything in a forward pass whose time is felt. One set is chosen when a model opens
 * ({@link KernelProvider}) and serves all its sessions; calls come from one thread at a time, and the set spreads the work over its
 * {@link moka.engine.runtime.WorkerTeam}. The result never depends on the number of threads: the order of every reduction is
 * fixed.
 *
 * <p>Calls allocate nothing that grows with their number. Wrong arguments are programming errors
 * ({@link IllegalArgumentException}), checked before memory is touched.
 */
public interface Kernels extends AutoCloseable {
    /** Such as {@code scalar}, {@code vector-512}, {@code machine-avx512vnni}. */
    String name();

    /** The kernel used for weights of a type, for {@code moka inspect} and {@code moka bench}: such as {@code "vpdpbusd panels of 16"}. */
    String describe(TensorType type);

    /**
     * Makes a matrix ready. Returns quickly; a set may go on repacking in the background, and must give the same bits before and
     * after.
     */
    Matrix prepare(WeightMatrix weights);

    /** Runs a projection on the first {@code rowCount} rows. */
    void project(Projection projection, int rowCount);

    /** Likewise with what adapters add. A set may add while the results are in the cache. */
    default void project(Projection projection, LowRankChange change, int rowCount) {
        project(change.inner(), rowCount);
        project(projection, rowCount);
        for (LowRankChange.Part part : change.parts()) {
            project(part.outer(), rowCount);
        }
    }

    /** Rotates, stores and attends, for all rows of the spans. */
    void attend(AttentionPlan plan, AttentionPlan.Span... spans);

    /** {@code output[t] = x[t] / sqrt(mean(x²) + epsilon) * weight}; input and output may be the same. */
    void rmsNorm(Activations input, int firstRow, int rowCount, MemorySegment weight, float epsilon, Activations output);

    /** Zeroed memory for activations, aligned to 64 bytes. Memory from an arena is touched at once; a set may have some that is not. */
    default MemorySegment memory(Arena arena, long bytes) {
        return arena.allocate(bytes, 64);
    }

    /** Threads that {@link #spread} uses. */
    default int workers() {
        return 1;
    }

    /** Runs chunks of work that needs no kernel, over the set's threads. The workers' indices are below {@link #workers()}. */
    default void spread(int chunks, WorkerTeam.Region work) {
        for (int chunk = 0; chunk < chunks; chunk++) {
            work.run(chunk, 0);
        }
    }

    /**
     * Products of rows that are grouped by expert: for each group {@code g}, its rows with the matrices of its expert. Bytes read: the matrices of
     * the groups' experts, once.
     */
    default void projectExperts(ExpertProjection projection, ExpertGroups groups) {
        ExpertProjection ordered = projection.ordered(groups);
        for (int group = 0; group < groups.count(); group++) {
            project(ordered.of(groups, group), groups.rowCount(group));
        }
    }

    /** What the set computes within regions; empty: plain Java does. */
    default Optional<LocalKernels> local() {
        return Optional.empty();
    }

    /**
     * Measures what the processor can do at most: products of 8-bit integers a second by all threads, on registers alone. Takes some tens of
     * milliseconds. Empty: the set cannot tell.
     */
    default OptionalDouble productLimit() {
        return OptionalDouble.empty();
    }

    /** What is worth knowing of its work so far: one sentence each. */
    default List<String> notes() {
        return List.of();
    }

    /** Bytes that the set holds beside the file's: panels and scratch. */
    long extraBytes();

    @Override
    void close();
}
