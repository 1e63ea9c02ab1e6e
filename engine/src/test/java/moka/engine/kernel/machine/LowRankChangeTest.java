package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.LowRankChange;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What adapters add, chunk by chunk with the products, has the bits of projections one after the other. */
class LowRankChangeTest {
    private static final int COLUMNS = 256;
    private static final int RANK = 32;

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "Q4_0", "Q4_K", "IQ3_S"})
    void fusedChangesGiveTheBitsOfProjectionsInTurn(TensorType type) {
        TensorType narrow = type == TensorType.F32 ? TensorType.F16 : TensorType.Q8_0;
        var random = new SplittableRandom(type.id());
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels kernels = MachineProjectionTest.kernels(team, true)) {
            int[] rows = {300, 75, 4096};
            List<Matrix> wide = new ArrayList<>();
            List<Matrix> outer = new ArrayList<>();
            for (int count : rows) {
                wide.add(kernels.prepare(RandomWeights.of(type, count, COLUMNS, random, arena)));
                outer.add(kernels.prepare(RandomWeights.of(narrow, count, RANK, random, arena)));
            }
            Matrix inner = kernels.prepare(RandomWeights.of(narrow, 2 * RANK, COLUMNS, random, arena));
            for (int tokens : new int[] {1, 7, 40}) {
                for (boolean add : new boolean[] {false, true}) {
                    Activations x = random(arena, tokens, COLUMNS, random);
                    Activations low = Activations.allocate(arena, tokens, 2 * RANK);
                    List<Activations> found = new ArrayList<>();
                    List<Activations> expected = new ArrayList<>();
                    for (int count : rows) {
                        Activations start = random(arena, tokens, count, random);
                        found.add(start);
                        expected.add(copy(arena, start));
                    }
                    Input input = new Input.Plain(x);
                    var change = change(input, inner, outer, low, found);
                    kernels.project(new Projection(input, products(wide, found), add), change, tokens);
                    LowRankChange turns = change(input, inner, outer, low, expected);
                    kernels.project(turns.inner(), tokens);
                    kernels.project(new Projection(input, products(wide, expected), add), tokens);
                    turns.parts().forEach(it -> kernels.project(it.outer(), tokens));
                    for (int i = 0; i < rows.length; i++) {
                        for (int token = 0; token < tokens; token++) {
                            for (int row = 0; row < rows[i]; row++) {
                                assertEquals(expected.get(i).get(token, row), found.get(i).get(token, row), i + ": token " + token + ", row " + row);
                            }
                        }
                    }
                }
            }
        }
    }

    private static List<Product> products(List<Matrix> matrices, List<Activations> outputs) {
        List<Product> products = new ArrayList<>();
        for (int i = 0; i < matrices.size(); i++) {
            products.add(new Product(matrices.get(i), outputs.get(i)));
        }
        return products;
    }

    /** Of the first and the last product. */
    private static LowRankChange change(Input input, Matrix inner, List<Matrix> outer, Activations low, List<Activations> outputs) {
        List<LowRankChange.Part> parts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            var added = new Product(outer.get(2 * i), outputs.get(2 * i), null, 0.5f);
            parts.add(new LowRankChange.Part(2 * i, new Projection(new Input.Plain(low.columns(i * RANK, RANK)), List.of(added), true)));
        }
        return new LowRankChange(new Projection(input, List.of(new Product(inner, low)), false), parts);
    }

    private static Activations random(Arena arena, int rows, int columns, SplittableRandom random) {
        Activations result = Activations.allocate(arena, rows, columns);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < columns; i++) {
                result.set(row, i, (float) random.nextGaussian());
            }
        }
        return result;
    }

    private static Activations copy(Arena arena, Activations rows) {
        Activations result = Activations.allocate(arena, rows.rows(), rows.columns());
        result.segment().copyFrom(rows.segment());
        return result;
    }
}
