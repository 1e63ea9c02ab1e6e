package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.ExpertProjection;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products of grouped rows give the bits of a projection for each group. */
class ExpertProjectionsTest {
    private static final int EXPERTS = 7;
    private static final int COLUMNS = 256;
    private static final int ROWS = 75;

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "Q8_0", "Q4_K", "MXFP4"})
    void groupsGiveTheBitsOfProjectionsOfTheirOwn(TensorType type) {
        var random = new SplittableRandom(type.id());
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels kernels = MachineProjectionTest.kernels(team, true)) {
            List<Matrix> matrices = new ArrayList<>();
            List<MemorySegment> biases = new ArrayList<>();
            float[] scales = new float[EXPERTS];
            for (int expert = 0; expert < EXPERTS; expert++) {
                matrices.add(kernels.prepare(RandomWeights.of(type, ROWS, COLUMNS, random, arena)));
                MemorySegment bias = arena.allocate(4L * ROWS, 64);
                for (int i = 0; i < ROWS; i++) {
                    bias.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
                }
                biases.add(bias);
                scales[expert] = 1 + random.nextFloat();
            }
            for (int round = 0; round < 5; round++) {
                ExpertGroups groups = new ExpertGroups(EXPERTS);
                for (int expert = 0; expert < EXPERTS; expert++) {
                    if (random.nextInt(3) > 0) {
                        groups.add(expert, 1 + random.nextInt(12));
                    }
                }
                Activations gate = rows(arena, groups.rowCount() + 1, COLUMNS, random);
                Activations up = rows(arena, groups.rowCount() + 1, COLUMNS, random);
                Activations found = Activations.allocate(arena, groups.rowCount() + 1, ROWS);
                Activations expected = Activations.allocate(arena, groups.rowCount() + 1, ROWS);
                Input input = round % 2 == 0 ? new Input.Plain(gate) : new Input.Gated(gate, up, GateFunction.SILU);
                kernels.projectExperts(projection(input, matrices, found, biases, scales), groups);
                ExpertProjection each = projection(input, matrices, expected, biases, scales);
                for (int group = 0; group < groups.count(); group++) {
                    kernels.project(each.of(groups, group), groups.rowCount(group));
                }
                for (int row = 0; row < groups.rowCount(); row++) {
                    for (int i = 0; i < ROWS; i++) {
                        assertEquals(expected.get(row, i), found.get(row, i), "row " + row + ", output " + i);
                    }
                }
            }
        }
    }

    /** Matrices of other experts have no memory that may be touched: reading one ends the process. */
    @ParameterizedTest
    @ValueSource(ints = {1, 30})
    void readsMatricesOfChosenExpertsAlone(int rowCount) {
        var random = new SplittableRandom(rowCount);
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels kernels = MachineProjectionTest.kernels(team, true)) {
            List<Matrix> matrices = new ArrayList<>();
            for (int expert = 0; expert < EXPERTS; expert++) {
                WeightMatrix chosen = RandomWeights.of(TensorType.Q4_0, ROWS, COLUMNS, random, arena);
                MemorySegment nothing = MemorySegment.ofAddress(64).reinterpret(chosen.data().byteSize());
                matrices.add(kernels.prepare(expert % 3 == 1 ? chosen : new WeightMatrix("nothing", TensorType.Q4_0, ROWS, COLUMNS, nothing)));
            }
            ExpertGroups groups = new ExpertGroups(EXPERTS);
            groups.add(1, rowCount);
            groups.add(4, rowCount);
            Activations input = rows(arena, groups.rowCount(), COLUMNS, random);
            Activations found = Activations.allocate(arena, groups.rowCount(), ROWS);
            var product = new ExpertProjection.Product(matrices, found, List.of(), new float[0]);
            kernels.projectExperts(new ExpertProjection(new Input.Plain(input), List.of(product)), groups);
            for (int expert = 0; expert < EXPERTS; expert++) {
                assertEquals(expert % 3 == 1, matrices.get(expert).extraBytes() > 0, "expert " + expert);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "Q8_0", "Q4_K", "BF16"})
    void rowsOfTokensGiveTheBitsOfGatheredRows(TensorType type) {
        var random = new SplittableRandom(type.id());
        int used = 3;
        int tokens = 9;
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels kernels = MachineProjectionTest.kernels(team, true)) {
            List<Matrix> matrices = new ArrayList<>();
            for (int expert = 0; expert < EXPERTS; expert++) {
                matrices.add(kernels.prepare(RandomWeights.of(type, ROWS, COLUMNS, random, arena)));
            }
            // All tokens go to the first experts, each at a place of its own.
            ExpertGroups groups = new ExpertGroups(EXPERTS);
            int[] places = new int[tokens * used];
            for (int k = 0; k < used; k++) {
                groups.add(k, tokens);
                for (int token = 0; token < tokens; token++) {
                    places[token * used + k] = k * tokens + (token + k) % tokens;
                }
            }
            groups.place(places, used);
            Activations input = rows(arena, tokens, COLUMNS, random);
            Activations room = rows(arena, tokens * used, COLUMNS, random);
            Activations found = Activations.allocate(arena, tokens * used, ROWS);
            Activations expected = Activations.allocate(arena, tokens * used, ROWS);
            kernels.projectExperts(byToken(input, matrices, found, room), groups);
            kernels.projectExperts(byToken(input, matrices, expected, room).ordered(groups), groups);
            for (int row = 0; row < tokens * used; row++) {
                for (int i = 0; i < ROWS; i++) {
                    assertEquals(expected.get(row, i), found.get(row, i), "row " + row + ", output " + i);
                }
            }
        }
    }

    private static ExpertProjection byToken(Activations input, List<Matrix> matrices, Activations output, Activations room) {
        var product = new ExpertProjection.Product(matrices, output, List.of(), new float[0]);
        return new ExpertProjection(new Input.Plain(input), List.of(product), room);
    }

    private static ExpertProjection projection(
            Input input, List<Matrix> matrices, Activations output, List<MemorySegment> biases, float[] scales) {
        return new ExpertProjection(input, List.of(new ExpertProjection.Product(matrices, output, biases, scales)));
    }

    private static Activations rows(Arena arena, int count, int columns, SplittableRandom random) {
        Activations rows = Activations.allocate(arena, count, columns);
        for (int row = 0; row < count; row++) {
            for (int i = 0; i < columns; i++) {
                rows.set(row, i, (float) random.nextGaussian());
            }
        }
        return rows;
    }
}
