package moka.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.engine.ModelOptions;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;
import moka.testing.SharedData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two tensors of pebble of which it is known that the first harms some seventy times more: in Q2_K alone, the way down of the first layer costs a divergence
 * of 0.0044, that of the second 0.00006. The budget has room for one of them in Q6_K.
 */
class FeedbackTest {
    private static final String HARMFUL = "blk.0.ffn_down.weight";
    private static final String HARMLESS = "blk.1.ffn_down.weight";
    private static final RowEncoder.Factory PLAIN = Quantization.weighted(Optional.empty());

    /** Rounds everything to nothing. */
    private static final RowEncoder.Factory ZERO = new RowEncoder.Factory() {
        @Override
        public RowEncoder encoder(SourceTensor tensor, TensorType type) {
            RowEncoder plain = PLAIN.encoder(tensor, type);
            return new RowEncoder() {
                @Override
                public TensorType type() {
                    return type;
                }

                @Override
                public void encode(float[] values, long firstRow, int rows, int columns, byte[] target, int targetOffset) {
                    plain.encode(new float[values.length], firstRow, rows, columns, target, targetOffset);
                }
            };
        }

        @Override
        public String origin() {
            return "zero";
        }
    };

    @TempDir
    Path folder;

    private ModelSource source;
    private WorkingCopy copy;
    private WorkerTeam team;
    private TypeSearch search;
    private final List<Double> rounds = new ArrayList<>();

    @BeforeEach
    void openCopy() throws IOException {
        source = ModelSource.openGguf(SharedData.require("own/models/pebble-F16.gguf"));
        String text = Files.readString(SharedData.require("own/models/train-sample.txt")).substring(0, 8000);
        ModelOptions two = ModelOptions.DEFAULT.withThreads(2);
        copy = new WorkingCopy(source, folder.resolve("made.gguf"), two, text, 256, 2);
        team = new WorkerTeam(2);
        long budget = 0;
        for (SourceTensor tensor : source.tensors()) {
            budget += switch (tensor.info().name()) {
                case HARMFUL -> tensor.info().withType(TensorType.Q6_K).bytes();
                case HARMLESS -> tensor.info().withType(TensorType.Q2_K).bytes();
                default -> tensor.info().bytes();
            };
        }
        search = new TypeSearch(source, QuantizeOptions.of(Mixture.Q4_K_M, 2), budget);
    }

    @AfterEach
    void close() {
        if (copy != null) {
            copy.close();
        }
        if (team != null) {
            team.close();
        }
        if (source != null) {
            source.close();
        }
    }

    /** @param perError divergence for each unit of error that is believed before */
    private TypeSearch.Sensitivity believed(String name, double errorOfQ2K, double errorOfQ6K, double perError) {
        SourceTensor tensor = source.tensors().stream()
                .filter(it -> it.info().name().equals(name))
                .findFirst()
                .orElseThrow();
        return new TypeSearch.Sensitivity(
                tensor.info(), List.of(TensorType.Q2_K, TensorType.Q6_K), new double[] {errorOfQ2K, errorOfQ6K}, perError);
    }

    private Map<String, TensorType> run(
            double harmful, double harmless, RowEncoder.Factory first, List<RowEncoder.Factory> others, int most) {
        List<TypeSearch.Sensitivity> sensitivities =
                List.of(believed(HARMFUL, 1.9e6, 8.4e3, harmful), believed(HARMLESS, 3.8e4, 320, harmless));
        rounds.clear();
        return new Feedback(copy, search, sensitivities, team, model -> others, new Feedback.Listener() {
                    @Override
                    public void onStep(String what, int done, int total) {}

                    @Override
                    public void onRound(int round, double divergence) {
                        rounds.add(divergence);
                    }
                })
                .run(first, most);
    }

    @Test
    void movesBitsToWhereTheyAreFelt() {
        Map<String, TensorType> before = run(1e-12, 5e-8, PLAIN, List.of(), 0);
        assertEquals(Map.of(HARMFUL, TensorType.Q2_K, HARMLESS, TensorType.Q6_K), before);

        Map<String, TensorType> after = run(1e-12, 5e-8, PLAIN, List.of(), 1);

        assertEquals(Map.of(HARMFUL, TensorType.Q6_K, HARMLESS, TensorType.Q2_K), after);
        assertEquals(2, rounds.size());
        assertTrue(rounds.get(1) < 0.1 * rounds.get(0), rounds::toString);
        assertEquals(rounds.get(1), copy.divergence().summary().divergence().value());
    }

    @Test
    void takesBackARoundingThatHarms() {
        run(2e-9, 2e-9, PLAIN, List.of(), 0);
        byte[] before = copy.codes(HARMFUL).bytes();

        run(2e-9, 2e-9, PLAIN, List.of(ZERO), 3);

        assertEquals(List.of(rounds.get(0), rounds.get(0)), rounds, "one round without a gain is the last");
        assertArrayEquals(before, copy.codes(HARMFUL).bytes());
    }

    @Test
    void keepsARoundingThatGains() {
        run(2e-9, 2e-9, PLAIN, List.of(), 0);
        byte[] plain = copy.codes(HARMFUL).bytes();
        double divergence = rounds.getFirst();

        run(2e-9, 2e-9, ZERO, List.of(PLAIN), 1);

        assertTrue(rounds.getFirst() > 100 * divergence, rounds::toString);
        assertEquals(divergence, rounds.getLast());
        assertArrayEquals(plain, copy.codes(HARMFUL).bytes());
    }
}
