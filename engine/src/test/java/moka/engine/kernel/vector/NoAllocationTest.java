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
 * Once compiled, kernels allocate nothing: a vector that the compiler could not keep in a register becomes an object, and a kernel with one in its loop is ten to
 * a hundred times slower. The kernels of all types run in one JVM, so that what one does to the profiles of the JDK's code is seen by the others; each width has
 * a JVM of its own, as in use, for where several widths run beside each other, profiles lose their types. Callers wait for the compiler ({@code -Xbatch}): it
 * then sees the same profiles each time. Beside a busy processor it compiles later, with other profiles, and now and then leaves a few vectors of a block of some
 * K type outside of registers.
 */
class NoAllocationTest {
    private static final int ROWS = 16;
    private static final int COLUMNS = 512;

    /** More columns than any kernel calls short. */
    private static final int LONG = 1 << 20;

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
                        "-Xbatch",
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
        staysFree(width.instance(FloatStates.class, States.class));
        System.out.println(TensorType.values().length + " types");
    }

    private static void staysFree(States states) {
        try (Arena arena = Arena.ofConfined()) {
            long state = arena.allocate(4 * 32 * 64, 64).address();
            long a = arena.allocate(4 * 512, 64).address();
            long b = arena.allocate(4 * 512, 64).address();
            var inputs = new long[] {a, a, b};
            var places = new int[] {0, 1};
            var factors = new float[] {1, 2};
            becomesFree(() -> states.heads(state, state, 64, 32, a, 1, 0.5f, 1, a, a, b), "heads");
            becomesFree(() -> states.delta(state, state, 64, 32, a, 0.5f, a, 0, a, a, b), "delta rule");
            becomesFree(() -> states.channels(state, state, 64, 32, a, a, a, a, state, a, b), "channels");
            becomesFree(() -> states.convolve(inputs, state, true, 512, b), "convolution");
            becomesFree(() -> states.keep(a, a, 512, b), "what is kept");
            becomesFree(() -> states.addRows(a, 4 * 256, places, factors, 0, 2, b, 256), "rows added");
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
            becomesFree(() -> matrix.addProducts(0, ROWS, x, sums, scratch), type + " product, " + kernel.description());
            becomesFree(() -> matrix.unpack(1, 0, COLUMNS, decoded, 0, scratch), type + " decoding");
        }
    }

    private static void becomesFree(Runnable call, String what) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long start = System.nanoTime();
        long allocated;
        do {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        } while (allocated > 0 && System.nanoTime() - start < PATIENCE_NANOS);
        if (allocated > 0) {
            System.out.println(what + ": " + allocated / CALLS + " bytes a call");
        }
    }
}
