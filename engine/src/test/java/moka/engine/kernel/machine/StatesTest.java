package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.StatePlan;
import moka.engine.kernel.machine.x86.Level;
import moka.engine.kernel.vector.VectorKernelProvider;
import moka.engine.ops.CausalConvolution;
import moka.engine.ops.DeltaRule;
import moka.engine.ops.Norms;
import moka.engine.ops.RowScratch;
import moka.engine.ops.SelectiveScan;
import moka.engine.ops.StateSpaceHeads;
import moka.engine.ops.StepSizes;
import moka.engine.runtime.WorkerTeam;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers with a state, at every level of instructions that this processor has and at every width of vectors: held against plain Java, and the same bits however a prompt is cut. */
class StatesTest {
    private static final int TOKENS = 9;

    /** A layer's states alone. */
    private static final class States implements KvStore {
        private MemorySegment now;
        private MemorySegment next;

        States(MemorySegment now, MemorySegment next) {
            this.now = now;
            this.next = next;
        }

        void swap() {
            MemorySegment before = now;
            now = next;
            next = before;
        }

        @Override
        public MemorySegment state(int layer) {
            return now;
        }

        @Override
        public MemorySegment nextState(int layer) {
            return next;
        }

        @Override
        public ElementType keyType() {
            return ElementType.F32;
        }

        @Override
        public ElementType valueType() {
            return ElementType.F32;
        }

        @Override
        public MemorySegment keys(int layer, int position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MemorySegment values(int layer, int position) {
            throw new UnsupportedOperationException();
        }
    }

    /** All tokens for all pieces of the state. */
    private interface Change {
        void run(Span span);
    }

    /** A plan over rows of its own, which are the same for the same seed. */
    private record Case(StatePlan plan, int stateLength, Activations result) {
        static Case of(int turn, long seed, Arena arena) {
            var random = new SplittableRandom(seed);
            int at = random.nextInt(5) * 16;
            return switch (turn % 3) {
                case 0 -> {
                    int groups = random.nextInt(1, 3);
                    int heads = groups * random.nextInt(1, 3);
                    int length = 16 * random.nextInt(1, 7);
                    int size = 4 * random.nextInt(1, 9);
                    Activations mixed = rows(arena, heads * length + 2 * groups * size, -1, 1, random);
                    Activations y = rows(arena, heads * length, 0, 1, random);
                    var plan = new StatePlan.Heads(
                            mixed, rows(arena, heads, 0, 1, random), rows(arena, heads, 0, 1, random), y, groups, size, floats(arena, heads, -1, 1, random), 0, at);
                    yield new Case(plan, at + heads * length * size, y);
                }
                case 1 -> {
                    int channels = 16 * random.nextInt(1, 20);
                    int size = 4 * random.nextInt(1, 6);
                    Activations x = rows(arena, channels, -1, 1, random);
                    var plan = new StatePlan.Channels(
                            x,
                            rows(arena, channels, 0, 2, random),
                            rows(arena, size, -1, 1, random),
                            rows(arena, size, -1, 1, random),
                            floats(arena, channels * size, -2, 0, random),
                            floats(arena, channels, -1, 1, random),
                            0,
                            at);
                    yield new Case(plan, at + channels * size, x);
                }
                default -> {
                    int keyHeads = random.nextInt(1, 3);
                    int heads = keyHeads * random.nextInt(1, 3);
                    int keyLength = 4 * random.nextInt(1, 17);
                    int length = 16 * random.nextInt(1, 7);
                    double most = 1 / Math.sqrt(keyLength);
                    Activations mixed = rows(arena, 2 * keyHeads * keyLength + heads * length, -most, most, random);
                    Activations kept = rows(arena, random.nextBoolean() ? heads : heads * keyLength, 0, 1, random);
                    Activations y = rows(arena, heads * length, 0, 1, random);
                    var plan = new StatePlan.Delta(
                            mixed, kept, rows(arena, heads, 0, 1, random), y, keyHeads, keyLength, random.nextBoolean(), 0, at);
                    yield new Case(plan, at + heads * keyLength * length, y);
                }
            };
        }

        /** Results of all tokens, then the state, after batches that end at these rows. */
        float[] run(Change change, Arena arena, int... ends) {
            var random = new SplittableRandom(stateLength);
            var states = new States(floats(arena, stateLength, -1, 1, random), floats(arena, stateLength, 7, 8, random));
            int first = 0;
            for (int end : ends) {
                change.run(new Span(states, first, end - first, first));
                states.swap();
                first = end;
            }
            List<Float> values = new ArrayList<>();
            for (int row = 0; row < TOKENS; row++) {
                for (int column = 0; column < result.columns(); column++) {
                    values.add(result.get(row, column));
                }
            }
            for (int i = plan.stateAt(); i < stateLength; i++) {
                values.add(states.state(0).get(ValueLayout.JAVA_FLOAT, 4L * i));
            }
            float[] all = new float[values.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = values.get(i);
            }
            return all;
        }
    }

    @ParameterizedTest
    @MethodSource("sets")
    void changeStatesAsPlainJavaDoes(String set) {
        withKernels(set, StatesTest::changeStates);
    }

    static void changeStates(LocalKernels kernels) {
        var scratch = new RowScratch(1);
        for (int turn = 0; turn < 60; turn++) {
            try (Arena arena = Arena.ofConfined()) {
                Case plain = Case.of(turn, turn, arena);
                Case whole = Case.of(turn, turn, arena);
                Case cut = Case.of(turn, turn, arena);
                assertTrue(kernels.serves(plain.plan()), plain.plan().toString());
                float[] expected = plain.run(plain(plain.plan(), scratch), arena, TOKENS);
                float[] found = whole.run(fast(kernels, whole.plan()), arena, TOKENS);
                assertArrayEquals(expected, found, 2e-5f, "turn " + turn + ": " + plain.plan());
                assertArrayEquals(found, cut.run(fast(kernels, cut.plan()), arena, 1, 5, 6, TOKENS), "cut into batches, turn " + turn);
            }
        }
    }

    private static Change plain(StatePlan plan, RowScratch scratch) {
        return switch (plan) {
            case StatePlan.Heads heads -> span -> {
                for (int head = 0; head < heads.heads(); head++) {
                    new StateSpaceHeads(heads, scratch).run(span, head, 0);
                }
            };
            case StatePlan.Delta delta -> span -> {
                for (int head = 0; head < delta.heads(); head++) {
                    new DeltaRule(delta, scratch).run(span, head, 0);
                }
            };
            case StatePlan.Channels channels -> {
                var scan = new SelectiveScan(channels, scratch);
                yield span -> {
                    for (int chunk = 0; chunk < scan.chunks(); chunk++) {
                        scan.run(span, chunk, 0);
                    }
                };
            }
        };
    }

    private static Change fast(LocalKernels kernels, StatePlan plan) {
        return span -> {
            for (int panel = 0; panel < plan.panels(); panel++) {
                kernels.change(plan, span, panel, 0);
            }
        };
    }

    @ParameterizedTest
    @MethodSource("sets")
    void convolveAsPlainJavaDoes(String set) {
        withKernels(set, StatesTest::convolve);
    }

    static void convolve(LocalKernels kernels) {
        for (int turn = 0; turn < 24; turn++) {
            try (Arena arena = Arena.ofConfined()) {
                var random = new SplittableRandom(turn);
                int channels = 16 * random.nextInt(1, 9);
                int length = 1 + turn % 4;
                Activations input = rows(arena, channels, -2, 2, random);
                float[] weight = array(channels * length, random);
                float[] bias = array(turn % 3 == 0 ? 0 : channels, random);
                boolean silu = random.nextBoolean();
                Activations[] outputs = {rows(arena, channels, 0, 1, random), rows(arena, channels, 0, 1, random)};
                for (int i = 0; i < 2; i++) {
                    Optional<LocalKernels> used = i == 0 ? Optional.empty() : Optional.of(kernels);
                    var convolution = new CausalConvolution(input, outputs[i], weight, bias, silu, 0, 32, new RowScratch(1), used, arena);
                    int states = 32 + (length - 1) * channels;
                    var store = new States(floats(arena, states, -1, 1, new SplittableRandom(turn)), floats(arena, states, 0, 1, random));
                    for (int[] rows : new int[][] {{0, 2}, {2, 1}, {3, 6}}) {
                        Span span = new Span(store, rows[0], rows[1], rows[0]);
                        for (int row = 0; row < rows[1]; row++) {
                            convolution.run(span, row, 0);
                        }
                        convolution.keep(span);
                        store.swap();
                    }
                }
                for (int row = 0; row < TOKENS; row++) {
                    for (int c = 0; c < channels; c++) {
                        assertEquals(outputs[0].get(row, c), outputs[1].get(row, c), 1e-5, "turn " + turn + ", row " + row + ", channel " + c);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sets")
    void discretizeAndNormAsPlainJavaDoes(String set) {
        withKernels(set, StatesTest::discretize);
    }

    static void discretize(LocalKernels kernels) {
        for (int count : new int[] {1, 16, 40}) {
            try (Arena arena = Arena.ofConfined()) {
                var random = new SplittableRandom(count);
                float[] bias = array(count, random);
                float[] rate = array(count, random);
                for (int i = 0; i < count; i++) {
                    rate[i] = -Math.abs(rate[i]);
                }
                Activations[] steps = {rows(arena, count, -30, 30, new SplittableRandom(1)), rows(arena, count, -30, 30, new SplittableRandom(1))};
                Activations[] kept = {rows(arena, count, 0, 1, random), rows(arena, count, 0, 1, random)};
                Activations alone = rows(arena, count, -30, 30, new SplittableRandom(1));
                var plain = new StepSizes(steps[0], bias, rate, kept[0], new RowScratch(1));
                for (int row = 0; row < TOKENS; row++) {
                    plain.run(row, 0);
                    kernels.softplus(alone, padded(arena, bias), row);
                    kernels.discretize(steps[1], padded(arena, bias), padded(arena, rate), kept[1], row);
                    for (int i = 0; i < count; i++) {
                        float expected = steps[0].get(row, i);
                        assertEquals(steps[1].get(row, i), alone.get(row, i), "step alone " + i);
                        assertEquals(expected, steps[1].get(row, i), 3e-7 * Math.abs(expected), "step " + i);
                        assertEquals(kept[0].get(row, i), kept[1].get(row, i), 3e-6 * kept[0].get(row, i) + 1e-37, "kept " + i);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sets")
    void normAndAddRowsAsPlainJavaDoes(String set) {
        withKernels(set, StatesTest::normAndAddRows);
    }

    static void normAndAddRows(LocalKernels kernels) {
        for (int turn = 0; turn < 20; turn++) {
            try (Arena arena = Arena.ofConfined()) {
                var random = new SplittableRandom(turn);
                int length = 16 * random.nextInt(1, 12);
                int pieces = random.nextInt(1, 4);
                float[] weight = array(length, random);
                float[] bias = array(length, random);
                Activations before = rows(arena, pieces * length, -1, 3, new SplittableRandom(turn));
                Activations rms = rows(arena, pieces * length, -1, 3, new SplittableRandom(turn));
                Activations layer = rows(arena, pieces * length, 0, 1, random);
                float[] expected = new float[pieces * length];
                for (int row = 0; row < TOKENS; row++) {
                    kernels.rmsNorm(rms, row, 0, pieces, length, padded(arena, weight), 1e-5f, 0);
                    before.read(row, 0, expected, 0, expected.length);
                    for (int piece = 0; piece < pieces; piece++) {
                        Norms.rms(expected, piece * length, length, weight, 0, 1e-5f);
                        kernels.layerNorm(
                                before, row, piece * length, length, padded(arena, weight), padded(arena, bias), 1e-5f, layer, 0);
                    }
                    assertRow(expected, rms, row, "rms norm, turn " + turn);
                    before.read(row, 0, expected, 0, expected.length);
                    for (int piece = 0; piece < pieces; piece++) {
                        Norms.layer(expected, piece * length, length, weight, 0, bias, 1e-5f);
                    }
                    assertRow(expected, layer, row, "layer norm, turn " + turn);
                }
                addRows(kernels, before, layer, random);
            }
        }
    }

    private static void addRows(LocalKernels kernels, Activations rows, Activations target, SplittableRandom random) {
        int count = random.nextInt(1, 40);
        int[] places = new int[count + 2];
        float[] factors = array(count + 2, random);
        for (int i = 0; i < places.length; i++) {
            places[i] = random.nextInt(TOKENS);
        }
        float[] expected = new float[rows.columns()];
        for (int i = 0; i < expected.length; i++) {
            double sum = target.get(3, i);
            for (int k = 2; k < count + 2; k++) {
                sum += (double) factors[k] * rows.get(places[k], i);
            }
            expected[i] = (float) sum;
        }
        kernels.addRows(rows, places, factors, 2, count, target, 3, 0);
        assertRow(expected, target, 3, count + " rows added");
    }

    private static void assertRow(float[] expected, Activations rows, int row, String what) {
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], rows.get(row, i), 2e-5, what + ", row " + row + ", column " + i);
        }
    }

    /** Machine code by its levels, and the widths of the Vector API. */
    static Stream<String> sets() {
        return Stream.concat(Stream.of(Level.values()).map(Level::toString), Stream.of("128", "256", "512"));
    }

    private static void withKernels(String set, java.util.function.Consumer<LocalKernels> test) {
        boolean vectors = Character.isDigit(set.charAt(0));
        var provider = vectors ? new VectorKernelProvider() : new MachineKernelProvider(Optional.of(set));
        try (WorkerTeam team = new WorkerTeam(1)) {
            switch (provider.offer(new Request(team, Precision.FAST, false, vectors ? Integer.parseInt(set) : 0))) {
                case Offer.Accepted(Kernels kernels) -> {
                    try (kernels) {
                        test.accept(kernels.local().orElseThrow());
                    }
                }
                case Offer.Refused(String reason) -> abort("states in " + set + " are not tested here: " + reason);
            }
        }
    }

    private static Activations rows(Arena arena, int columns, double from, double to, SplittableRandom random) {
        Activations rows = Activations.allocate(arena, TOKENS, columns);
        for (int row = 0; row < TOKENS; row++) {
            for (int column = 0; column < columns; column++) {
                rows.set(row, column, (float) random.nextDouble(from, to));
            }
        }
        return rows;
    }

    private static MemorySegment floats(Arena arena, int count, double from, double to, SplittableRandom random) {
        MemorySegment floats = arena.allocate(4L * count + 64, 64);
        for (int i = 0; i < count; i++) {
            floats.set(ValueLayout.JAVA_FLOAT, 4L * i, (float) random.nextDouble(from, to));
        }
        return floats;
    }

    private static float[] array(int count, SplittableRandom random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    private static MemorySegment padded(Arena arena, float[] values) {
        MemorySegment result = arena.allocate(4L * (values.length + 15 & -16), 64);
        MemorySegment.copy(values, 0, result, ValueLayout.JAVA_FLOAT, 0, values.length);
        return result;
    }
}
