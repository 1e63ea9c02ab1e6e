package moka.engine.kernel.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.LongStream;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.ExpertProjection;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.LowRankChange;
import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.scalar.ScalarKernels;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;

/** Kernels in machine code. */
final class MachineKernels implements Kernels {
    // A pass takes about two milliseconds.
    private static final int PRODUCT_ROUNDS = 1 << 20;
    private static final int PRODUCT_PASSES = 12;

    private static final long PAGES_FROM_BYTES = 1 << 17;

    private final SystemMemory system;
    private final KernelCode code;
    private final CodeStore codeStore;
    private final WorkerTeam team;
    private final PanelMemory memory;
    private final RowRoutines routines;
    private final Map<TensorType, WeightKernels> kernelsOfTypes = new EnumMap<>(TensorType.class);
    private final Repacking repacking;
    private final Projections projections;
    private final ExpertProjections experts;
    private final MachineAttention attention;
    private final ScalarKernels otherAttention;
    private final MemorySegment normParameters;
    private final MachineLocalKernels local;
    private boolean closed;

    MachineKernels(KernelCode code, SystemMemory system, WorkerTeam team, boolean repack) throws CodeMemory.RefusedException {
        this.code = code;
        this.system = system;
        codeStore = new CodeStore(system);
        this.team = team;
        routines = new RowRoutines(code, codeStore);
        memory = new PanelMemory(system);
        repacking = new Repacking(memory, repack);
        projections = new Projections(team, routines, memory, repacking, new Lookahead(team, code, codeStore));
        experts = new ExpertProjections(team, projections);
        attention = new MachineAttention(team, code, codeStore, memory, routines);
        otherAttention = new ScalarKernels(team, Precision.FAST);
        normParameters = memory.segment(64);
        local = new MachineLocalKernels(code, codeStore, team.size(), memory, routines);
    }

    @Override
    public String name() {
        return "machine-" + code.name();
    }

    @Override
    public String describe(TensorType type) {
        return kernels(type).description();
    }

    @Override
    public Matrix prepare(WeightMatrix weights) {
        if (!weights.data().isNative()) {
            throw new IllegalArgumentException(weights.name() + ": lies on the heap, machine code needs an address");
        }
        return new PanelMatrix(weights, kernels(weights.type()));
    }

    private synchronized WeightKernels kernels(TensorType type) {
        return kernelsOfTypes.computeIfAbsent(type, this::generate);
    }

    private WeightKernels generate(TensorType type) {
        var own = PanelFormats.of(type);
        if (own.isPresent()) {
            return new QuantizedKernels(own.get(), null, code, codeStore);
        }
        var splitter = PanelFormats.splitter(type);
        if (splitter.isPresent()) {
            return new QuantizedKernels(splitter.get().format(), splitter.get(), code, codeStore);
        }
        return new FloatKernels(type, code.floatKind(type), code, codeStore);
    }

    @Override
    public void project(Projection projection, int rowCount) {
        projections.run(projection, null, rowCount);
    }

    @Override
    public void project(Projection projection, LowRankChange change, int rowCount) {
        projections.run(projection, change, rowCount);
    }

    @Override
    public void attend(AttentionPlan plan, AttentionPlan.Span... spans) {
        if (MachineAttention.serves(plan, spans)) {
            attention.attend(plan, spans);
        } else {
            // Heads that are no whole number of vectors: small test models.
            otherAttention.attend(plan, spans);
        }
    }

    @Override
    public void rmsNorm(
            Activations input, int firstRow, int rowCount, MemorySegment weight, float epsilon, Activations output) {
        int columns = input.columns();
        if (firstRow < 0
                || rowCount < 0
                || firstRow + rowCount > Math.min(input.rows(), output.rows())
                || output.columns() != columns
                || weight.byteSize() < 4L * columns) {
            throw new IllegalArgumentException("rows " + firstRow + " to " + (firstRow + rowCount) + " of " + input.rows() + " x "
                    + columns + " into " + output.rows() + " x " + output.columns());
        }
        normParameters.set(ValueLayout.JAVA_FLOAT, 0, epsilon);
        normParameters.set(ValueLayout.JAVA_FLOAT, 4, 1f / columns);
        for (int row = firstRow; row < firstRow + rowCount; row++) {
            routines.rmsNorm(input.address(row), weight.address(), columns, normParameters.address(), output.address(row));
        }
    }

    @Override
    public void projectExperts(ExpertProjection projection, ExpertGroups groups) {
        experts.run(projection, groups);
    }

    @Override
    public Optional<LocalKernels> local() {
        return Optional.of(local);
    }

    /** Pages that the system zeroes at their first touch: a batch has memory for 512 rows, and most prompts use a few. */
    @Override
    public MemorySegment memory(Arena arena, long bytes) {
        long address = bytes < PAGES_FROM_BYTES ? 0 : system.reserve(bytes);
        if (address == 0) {
            return arena.allocate(bytes, 64);
        }
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, it -> system.release(it.address(), it.byteSize()));
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
        return memory.used() + otherAttention.extraBytes();
    }

    @Override
    public OptionalDouble productLimit() {
        LazyRoutine routine = codeStore.later(code::productRate);
        long[] products = new long[team.size()];
        double best = 0;
        for (int pass = 0; pass < PRODUCT_PASSES; pass++) {
            long start = System.nanoTime();
            team.run(products.length, (chunk, worker) -> products[chunk] = routine.call(0, 0, PRODUCT_ROUNDS, 0, 0, 0));
            best = Math.max(best, LongStream.of(products).sum() * 1e9 / (System.nanoTime() - start));
        }
        return OptionalDouble.of(best);
    }

    @Override
    public List<String> notes() {
        return repacking.notes();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            team.meanwhile(null);
            memory.close();
            codeStore.close();
            otherAttention.close();
        }
    }
}
