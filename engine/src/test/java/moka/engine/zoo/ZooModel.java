package moka.engine.zoo;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.SessionOptions;
import moka.testing.SharedData;

/**
 * A model of the zoo: random weights, and what the reference computes from them.
 *
 * @param logits of the positions 0, 15, 31 and 47, one after the other
 * @param greedy what follows the prompt greedily; empty for embedding models
 */
record ZooModel(Path file, String name, String architecture, boolean embedding, int[] prompt, float[] logits, int[] greedy, double tolerance) {
    private static final int[] POSITIONS = {0, 15, 31, 47};

    /** The part of the zoo that is in the repository. */
    static Stream<ZooModel> golden() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path folder = at.resolve("test-models/golden/zoo");
            if (Files.exists(folder)) {
                return all(folder);
            }
        }
        throw new IllegalStateException("no folder test-models/golden/zoo above the working directory");
    }

    /** These, and the rest of the zoo where the reference data are. */
    static Stream<ZooModel> everything() {
        List<ZooModel> golden = golden().toList();
        List<String> names = golden.stream().map(ZooModel::name).toList();
        return Stream.concat(
                golden.stream(),
                SharedData.find("own/zoo").stream().flatMap(ZooModel::all).filter(it -> !names.contains(it.name())));
    }

    /** The models of an index {@code zoo.json} beside its {@code logits.bin}. */
    static Stream<ZooModel> all(Path folder) {
        try {
            JsonObject index = JsonParser.parseString(Files.readString(folder.resolve("zoo.json"))).getAsJsonObject();
            return index.getAsJsonArray("models").asList().stream().map(JsonElement::getAsJsonObject).map(it -> read(folder, it));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ZooModel read(Path folder, JsonObject it) {
        boolean embedding = it.get("values").getAsString().equals("hidden");
        return new ZooModel(
                folder.resolve(it.get("file").getAsString()),
                it.get("name").getAsString(),
                it.get("architecture").getAsString(),
                embedding,
                ints(it.getAsJsonArray("prompt")),
                floats(folder.resolve("logits.bin"), it.get("offset").getAsLong(), POSITIONS.length * it.get("width").getAsInt()),
                embedding ? new int[0] : ints(it.getAsJsonArray("greedy")),
                it.get("tolerance").getAsDouble());
    }

    private static int[] ints(JsonArray array) {
        return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    private static float[] floats(Path file, long offset, int count) {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
            byte[] buffer = new byte[4 * count];
            bytes.seek(offset);
            bytes.readFully(buffer);
            float[] values = new float[count];
            ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
            return values;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Options of a session that runs the model as the reference did: phi3 with short factors needs a context within the original one. */
    SessionOptions session() {
        return SessionOptions.DEFAULT.withContextLength(name.equals("phi3-longrope-short") || name.equals("phi4-mini") ? 128 : 256);
    }

    /** Largest difference to the reference at its positions. */
    double difference(Model model) {
        double[] largest = {0};
        int width = logits.length / POSITIONS.length;
        if (embedding) {
            float[][] states = model.embed(prompt);
            for (int i = 0; i < logits.length; i++) {
                double difference = Math.abs(states[POSITIONS[i / width]][i % width] - logits[i]);
                largest[0] = Double.isNaN(difference) ? Double.NaN : Math.max(largest[0], difference);
            }
            return largest[0];
        }
        try (Session session = model.newSession(session())) {
            session.evaluate(prompt, (position, found) -> {
                int index = Arrays.binarySearch(POSITIONS, position);
                for (int i = 0; index >= 0 && i < width; i++) {
                    double difference = Math.abs(found.getAtIndex(ValueLayout.JAVA_FLOAT, i) - logits[index * width + i]);
                    largest[0] = Double.isNaN(difference) ? Double.NaN : Math.max(largest[0], difference);
                }
            });
        }
        return largest[0];
    }

    /** Whether the ids that follow greedily are the reference's. */
    boolean greedyEqual(Model model) {
        try (Session session = model.newSession(session())) {
            session.append(prompt);
            for (int expected : greedy) {
                int best = best(session);
                if (best != expected) {
                    return false;
                }
                session.append(new int[] {best});
            }
            return true;
        }
    }

    private static int best(Session session) {
        float[] values = session.logits().toArray(ValueLayout.JAVA_FLOAT);
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    /** A line of a table. */
    static String row(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }
}
