package moka.engine.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.ParallelGenerator;
import moka.engine.Session;
import moka.engine.sampling.SamplingOptions;
import moka.testing.SharedData;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** However a prompt is cut into batches, and whatever was computed and taken back before, the logits are those of one token at a time. */
class ZooChunksTest {
    @TestFactory
    Stream<DynamicTest> prefillInAnyChunksAgreesWithOneByOne() {
        return ZooModel.everything().filter(it -> !it.embedding()).map(it -> DynamicTest.dynamicTest(it.name(), () -> {
            var random = new SplittableRandom(it.name().hashCode());
            try (Model model = Model.open(it.file(), ModelOptions.DEFAULT.withFloat32(true).withThreads(2));
                    Session single = model.newSession(it.session());
                    Session chunked = model.newSession(it.session())) {
                for (int id : it.prompt()) {
                    single.append(new int[] {id});
                }
                float[] expected = logits(single);
                for (int round = 0; round < 3; round++) {
                    chunked.clear();
                    appendInChunks(chunked, it.prompt(), random);
                    assertArrayEquals(expected, logits(chunked), (float) it.tolerance());
                }
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> fastKernelsGiveTheSameBitsInAnyChunksAndAfterGoingBack() {
        return ZooModel.everything().filter(it -> !it.embedding()).map(it -> DynamicTest.dynamicTest(it.name(), () -> {
            var random = new SplittableRandom(it.name().hashCode());
            try (Model model = Model.open(it.file(), ModelOptions.DEFAULT.withThreads(2));
                    Session single = model.newSession(it.session());
                    Session chunked = model.newSession(it.session())) {
                for (int id : it.prompt()) {
                    single.append(new int[] {id});
                }
                appendInChunks(chunked, Arrays.copyOf(it.prompt(), 40), random);
                chunked.append(new int[] {1, 2, 3, 4, 5});
                chunked.rewind(40);
                appendInChunks(chunked, Arrays.copyOfRange(it.prompt(), 40, it.prompt().length), random);
                assertArrayEquals(logits(single), logits(chunked));
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> goingBackBeforeTheLastBatchForgetsIt() {
        return ZooModel.everything().filter(it -> !it.embedding()).map(it -> DynamicTest.dynamicTest(it.name(), () -> {
            try (Model model = Model.open(it.file(), ModelOptions.DEFAULT.withFloat32(true).withThreads(1));
                    Session straight = model.newSession(it.session());
                    Session back = model.newSession(it.session())) {
                straight.append(it.prompt());
                back.append(Arrays.copyOf(it.prompt(), 40));
                back.append(new int[] {1, 2, 3, 4, 5});
                back.rewind(40);
                back.append(Arrays.copyOfRange(it.prompt(), 40, 48));
                assertArrayEquals(logits(straight), logits(back), (float) it.tolerance());
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> sequencesComputedTogetherContinueAsAlone() {
        return ZooModel.everything().filter(it -> !it.embedding()).map(it -> DynamicTest.dynamicTest(it.name(), () -> {
            var options = GenerationOptions.DEFAULT.withSampling(SamplingOptions.GREEDY).withMaxTokens(8);
            List<int[]> prompts = List.of(it.prompt(), Arrays.copyOf(it.prompt(), 17), Arrays.copyOfRange(it.prompt(), 5, 30));
            try (Model model = Model.open(it.file(), ModelOptions.DEFAULT.withFloat32(true).withThreads(1))) {
                var alone = new ArrayList<String>();
                try (Session session = model.newSession(it.session())) {
                    for (int[] prompt : prompts) {
                        session.clear();
                        alone.add(session.generate(prompt, options, GenerationListener.SILENT).text());
                    }
                }
                var together = new String[prompts.size()];
                try (var generator = new ParallelGenerator(model, it.session(), prompts.size())) {
                    var requests = prompts.stream()
                            .map(prompt -> new ParallelGenerator.Request(prompt, options, GenerationListener.SILENT))
                            .iterator();
                    generator.run(requests, new ParallelGenerator.Listener() {
                        @Override
                        public void onAnswer(int index, GenerationResult result) {
                            together[index] = result.text();
                        }

                        @Override
                        public void onFailure(int index, RuntimeException failure) {
                            throw failure;
                        }
                    });
                }
                assertEquals(alone, Arrays.asList(together));
            }
        }));
    }

    @Test
    void allModelsOfTheZooAreThere() {
        SharedData.require("own/zoo");
        assertEquals(100, ZooModel.everything().count());
    }

    private static void appendInChunks(Session session, int[] ids, SplittableRandom random) {
        for (int at = 0; at < ids.length; ) {
            int end = Math.min(ids.length, at + 1 + random.nextInt(20));
            session.append(Arrays.copyOfRange(ids, at, end));
            at = end;
        }
    }

    private static float[] logits(Session session) {
        return session.logits().toArray(ValueLayout.JAVA_FLOAT);
    }
}
