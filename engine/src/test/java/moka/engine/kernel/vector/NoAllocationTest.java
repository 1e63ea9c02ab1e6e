package moka.engine.kernel.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.kernel.WeightMatrix;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Once compiled, kernels allocate nothing: a vector that the compiler could not keep in a register becomes an object, and a kernel with
 * one is ten to a hundred times slower. All kernels run in one JVM, so that what one does to the profiles of shared code is seen by the others.
 */
class NoAllocationTest {
    private static final int ROWS = 16;
    private static final int COLUMNS = 512;

    /** Calls in a row that must allocate nothing. */
    private static final int CALLS = 50;

    private static final long PATIENCE_NANOS = 60_000_000_000L;

    static Stream<Arguments> typesAndWidths() {
        List<Arguments> all = new ArrayList<>();
        for (int bits : new int[] {128, 256, 512}) {
            for (TensorType type : TensorType.values()) {
                all.add(Arguments.of(type, bits));
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0} at {1} bits")
    @MethodSource("typesAndWidths")
    void multipliesAndDecodesWithoutAllocation(TensorType type, int bits) {
        Width.obstacle(bits).ifPresent(reason -> Assumptions.abort("skipped at " + bits + " bits: " + reason));
        var width = new Width(bits);
        RowKernel kernel = RowKernels.of(type, width);
        try (Arena arena = Arena.ofConfined()) {
            WeightMatrix weights = RandomWeights.matrix(arena, new SplittableRandom(type.id()), type, ROWS, COLUMNS);
            var matrix = new VectorMatrix(weights, kernel);
            long x = arena.allocate(4L * kernel.order().arrangedLength(COLUMNS), 64).address();
            var sums = new float[ROWS * width.lanes()];
            var decoded = new float[COLUMNS + kernel.order().period()];
            var scratch = new Scratch(arena);
            becomesFree(() -> matrix.addProducts(0, ROWS, x, sums, scratch), kernel.description() + ", product");
            becomesFree(() -> matrix.unpack(1, 0, COLUMNS, decoded, 0, scratch), kernel.description() + ", decoding");
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
        } while (allocated > CALLS && System.nanoTime() - start < PATIENCE_NANOS);
        assertTrue(allocated <= CALLS, what + ": " + allocated / CALLS + " bytes a call");
    }
}
