package moka.cli.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonStreamParser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import moka.cli.json.Json;
import moka.cli.terminal.CommandFailure;

/**
 * Earlier results to hold new ones against: the json or jsonl of {@code moka bench} or of llama-bench. A result is compared with the one
 * of the same test; among several with that of the same file, and among those with that of the same threads.
 */
public final class Comparison {
    private final List<JsonObject> results;

    private Comparison(List<JsonObject> results) {
        this.results = results;
    }

    /** Reads results. @param name of the file, for messages @throws CommandFailure if it holds none */
    public static Comparison parse(String name, String text) {
        List<JsonObject> results = new ArrayList<>();
        try {
            JsonStreamParser elements = new JsonStreamParser(text);
            while (elements.hasNext()) {
                JsonElement element = elements.next();
                Iterable<JsonElement> items = element instanceof JsonArray array ? array : List.of(element);
                for (JsonElement item : items) {
                    if (item instanceof JsonObject object && object.has("avg_ts") && object.has("n_prompt") && object.has("n_gen")) {
                        results.add(object);
                    }
                }
            }
        } catch (JsonParseException e) {
            throw CommandFailure.failed(name + ": malformed JSON: " + Json.reason(e));
        }
        if (results.isEmpty()) {
            throw CommandFailure.failed(name + ": no results in it, expected the output of 'moka bench -o json' or 'llama-bench -o json'");
        }
        return new Comparison(results);
    }

    /** Tokens per second of the other's result for the same test. */
    OptionalDouble rate(BenchResult result) {
        JsonObject best = null;
        int bestScore = -1;
        for (JsonObject other : results) {
            int score = sameTest(other, result.test()) ? score(other, result) : -1;
            if (score > bestScore) {
                best = other;
                bestScore = score;
            }
        }
        return best == null ? OptionalDouble.empty() : OptionalDouble.of(best.get("avg_ts").getAsDouble());
    }

    /** How many times as fast as the other's. */
    OptionalDouble ratio(BenchResult result) {
        OptionalDouble other = rate(result);
        return other.isPresent() ? OptionalDouble.of(result.meanRate() / other.getAsDouble()) : other;
    }

    private static boolean sameTest(JsonObject other, BenchTest test) {
        return number(other, "n_prompt") == test.promptTokens()
                && number(other, "n_gen") == test.generatedTokens()
                && number(other, "n_depth") == test.depth();
    }

    /** Negative where the other has several models and this is none of them. */
    private int score(JsonObject other, BenchResult result) {
        boolean sameFile = fileName(other).equals(result.model().fileName());
        long files = results.stream().map(Comparison::fileName).distinct().count();
        if (!sameFile && files > 1) {
            return -1;
        }
        return (sameFile ? 4 : 0)
                + (number(other, "n_threads") == result.settings().threads() ? 2 : 0)
                + (number(other, "n_ubatch") == result.settings().microBatch() ? 1 : 0);
    }

    private static String fileName(JsonObject other) {
        if (!other.has("model_filename")) {
            return "";
        }
        Path name = Path.of(other.get("model_filename").getAsString()).getFileName();
        return name == null ? "" : name.toString();
    }

    private static long number(JsonObject object, String name) {
        return object.has(name) ? object.get(name).getAsLong() : 0;
    }
}
