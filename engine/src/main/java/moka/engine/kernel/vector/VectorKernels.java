package moka.engine.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;

/**
 * The kernels in the Vector API: weights stay in the file's map and are decoded in registers. Nothing is rounded but by float32 arithmetic and,
 * if precision may be given for speed, the activations of one token or a few where that is faster ({@link RowKernels#rounds}).
 *
 * <p>One token (or a few): each row of weights is multiplied as it is read. More: pieces of rows are decoded into a cache-sized array and
 * multiplied by tiles in registers.
 */
final class VectorKernels implements Kernels {
    private final WorkerTeam team;
    private final Width width;
    private final Arena arena = Arena.ofShared();
    private final Scratch[] scratches;
    private final InputRows inputs;
    private final Map<TensorType, RowKernel> rowKernels = new EnumMap<>(TensorType.class);
    private final Map<TensorType, RowKernel> roundingKernels = new EnumMap<>(TensorType.class);
    private final boolean rounding;
    private final ProjectionWork projections;
    private final AttentionWork attention;
    private final NormWork norms;
    private final LocalKernels local;

    private VectorKernels(WorkerTeam team, Width width, boolean rounding) {
        this.team = team;
        this.width = width;
        this.rounding = rounding;
        scratches = new Scratch[team.size()];
        for (int i = 0; i < scratches.length; i++) {
            scratches[i] = new Scratch(arena);
        }
        var elements = width.instance(FloatElements.class, Elements.class);
        var tiles = width.instance(FloatTiles.class, Tiles.class);
        inputs = new InputRows(elements);
        projections = new ProjectionWork(team, width.lanes(), scratches, inputs, elements, tiles, arena);
        attention = new AttentionWork(team, width.lanes(), scratches, inputs, elements, tiles);
        norms = new NormWork(team, scratches, inputs);
        local = new VectorLocalKernels(width.instance(FloatStates.class, States.class), elements, inputs, scratches);
    }

    /** The set for a request that nothing stands against ({@link Width#obstacle}). */
    static Kernels create(Request request) {
        return new VectorKernels(request.team(), new Width(request.vectorBits()), request.precision() == Precision.FAST);
    }

    @Override
    public String name() {
        return "vector-" + width.bits();
    }

    @Override
    public String describe(TensorType type) {
        return kernel(type).description() + ", " + width.bits() + " bits";
    }

    @Override
    public Matrix prepare(WeightMatrix weights) {
        TensorType type = weights.type();
        boolean rounded = rounding && RowKernels.rounds(type, weights.columns());
        RowKernel kernel = rounded ? roundingKernels.computeIfAbsent(type, t -> RowKernels.rounding(t, width)) : kernel(type);
        return new VectorMatrix(offHeap(weights), kernel);
    }

    /** Kernels read addresses; weights of a file have them already. */
    private WeightMatrix offHeap(WeightMatrix weights) {
        if (weights.data().isNative()) {
            return weights;
        }
        MemorySegment copy = arena.allocate(weights.data().byteSize(), 64).copyFrom(weights.data());
        return new WeightMatrix(weights.name(), weights.type(), weights.rows(), weights.columns(), copy);
    }

    private RowKernel kernel(TensorType type) {
        return rowKernels.computeIfAbsent(type, t -> RowKernels.of(t, width));
    }

    @Override
    public void project(Projection projection, int rowCount) {
        projections.run(projection, rowCount);
    }

    @Override
    public void attend(AttentionPlan plan, AttentionPlan.Span... spans) {
        attention.run(plan, spans);
    }

    @Override
    public void rmsNorm(
            Activations input, int firstRow, int rowCount, MemorySegment weight, float epsilon, Activations output) {
        norms.run(input, firstRow, rowCount, weight, epsilon, output);
    }

    @Override
    public Optional<LocalKernels> local() {
        return Optional.of(local);
    }

    @Override
    public int workers() {
        return team.size();
    }

    @Override
    public void spread(int chunks, WorkerTeam.Region work) {
        team.run(chunks, work);
    }

    @Override
    public long extraBytes() {
        long bytes = projections.bytes();
        for (Scratch scratch : scratches) {
            bytes += scratch.bytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
