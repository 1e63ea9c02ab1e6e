package moka.engine.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import moka.engine.AdapterFile;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.SessionOptions;
import moka.gguf.TensorType;
import moka.testmodels.EnlargedModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Long prompts of latent attention have keys and values for each head, short batches latent ones: the logits agree. They are not the same bits, which is
 * the price of two forms; batches of less than some fifty rows, and with them decoding, guesses and what is decoded together, have one form and the same
 * bits ({@link ZooChunksTest}, whose models are too small for the other).
 */
class LatentHeadsTest {
    private static final int[] PROMPT = new SplittableRandom(1).ints(300, 0, 20000).toArray();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"minicpm3", "deepseek2-v3"})
    void keysOfEachHeadAgreeWithLatentOnes(String name) {
        ZooModel tiny = ZooModel.golden().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
        Path file = folder.resolve("large.gguf");
        EnlargedModel.write(tiny.file(), TensorType.Q4_0, 1, file);
        SessionOptions options = SessionOptions.DEFAULT.withContextLength(512);
        try (Model exact = Model.open(file, ModelOptions.DEFAULT.withFloat32(true).withThreads(2))) {
            float[] expected = logits(exact, options.withBatchTokens(16), 80);
            float[] found = logits(exact, options.withBatchTokens(128), 80);
            assertFalse(Arrays.equals(expected, found), "one form for all batches");
            assertArrayEquals(expected, found, 2e-4f);
        }
        try (Model fast = Model.open(file, ModelOptions.DEFAULT.withThreads(2))) {
            float[] expected = logits(fast, options.withBatchTokens(16), PROMPT.length);
            assertArrayEquals(expected, logits(fast, options.withBatchTokens(128), PROMPT.length), 0.1f);
            SessionOptions rounded = options.withCacheType("q8_0");
            expected = logits(fast, rounded.withBatchTokens(16), PROMPT.length);
            assertArrayEquals(expected, logits(fast, rounded.withBatchTokens(128), PROMPT.length), 0.2f);
        }
    }

    /** Keys and values of each head would be without the adapter, which long prompts must not lose. */
    @Test
    void adaptersOfHeadsKeepTheLatentForm() {
        ZooModel tiny = ZooModel.golden().filter(it -> it.name().equals("deepseek2-v3")).findFirst().orElseThrow();
        Path file = folder.resolve("large.gguf");
        EnlargedModel.write(tiny.file(), TensorType.Q4_0, 1, file);
        Path adapter = AdaptersTest.write(file, folder.resolve("adapter.gguf"), "blk\\..*attn_v_b\\.weight", 1, 4);
        ModelOptions plain = ModelOptions.DEFAULT.withFloat32(true).withThreads(2);
        SessionOptions options = SessionOptions.DEFAULT.withContextLength(512);
        try (Model base = Model.open(file, plain);
                Model adapted = Model.open(file, plain.withAdapters(List.of(new AdapterFile(adapter, 1))))) {
            float[] expected = logits(adapted, options.withBatchTokens(16), 80);
            assertFalse(Arrays.equals(logits(base, options.withBatchTokens(16), 80), expected), "the adapter changes nothing");
            assertArrayEquals(expected, logits(adapted, options.withBatchTokens(128), 80), 2e-5f);
        }
    }

    private static float[] logits(Model model, SessionOptions options, int count) {
        try (Session session = model.newSession(options)) {
            session.append(Arrays.copyOf(PROMPT, count));
            return session.logits().toArray(ValueLayout.JAVA_FLOAT);
        }
    }
}
