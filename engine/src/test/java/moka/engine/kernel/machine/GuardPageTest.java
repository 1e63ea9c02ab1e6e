package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * No kernel touches a byte outside of what it is given: everything lies between pages that may not be touched, once against the one before and
 * once against the one behind. A kernel that strays ends the test's process; one that reads what is not there gives other bits.
 */
class GuardPageTest {
    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"Q8_1", "Q8_K"})
    void productsStayWithinTheirMemory(TensorType type) {
        var random = new SplittableRandom(1000 + type.id());
        try (WorkerTeam team = new WorkerTeam(2);
                Kernels packed = MachineProjectionTest.kernels(team, true);
                Kernels inPlace = MachineProjectionTest.kernels(team, false)) {
            for (int turn = 0; turn < 8; turn++) {
                boolean atEnd = turn % 2 == 0;
                int tokens = List.of(1, 4, 9, 17).get(turn / 2);
                int rows = random.nextInt(tokens == 1 ? PanelFormat.ROWS : 1, 50);
                int columns = type.blockElements() == 1 ? random.nextInt(1, 100) : type.blockElements() * random.nextInt(1, 4);
                if (tokens == 1 && RowTerms.COLUMNS % columns == 0) {
                    columns = RowTerms.COLUMNS; // what rows are multiplied by in place
                } else if (tokens == 1 && type.blockElements() == 1) {
                    columns = 32 * random.nextInt(1, 4);
                }
                float[] expected = null;
                for (Kernels kernels : List.of(packed, inPlace)) {
                    try (GuardedMemory memory = new GuardedMemory()) {
                        WeightMatrix weights = RandomWeights.of(
                                type, rows, columns, new SplittableRandom(turn), memory.allocate(rows * type.rowBytes(columns), atEnd));
                        Activations input = rows(memory, tokens, columns, atEnd, turn);
                        Activations up = rows(memory, tokens, columns, atEnd, turn + 100);
                        Activations output = rows(memory, tokens, rows, atEnd, turn + 200);
                        MemorySegment norm = floats(memory, columns, atEnd);
                        MemorySegment bias = floats(memory, rows, atEnd);
                        Input form = switch (turn % 3) {
                            case 0 -> new Input.Plain(input);
                            case 1 -> new Input.RmsNormed(input, norm, 1e-5f);
                            default -> new Input.Gated(input, up, Projection.GateFunction.SILU);
                        };
                        kernels.project(
                                new Projection(form, List.of(new Product(kernels.prepare(weights), output, bias, 1f)), turn > 3), tokens);
                        float[] found = MachineProjectionTest.row(output, tokens - 1, rows);
                        if (expected != null) {
                            assertArrayEquals(expected, found, "in place and packed, turn " + turn);
                        }
                        expected = found;
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(KvStore.ElementType.class)
    void attentionStaysWithinItsMemory(KvStore.ElementType type) {
        try (WorkerTeam team = new WorkerTeam(2);
                Kernels kernels = MachineProjectionTest.kernels(team, true)) {
            attendBetweenGuards(type, kernels);
        }
    }

    static void attendBetweenGuards(KvStore.ElementType type, Kernels kernels) {
        for (int turn = 0; turn < 6; turn++) {
            var random = new SplittableRandom(turn);
            boolean atEnd = turn % 2 == 0;
            int step = Math.max(16, type.groupLength());
            var heads = new AttentionPlan.Heads(6, 2, step * random.nextInt(1, 5), step * random.nextInt(1, 5));
            int tokens = turn < 2 ? 1 : random.nextInt(2, 30);
            try (GuardedMemory memory = new GuardedMemory()) {
                var cache = new GuardedCache(
                        type,
                        memory.allocate(type.bytes((long) KvStore.BLOCK * 2 * heads.headLength()), atEnd),
                        memory.allocate(type.bytes((long) KvStore.BLOCK * 2 * heads.valueLength()), atEnd));
                var rows = new AttentionPlan.Rows(
                        rows(memory, tokens, 6 * heads.headLength(), atEnd, turn),
                        rows(memory, tokens, 2 * heads.headLength(), atEnd, turn + 1),
                        rows(memory, tokens, 2 * heads.valueLength(), atEnd, turn + 2),
                        rows(memory, tokens, 6 * heads.valueLength(), atEnd, turn + 3));
                AttentionPlan plan = AttentionPlan.of(rows, 0, heads).withSoftCap(turn % 3 == 0 ? 2 : 0);
                for (int first : new int[] {0, 100, KvStore.BLOCK - tokens}) {
                    kernels.attend(plan, new AttentionPlan.Span(cache, 0, tokens, first));
                }
            }
        }
    }

    @Test
    void normsStayWithinTheirMemory() {
        try (WorkerTeam team = new WorkerTeam(1);
                Kernels kernels = MachineProjectionTest.kernels(team, true)) {
            for (int columns = 1; columns < 70; columns++) {
                try (GuardedMemory memory = new GuardedMemory()) {
                    Activations input = rows(memory, 2, columns, columns % 2 == 0, columns);
                    kernels.rmsNorm(input, 0, 2, floats(memory, columns, columns % 2 == 0), 1e-5f, input);
                }
            }
        }
    }

    /** One block. */
    private record GuardedCache(KvStore.ElementType keyType, MemorySegment keys, MemorySegment values) implements KvStore {
        @Override
        public KvStore.ElementType valueType() {
            return keyType;
        }

        @Override
        public MemorySegment keys(int layer, int position) {
            return keys;
        }

        @Override
        public MemorySegment values(int layer, int position) {
            return values;
        }
    }

    private static Activations rows(GuardedMemory memory, int count, int columns, boolean atEnd, long seed) {
        int stride = (columns + 15) & -16;
        var activations = new Activations(memory.allocate(4L * count * stride, atEnd), count, columns, stride);
        var random = new SplittableRandom(seed);
        for (int row = 0; row < count; row++) {
            for (int i = 0; i < columns; i++) {
                activations.set(row, i, (float) random.nextGaussian());
            }
        }
        return activations;
    }

    private static MemorySegment floats(GuardedMemory memory, int count, boolean atEnd) {
        MemorySegment floats = memory.allocate(4L * count, atEnd);
        for (int i = 0; i < count; i++) {
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1f + i % 3);
        }
        return floats;
    }
}
