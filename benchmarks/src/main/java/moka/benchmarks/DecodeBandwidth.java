package moka.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import moka.engine.kernel.Activations;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Projection;
import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.machine.MachineKernelProvider;
import moka.engine.kernel.scalar.ScalarProvider;
import moka.engine.kernel.vector.VectorKernelProvider;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * One token times a matrix that no cache holds, for each type, and in the same fork a plain parallel read of the same bytes: the column
 * {@code megabytes} is MB of weights a second, as they are in a file. Machine code works on panels, or on the blocks of the file ({@code in-place}). With
 * {@code -p type=Q8_0,Q4_K -p kernels=vector -p threads=2} fewer cases.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DecodeBandwidth {
    private static final int COLUMNS = 2048;
    private static final long BYTES = 128L << 20;

    /** Pieces that a plain read is divided into. */
    private static final int PIECES = 64;

    @Param
    TensorType type;

    @Param({"vector", "machine", "in-place"})
    String kernels;

    @Param("2")
    int threads;

    private Arena arena;
    private WorkerTeam team;
    private Kernels set;
    private MemorySegment data;
    private Projection projection;
    private final long[] sums = new long[PIECES];

    /** What a call reads. */
    @AuxCounters
    @State(Scope.Thread)
    public static class Traffic {
        public long megabytes;
        private long bytes;

        @Setup(Level.Iteration)
        public void clear() {
            megabytes = 0;
            bytes = 0;
        }

        void add(long read) {
            bytes += read;
            megabytes = bytes / 1_000_000;
        }
    }

    @Setup
    public void setUp() {
        arena = Arena.ofShared();
        team = new WorkerTeam(threads);
        KernelProvider provider =
                switch (kernels) {
                    case "scalar" -> new ScalarProvider();
                    case "vector" -> new VectorKernelProvider();
                    case "machine", "in-place" -> new MachineKernelProvider();
                    default -> throw new IllegalArgumentException(kernels);
                };
        set = switch (provider.offer(new Request(team, Precision.FAST, kernels.equals("machine"), 0))) {
            case Offer.Accepted(Kernels accepted) -> accepted;
            case Offer.Refused(String reason) -> throw new IllegalStateException(reason);
        };
        int rows = (int) (BYTES / type.rowBytes(COLUMNS)) & -64;
        data = arena.allocate(rows * type.rowBytes(COLUMNS), 4096);
        var random = new SplittableRandom(1);
        for (long at = 0; at + 8 <= data.byteSize(); at += 8) {
            data.set(ValueLayout.JAVA_LONG, at, random.nextLong());
        }
        Activations input = Activations.allocate(arena, 1, COLUMNS);
        for (int i = 0; i < COLUMNS; i++) {
            input.set(0, i, (float) random.nextGaussian());
        }
        Activations output = Activations.allocate(arena, 1, rows);
        var matrix = set.prepare(new WeightMatrix("random", type, rows, COLUMNS, data));
        projection = new Projection(
                new Projection.Input.Plain(input), List.of(new Projection.Product(matrix, output)), false);
    }

    @TearDown
    public void tearDown() {
        set.close();
        team.close();
        arena.close();
    }

    @Benchmark
    public void product(Traffic traffic) {
        set.project(projection, 1);
        traffic.add(data.byteSize());
    }

    @Benchmark
    public long[] plainRead(Traffic traffic) {
        team.run(PIECES, this::read);
        traffic.add(data.byteSize());
        return sums;
    }

    private void read(int piece, int worker) {
        long length = data.byteSize() / PIECES & -64;
        long end = (piece + 1) * length;
        long sum = 0;
        for (long at = piece * length; at < end; at += 64) {
            sum += data.get(ValueLayout.JAVA_LONG, at);
        }
        sums[piece] = sum;
    }

    public static void main(String[] arguments) throws CommandLineOptionException, RunnerException {
        new Runner(new OptionsBuilder()
                        .parent(new CommandLineOptions(arguments))
                        .include(DecodeBandwidth.class.getName())
                        .jvmArgsAppend("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED")
                        .build())
                .run();
    }
}
