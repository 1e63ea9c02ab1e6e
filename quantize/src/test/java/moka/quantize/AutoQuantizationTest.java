package moka.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import moka.engine.ModelOptions;
import moka.gguf.TensorType;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AutoQuantizationTest {
    private static final ModelOptions TWO = ModelOptions.DEFAULT.withThreads(2);

    @TempDir
    Path folder;

    @Test
    void beatsTheFixedMixtureOfTheSameSize() throws IOException {
        Path source = SharedData.require("own/models/pebble-F16.gguf");
        String text = Files.readString(SharedData.require("own/models/train-sample.txt"));
        Calibration calibration = new Calibration(source, TWO, text.substring(0, 40_000), 256, -1, true);
        QuantizeOptions options = QuantizeOptions.of(Mixture.Q3_K_M, 2);
        Path fixed = folder.resolve("fixed.gguf");
        Path chosen = folder.resolve("chosen.gguf");
        try (ModelSource model = ModelSource.openGguf(source)) {
            new CalibratedQuantization(options, Method.IMATRIX, calibration)
                    .run(model, fixed, (done, total) -> {}, new Quantization.Listener() {});
            var report = new AutoQuantization(options, Method.IMATRIX, calibration, new SizeBudget.Like(Mixture.Q3_K_M), 4, 0)
                    .run(model, chosen, new AutoQuantization.Listener() {
                        @Override
                        public void onWindow(int done, int total) {}
                    });
            assertEquals(43, report.types().size());
            assertTrue(report.measured() < 1.5 * report.predicted() && report.predicted() < 1.5 * report.measured(), report::toString);
            String valid = Files.readString(SharedData.require("own/models/valid.txt"));
            try (WorkingCopy judge = new WorkingCopy(model, folder.resolve("judge"), TWO, valid, 256, 12)) {
                double before = judge.divergence(fixed).summary().divergence().value();
                double after = judge.divergence(chosen).summary().divergence().value();
                assertTrue(after < 0.8 * before, before + " fixed, " + after + " chosen");
            }
        }
        assertTrue(Files.size(chosen) <= Files.size(fixed));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of("chosen.gguf", "fixed.gguf"), files.map(it -> it.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void keepsToTypesThatTheUserNamed() {
        TypeOverrides named = TypeOverrides.NONE.withPatterns(
                List.of(new TypeOverrides.ByName(java.util.regex.Pattern.compile("ffn_down"), TensorType.Q8_0)));
        Path source = SharedData.require("own/models/pebble-F16.gguf");
        try (ModelSource model = ModelSource.openGguf(source)) {
            QuantizeOptions options = QuantizeOptions.of(Mixture.Q4_K_M, 2).withOverrides(named);
            var all = new TypeSearch(model, options, 4_000_000).choices();
            assertEquals(List.of(TensorType.Q8_0), all.get("blk.2.ffn_down.weight"));
            assertTrue(all.get("blk.2.ffn_up.weight").containsAll(List.of(TensorType.Q4_K, TensorType.Q5_K, TensorType.IQ4_XS)));
            assertTrue(!all.containsKey("blk.2.ffn_norm.weight"));
        }
    }

    @Test
    void saysWhichBudgetWouldDo() {
        Path source = SharedData.require("own/models/pebble-F16.gguf");
        try (ModelSource model = ModelSource.openGguf(source)) {
            var search = new TypeSearch(model, QuantizeOptions.of(Mixture.Q4_K_M, 2), 100_000);
            List<TypeSearch.Sensitivity> sensitivities = model.tensors().stream()
                    .filter(it -> TypeChoice.isQuantizable(it.info()))
                    .map(it -> new TypeSearch.Sensitivity(it.info(), List.of(TensorType.IQ1_S), new double[1], 1))
                    .toList();
            var failure = assertThrows(QuantizeException.class, () -> search.solve(sensitivities));
            assertTrue(failure.getMessage().contains("the smallest types take 1."), failure.getMessage());
        }
    }

    @Test
    void budgetsAreSizes() {
        Path source = SharedData.require("own/models/pebble-F16.gguf");
        try (ModelSource model = ModelSource.openGguf(source)) {
            assertEquals(SizeBudget.elements(model) / 2, new SizeBudget.BitsPerWeight(4).tensorBytes(model, model.metadata()));
            long bytes = new SizeBudget.FileBytes(3_000_000).tensorBytes(model, model.metadata());
            assertTrue(bytes < 3_000_000 && bytes > 2_900_000, () -> bytes + " bytes");
        }
    }
}
