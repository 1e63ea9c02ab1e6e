package moka.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import moka.engine.sampling.SamplingOptions.Dry;
import moka.engine.sampling.SamplingOptions.DynamicTemperature;
import moka.engine.sampling.SamplingOptions.Mirostat;
import moka.engine.sampling.SamplingOptions.Penalties;
import moka.engine.sampling.SamplingOptions.Xtc;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

/** Candidates, logits and probabilities after each sampler: {@code ../shared/own/samplers}, made with llama.cpp v0.5.0. */
class ReferenceCasesTest {
    private static final double TOLERANCE = 1e-4;

    /**
     * A count between two steps that is undefined in the reference: top-n-sigma leaves tokens at minus infinity in its list, their entropy
     * is not a number, and typical then sorts by values that are not numbers. The final candidates of this case are the same.
     */
    private static final String UNDEFINED_STEP = "default-all-on-cube64 after typical";

    @Test
    void agreesWithEveryReferenceCase() {
        Map<String, float[]> vectors = vectors();
        List<String> failures = new ArrayList<>();
        Map<String, int[]> passed = new TreeMap<>(); // by kind: passed, total
        List<JsonObject> cases = SharedData.objects("own/samplers/cases.jsonl");
        for (JsonObject test : cases) {
            int[] counts = passed.computeIfAbsent(kind(test), _ -> new int[2]);
            counts[1]++;
            try (Arena arena = Arena.ofConfined()) {
                float[] values = vectors.get(test.get("logits").getAsString());
                MemorySegment logits = arena.allocateFrom(VocabularyLogits.LOGIT, values);
                if (test.has("mirostat")) {
                    checkMirostat(test, logits, values.length);
                } else {
                    checkChain(test, logits, values.length);
                }
                counts[0]++;
            } catch (AssertionError | RuntimeException e) {
                failures.add(test.get("name").getAsString() + ": " + e);
            }
        }
        passed.forEach((kind, counts) -> System.out.printf("  %-14s %3d of %3d%n", kind, counts[0], counts[1]));
        System.out.println("samplers: " + (cases.size() - failures.size()) + " of " + cases.size() + " reference cases passed");
        assertEquals(List.of(), failures);
        assertEquals(632, cases.size());
    }

    private static String kind(JsonObject test) {
        if (test.has("mirostat")) {
            return "mirostat " + test.getAsJsonObject("mirostat").get("version");
        }
        JsonArray chain = test.getAsJsonArray("chain");
        return chain.size() == 1 ? chain.get(0).getAsJsonObject().get("type").getAsString() : "default chain";
    }

    private static void checkChain(JsonObject test, MemorySegment logits, int vocabularySize) {
        List<int[]> breakers = new ArrayList<>();
        SamplingOptions options = options(test.getAsJsonArray("chain"), breakers);
        Sampler sampler = new Sampler(options, vocabularySize, breakers);
        for (int token : ints(test.getAsJsonArray("history"))) {
            sampler.accept(token);
        }
        JsonObject result = test.getAsJsonObject("result");
        Candidates candidates = sampler.candidates(logits);
        checkCandidates(result, candidates);
        if (test.has("steps")) {
            checkSteps(test, sampler, candidates, logits);
        }
        if (test.has("selected")) {
            assertEquals(test.get("selected").getAsInt(), candidates.id(0), "selected");
            Sampler greedy = new Sampler(options.withTemperature(0).withOrder(List.of(SamplerStep.TEMPERATURE)), vocabularySize);
            assertEquals(test.get("selected").getAsInt(), greedy.sample(logits), "greedy");
        }
    }

    private static void checkSteps(JsonObject test, Sampler sampler, Candidates candidates, MemorySegment logits) {
        candidates.load(logits);
        for (JsonElement element : test.getAsJsonArray("steps")) {
            JsonObject step = element.getAsJsonObject();
            sampler.apply(step(step.get("after").getAsString()));
            String what = test.get("name").getAsString() + " after " + step.get("after").getAsString();
            if (!what.equals(UNDEFINED_STEP)) {
                assertEquals(step.get("n").getAsInt(), candidates.count(), what);
            }
        }
    }

    private static void checkMirostat(JsonObject test, MemorySegment logits, int vocabularySize) {
        JsonObject given = test.getAsJsonObject("mirostat");
        var options = new Mirostat(given.get("version").getAsInt(), given.get("tau").getAsFloat(), given.get("eta").getAsFloat());
        var mirostat = new MirostatState(options, vocabularySize);
        var candidates = new Candidates(vocabularySize);
        for (JsonElement element : test.getAsJsonArray("steps")) {
            JsonObject step = element.getAsJsonObject();
            assertEquals(step.get("mu_before").getAsDouble(), mirostat.mu(), 2e-4, "mu before");
            candidates.load(logits);
            Temperature.apply(candidates, given.get("temp").getAsFloat(), new DynamicTemperature(0, 1));
            mirostat.truncate(candidates);
            candidates.sort();
            checkCandidates(step.getAsJsonObject("candidates"), candidates);
            int chosen = 0;
            while (candidates.id(chosen) != step.get("chosen").getAsInt()) {
                chosen++;
            }
            assertEquals(step.get("chosen_p").getAsDouble(), candidates.probability(chosen), TOLERANCE, "chosen p");
            mirostat.observe(candidates.probability(chosen));
            assertEquals(step.get("mu_after").getAsDouble(), mirostat.mu(), 2e-4, "mu after");
        }
    }

    private static void checkCandidates(JsonObject expected, Candidates actual) {
        assertEquals(expected.get("n").getAsInt(), actual.count(), "count");
        JsonArray ids = expected.getAsJsonArray("ids");
        for (int i = 0; i < ids.size(); i++) {
            assertEquals(ids.get(i).getAsInt(), actual.id(i), "id at " + i);
            assertClose(expected.getAsJsonArray("logits").get(i).getAsDouble(), actual.logit(i), "logit at " + i);
            assertClose(expected.getAsJsonArray("probs").get(i).getAsDouble(), actual.probability(i), "probability at " + i);
        }
    }

    private static void assertClose(double expected, double actual, String what) {
        double allowed = TOLERANCE * Math.max(1e-30, Math.abs(expected));
        assertTrue(Math.abs(expected - actual) <= allowed, () -> what + ": expected " + expected + ", found " + actual);
    }

    private static SamplingOptions options(JsonArray chain, List<int[]> breakers) {
        List<SamplerStep> order = new ArrayList<>();
        SamplingOptions options = SamplingOptions.DEFAULT.withSeed(1);
        for (JsonElement element : chain) {
            JsonObject link = element.getAsJsonObject();
            String type = link.get("type").getAsString();
            if (!type.equals("logit_bias") && !type.equals("greedy")) {
                order.add(step(type));
            }
            options = link.has("min_keep") ? options.withMinKeep(link.get("min_keep").getAsInt()) : options;
            options = switch (type) {
                case "top_k" -> options.withTopK(link.get("k").getAsInt());
                case "top_p" -> options.withTopP(link.get("p").getAsFloat());
                case "min_p" -> options.withMinP(link.get("p").getAsFloat());
                case "typical" -> options.withTypicalP(link.get("p").getAsFloat());
                case "top_n_sigma" -> options.withTopNSigma(link.get("n").getAsFloat());
                case "temp" -> options.withTemperature(link.get("temp").getAsFloat());
                case "temp_ext" ->
                    options.withTemperature(link.get("temp").getAsFloat())
                            .withDynamicTemperature(new DynamicTemperature(
                                    link.get("range").getAsFloat(), link.get("exponent").getAsFloat()));
                case "xtc" ->
                    options.withXtc(new Xtc(
                            link.get("probability").getAsFloat(), link.get("threshold").getAsFloat()));
                case "penalties" ->
                    options.withPenalties(new Penalties(
                            link.get("last_n").getAsInt(),
                            link.get("repeat").getAsFloat(),
                            link.get("freq").getAsFloat(),
                            link.get("present").getAsFloat()));
                case "dry" -> {
                    if (link.has("breakers")) {
                        link.getAsJsonArray("breakers").forEach(breaker -> breakers.add(ints(breaker.getAsJsonArray())));
                    }
                    yield options.withDry(new Dry(
                            link.get("multiplier").getAsFloat(),
                            link.get("base").getAsFloat(),
                            link.get("allowed_length").getAsInt(),
                            link.get("last_n").getAsInt(),
                            List.of()));
                }
                case "logit_bias" -> {
                    Map<Integer, Float> bias = new HashMap<>();
                    for (JsonElement pair : link.getAsJsonArray("bias")) {
                        bias.put(pair.getAsJsonArray().get(0).getAsInt(), number(pair.getAsJsonArray().get(1)));
                    }
                    yield options.withLogitBias(bias);
                }
                case "greedy" -> options;
                default -> throw new IllegalArgumentException(type);
            };
        }
        return options.withOrder(order);
    }

    private static SamplerStep step(String type) {
        return type.equals("temp_ext") ? SamplerStep.TEMPERATURE : SamplerStep.named(type).orElseThrow();
    }

    private static Map<String, float[]> vectors() {
        Map<String, float[]> vectors = new HashMap<>();
        for (JsonObject vector : SharedData.objects("own/samplers/logits.jsonl")) {
            vectors.put(vector.get("name").getAsString(), vector.has("values") ? listed(vector) : byFormula(vector));
        }
        return vectors;
    }

    private static float[] listed(JsonObject vector) {
        JsonArray values = vector.getAsJsonArray("values");
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = number(values.get(i));
        }
        return floats;
    }

    private static float[] byFormula(JsonObject vector) {
        float[] floats = new float[vector.get("n").getAsInt()];
        long seed = vector.get("seed").getAsLong();
        for (int i = 0; i < floats.length; i++) {
            double u = ((i * 2654435761L + seed * 40503) & 0xffffffffL) / 4294967296.0;
            floats[i] = (float) (u * u * u * 20 - 5);
        }
        return floats;
    }

    private static float number(JsonElement value) {
        return value.getAsString().equals("-inf") ? Float.NEGATIVE_INFINITY : value.getAsFloat();
    }

    private static int[] ints(JsonArray array) {
        if (array == null) {
            return new int[0];
        }
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).getAsInt();
        }
        return values;
    }
}
