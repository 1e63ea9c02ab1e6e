package moka.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.quantize.quality.BaseLogits;
import moka.quantize.quality.Divergence;
import moka.quantize.quality.TextWindows;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibratedQuantizationTest {
    private static final ModelOptions EXACT = ModelOptions.DEFAULT.withThreads(2).withFloat32(true);

    @TempDir
    Path folder;

    @Test
    void gptqAndAwqAreNearerToPebbleThanImatrixAndThatThanRtn() throws IOException {
        Path source = SharedData.require("own/models/pebble-F16.gguf");
        String text = Files.readString(SharedData.require("own/models/train-sample.txt"));
        Path base = writeBase(source, Files.readString(SharedData.require("own/models/valid.txt")));
        Calibration calibration = new Calibration(source, ModelOptions.DEFAULT.withThreads(2), text, 256, 24, true);
        Map<Method, Double> divergence = new EnumMap<>(Method.class);
        for (Method method : new Method[] {Method.RTN, Method.IMATRIX, Method.AWQ, Method.GPTQ}) {
            Path target = folder.resolve(method + ".gguf");
            QuantizeOptions options = QuantizeOptions.of(Mixture.Q2_K, 2);
            try (ModelSource model = ModelSource.openGguf(source)) {
                if (method == Method.RTN) {
                    new Quantization(model, options).run(target, new Quantization.Listener() {});
                } else {
                    new CalibratedQuantization(options, method, calibration)
                            .run(model, target, (done, total) -> {}, new Quantization.Listener() {});
                }
            }
            divergence.put(method, measure(target, base));
        }
        assertTrue(divergence.get(Method.IMATRIX) < divergence.get(Method.RTN), divergence::toString);
        assertTrue(divergence.get(Method.AWQ) < 0.85 * divergence.get(Method.IMATRIX), divergence::toString);
        assertTrue(divergence.get(Method.GPTQ) < 0.85 * divergence.get(Method.IMATRIX), divergence::toString);
    }

    @Test
    void scalingChannelsChangesNothingBeforeQuantization() throws IOException {
        Path source = SharedData.require("own/models/pebble-F16.gguf");
        String text = Files.readString(SharedData.require("own/models/train-sample.txt"));
        Path base = writeBase(source, Files.readString(SharedData.require("own/models/valid.txt")));
        Calibration calibration = new Calibration(source, ModelOptions.DEFAULT.withThreads(2), text, 256, 4, true);
        Path target = folder.resolve("scaled.gguf");
        try (ModelSource model = ModelSource.openGguf(source)) {
            var moments = new MomentsByLayer(calibration, model.infos(), 2, 1 << 30, (done, total) -> {});
            Map<String, moka.gguf.TensorType> types = TypeChoice.of(
                    Mixture.Q8_0, ModelFacts.of(model.metadata(), model.infos(), true), TypeOverrides.NONE, model.infos());
            ChannelScaler scaler = new ChannelScaler(model, types, moments, ChannelScaler.Rule.SMOOTHQUANT);
            ScaledModel scaled = scaler.run();
            assertEquals(6 * 7, scaler.scales().size());
            new Quantization(scaled, QuantizeOptions.of(Mixture.F32, 2)).run(target, new Quantization.Listener() {});
        }
        assertTrue(measure(target, base) < 1e-6);
    }

    private Path writeBase(Path source, String text) {
        Path base = folder.resolve("base.kld");
        try (Model model = Model.open(source, EXACT)) {
            TextWindows windows = TextWindows.of(model, text, 256, 8, false);
            try (BaseLogits.Writer writer = new BaseLogits.Writer(base, windows, model.vocabularySize());
                    Session session = model.newSession(windows.sessionOptions())) {
                for (int i = 0; i < windows.count(); i++) {
                    windows.score(session, i, writer);
                }
                writer.commit();
            }
        }
        return base;
    }

    private static double measure(Path file, Path base) {
        try (Model model = Model.open(file, EXACT);
                BaseLogits.Reader reader = new BaseLogits.Reader(base);
                Session session = model.newSession(reader.windows().sessionOptions())) {
            Divergence divergence = new Divergence();
            float[] expected = new float[reader.vocabulary()];
            for (int i = 0; i < reader.windows().count(); i++) {
                reader.windows().score(session, i, (logits, next) -> {
                    reader.next(expected);
                    divergence.add(expected, logits, next);
                });
            }
            return divergence.summary().divergence().value();
        }
    }
}
