package moka.engine.kernel.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.io.File;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import moka.engine.kernel.WeightMatrix;
import moka.gguf.TensorType;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Once compiled, kernels allocate nothing for each vector of weights: one that the compiler could not keep in a register becomes an object, and a kernel with
 * one in its loop is ten to a hundred times slower. Outside of the loops it may leave {@link #VECTORS_OF_A_ROW}, now and then, by what it had compiled
 * before: two runs of nine on a busy machine had some. The kernels of all types run in one JVM, so that what one does to the profiles of the JDK's code is seen by
 * the others; each width has a JVM of its own, as in use, for where several widths run beside each other, profiles lose their types.
 */
class NoAllocationTest {
    private static final int ROWS = 16;
    private static final int COLUMNS = 512;

    /** More columns than any kernel calls short. */
    private static final int LONG = 1 << 20;

    private static final int VECTORS_OF_A_ROW = 2;

    /** Bytes of a vector's two objects beside its lanes. */
    private static final int OBJECT_BYTES = 40;

    /** Calls in a row that must allocate nothing. */
    private static final int CALLS = 50;

    private static final long PATIENCE_NANOS = 20_000_000_000L;

    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {128, 256, 512})
    void multipliesAndDecodesEveryTypeWithoutAllocation(int bits) throws Exception {
        VectorModule.obstacle().or(() -> Width.obstacle(bits)).ifPresent(reason -> Assumptions.abort("skipped at " + bits + " bits: " + reason));
        String classPath = Stream.of(NoAllocationTest.class, RowKernel.class, TensorType.class, NullMarked.class)
                .map(NoAllocationTest::place)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(
                        java,
                        "--add-modules=jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-cp",
                        classPath,
                        NoAllocationTest.class.getName(),
                        String.valueOf(bits))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertEquals(List.of(TensorType.values().length + " types"), output.lines().toList());
    }

    /** Where a class was loaded from. */
    private static String place(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Prints a line for each kernel that allocates, and how many types there were. @param arguments the width */
    public static void main(String[] arguments) {
        var width = new Width(Integer.parseInt(arguments[0]));
        for (TensorType type : TensorType.values()) {
            staysFree(type, RowKernels.of(type, width), width);
            if (RowKernels.rounds(type, LONG)) {
                staysFree(type, RowKernels.rounding(type, width), width);
            }
        }
        staysFree(width.instance(FloatStates.class, States.class), width);
        System.out.println(TensorType.values().length + " types");
    }

    private static void staysFree(States states, Width width) {
        try (Arena arena = Arena.ofConfined()) {
            long state = arena.allocate(4 * 32 * 64, 64).address();
            long a = arena.allocate(4 * 512, 64).address();
            long b = arena.allocate(4 * 512, 64).address();
            var inputs = new long[] {a, a, b};
            var places = new int[] {0, 1};
            var factors = new float[] {1, 2};
            becomesFree(width, () -> states.heads(state, state, 64, 32, a, 1, 0.5f, 1, a, a, b), "heads");
            becomesFree(width, () -> states.delta(state, state, 64, 32, a, 0.5f, a, 0, a, a, b), "delta rule");
            becomesFree(width, () -> states.channels(state, state, 64, 32, a, a, a, a, state, a, b), "channels");
            becomesFree(width, () -> states.convolve(inputs, state, true, 512, b), "convolution");
            becomesFree(width, () -> states.keep(a, a, 512, b), "what is kept");
            becomesFree(width, () -> states.addRows(a, 4 * 256, places, factors, 0, 2, b, 256), "rows added");
        }
    }

    private static void staysFree(TensorType type, RowKernel kernel, Width width) {
        try (Arena arena = Arena.ofConfined()) {
            WeightMatrix weights =
                    RandomWeights.matrix(arena, new SplittableRandom(type.id()), type, ROWS, COLUMNS);
            var matrix = new VectorMatrix(weights, kernel);
            long x = arena.allocate(4L * kernel.arrangement().arrangedLength(COLUMNS), 64).address();
            var sums = new float[ROWS * width.lanes()];
            var decoded = new float[COLUMNS + kernel.order().period()];
            var scratch = new Scratch(arena);
            becomesFree(width, () -> matrix.addProducts(0, ROWS, x, sums, scratch), type + " product, " + kernel.description());
            becomesFree(width, () -> matrix.unpack(1, 0, COLUMNS, decoded, 0, scratch), type + " decoding");
        }
    }

    private static void becomesFree(Width width, Runnable call, String what) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long most = (long) CALLS * ROWS * VECTORS_OF_A_ROW * (4 * width.lanes() + OBJECT_BYTES);
        long start = System.nanoTime();
        long allocated;
        do {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        } while (allocated > most && System.nanoTime() - start < PATIENCE_NANOS);
        if (allocated > most) {
            System.out.println(what + ": " + allocated / CALLS + " bytes a call");
        }
    }
}
