package moka.engine.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.EngineException;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.Speculation;
import moka.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What sessions keep of a sequence (keys, values, windows, convolutions, states) is saved, taken back and guessed ahead with, for every family. */
class ZooSessionsTest {
    private static final ModelOptions OPTIONS = ModelOptions.DEFAULT.withFloat32(true).withThreads(1);
    /** Families with a state: they go back to before the last batch and to the start alone. */
    private static final Set<String> RECURRENT =
            Set.of("mamba", "mamba2", "lfm2", "qwen3next", "qwen35", "kimi-linear", "nemotron-h");

    @TempDir
    Path folder;

    private static Stream<ZooModel> models() {
        return ZooModel.everything().filter(it -> !it.embedding());
    }

    @TestFactory
    Stream<DynamicTest> aSavedSessionContinuesWithTheSameBits() {
        return models().map(it -> DynamicTest.dynamicTest(it.name(), () -> {
            Path file = folder.resolve(it.name() + ".session");
            try (Model model = Model.open(it.file(), OPTIONS);
                    Session first = model.newSession(it.session());
                    Session second = model.newSession(it.session())) {
                first.append(Arrays.copyOf(it.prompt(), 19));
                first.append(Arrays.copyOfRange(it.prompt(), 19, 31));
                first.save(file);
                second.append(new int[] {5, 4, 3});
                second.restore(file);
                for (Session session : new Session[] {first, second}) {
                    session.append(Arrays.copyOfRange(it.prompt(), 31, 40));
                    for (int i = 40; i < 48; i++) {
                        session.append(new int[] {it.prompt()[i]});
                    }
                }
                assertArrayEquals(logits(first), logits(second));
            }
        }));
    }

    /** 600 and 1200 tokens are three and five blocks; a window of 10 beside batches of 128 tokens takes two. */
    @ParameterizedTest
    @CsvSource({"gemma2, 2, 2", "gemma3, 1, 6", "cohere2, 1, 3", "gpt-oss, 1, 2", "granite-swa, 1, 3", "olmo3, 1, 3", "afmoe, 1, 3", "llama, 2, 0"})
    void layersWithAWindowKeepTheWindowAlone(String name, int full, int windowed) {
        ZooModel it = ZooModel.golden().filter(model -> model.name().equals(name)).findFirst().orElseThrow();
        try (Model model = Model.open(it.file(), ModelOptions.DEFAULT.withThreads(1));
                Session session = model.newSession(it.session().withContextLength(1200).withBatchTokens(128))) {
            int[] ids = new SplittableRandom(1).ints(600, 0, 40).toArray();
            session.append(ids);
            long before = session.cacheBytes();
            session.append(ids);
            assertEquals(before * (5 * full + 2 * windowed), session.cacheBytes() * (3 * full + 2 * windowed));
        }
    }

    @TestFactory
    Stream<DynamicTest> goingBackFurtherForgetsOrIsRefused() {
        return models().map(it -> DynamicTest.dynamicTest(it.name(), () -> {
            try (Model model = Model.open(it.file(), OPTIONS);
                    Session straight = model.newSession(it.session());
                    Session back = model.newSession(it.session())) {
                straight.append(it.prompt());
                back.append(Arrays.copyOf(it.prompt(), 25));
                back.append(new int[] {1, 2, 3, 4, 5});
                back.append(new int[] {6});
                int position = 25;
                try {
                    back.rewind(25);
                } catch (EngineException e) {
                    assertTrue(String.valueOf(e.getMessage()).contains("clear the session"), e.getMessage());
                    assertEquals(31, back.position(), "what is refused changes nothing");
                    back.clear();
                    position = 0;
                }
                back.append(Arrays.copyOfRange(it.prompt(), position, 48));
                assertArrayEquals(logits(straight), logits(back), (float) it.tolerance());
            }
        }));
    }

    @Test
    void familiesWithAStateRefuseToGoBackFurther() {
        ZooModel.golden().filter(it -> RECURRENT.contains(it.name())).forEach(it -> {
            try (Model model = Model.open(it.file(), OPTIONS);
                    Session session = model.newSession(it.session())) {
                session.append(Arrays.copyOf(it.prompt(), 25));
                session.append(new int[] {1});
                session.append(new int[] {2});
                assertThrows(EngineException.class, () -> session.rewind(25), it.name());
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> guessingAheadGivesTheSameGreedyIds() {
        return models().map(it -> DynamicTest.dynamicTest(it.name(), () -> {
            // The prompt twice: a text that lookup finds guesses in.
            int[] prompt = Arrays.copyOf(it.prompt(), 64);
            System.arraycopy(it.prompt(), 0, prompt, 48, 16);
            var greedy = GenerationOptions.DEFAULT
                    .withSampling(SamplingOptions.GREEDY)
                    .withIgnoreEndOfGeneration(true)
                    .withMaxTokens(20);
            try (Model model = Model.open(it.file(), OPTIONS);
                    Session session = model.newSession(it.session());
                    Session draft = model.newSession(it.session())) {
                GenerationResult plain = session.generate(prompt, greedy, GenerationListener.SILENT);
                session.clear();
                var lookup = greedy.withSpeculation(Speculation.PromptLookup.DEFAULT);
                assertEquals(plain.tokens(), session.generate(prompt, lookup, GenerationListener.SILENT).tokens());
                session.clear();
                var drafted = greedy.withSpeculation(new Speculation.DraftModel(draft, 4));
                assertEquals(plain.tokens(), session.generate(prompt, drafted, GenerationListener.SILENT).tokens());
            }
        }));
    }

    private static float[] logits(Session session) {
        return session.logits().toArray(ValueLayout.JAVA_FLOAT);
    }
}
