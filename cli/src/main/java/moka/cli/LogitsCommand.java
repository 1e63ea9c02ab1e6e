package moka.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import moka.cli.json.Json;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.engine.Model;
import moka.engine.Session;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine;

@CommandLine.Command(
        description = "Computes logits of token ids, as JSON.",
        footer = {
            "",
            "Examples:",
            "  moka logits model.gguf --ids 1,15043 --top 5",
            "  moka logits model.gguf --ids 1,15043 --all-positions --full --float32"
        })
final class LogitsCommand extends Command {
    private static final int DEFAULT_TOP = 10;

    private final Streams streams;

    @Mixin
    final EngineOptions engine = new EngineOptions();

    @Mixin
    final ContextOptions context = new ContextOptions();

    @Option(names = "--ids", paramLabel = "IDS", description = "Token ids with commas between them.")
    @Nullable String ids;

    @Option(names = "--all-positions", description = "Logits after every token (default: after the last).")
    boolean allPositions;

    @Option(names = "--top", paramLabel = "N", description = "The N largest (default: 10).")
    int top = DEFAULT_TOP;

    @Option(names = "--full", description = "All of them: \"last\" for the last position, \"logits\" for each with --all-positions.")
    boolean full;

    LogitsCommand(Streams streams) {
        this.streams = streams;
    }

    private record Position(int position, float[] logits) {}

    @Override
    int run() {
        int[] parsed = TokenIds.parse(ids);
        if (parsed.length == 0) {
            throw CommandFailure.usage("--ids is empty, expected at least one id");
        }
        if (top < 0) {
            throw CommandFailure.usage("--top " + top + ", expected 0 or more");
        }
        List<Position> positions = new ArrayList<>();
        try (Model model = engine.open(streams, general.verbose);
                Session session = model.newSession(context.sessionOptions().withContextLength(Math.max(parsed.length, context.contextLength)))) {
            if (allPositions) {
                session.evaluate(parsed, (position, logits) -> positions.add(new Position(position, floats(logits))));
            } else {
                session.append(parsed);
                positions.add(new Position(parsed.length - 1, floats(session.logits())));
            }
        }
        print(positions);
        return ExitCode.OK;
    }

    private static float[] floats(MemorySegment logits) {
        return logits.toArray(ValueLayout.JAVA_FLOAT);
    }

    private void print(List<Position> positions) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = Json.compact(text)) {
            json.beginObject().name("positions").beginArray();
            for (Position position : positions) {
                json.beginObject().name("position").value(position.position);
                json.name("top").beginArray();
                for (int id : largest(position.logits)) {
                    json.beginArray().value(id).jsonValue(number(position.logits[id])).endArray();
                }
                json.endArray();
                if (full && allPositions) {
                    json.name("logits");
                    vector(json, position.logits);
                }
                json.endObject();
            }
            json.endArray();
            if (full) {
                json.name("last");
                vector(json, positions.getLast().logits);
            }
            json.endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        streams.out().line(text.toString());
    }

    private static void vector(JsonWriter json, float[] logits) throws IOException {
        json.beginArray();
        for (float value : logits) {
            json.jsonValue(number(value));
        }
        json.endArray();
    }

    // JSON has no NaN and no infinity.
    private static String number(float value) {
        return Float.isFinite(value) ? Float.toString(value) : "null";
    }

    private List<Integer> largest(float[] logits) {
        Comparator<Integer> order = Comparator.<Integer>comparingDouble(id -> logits[id]).thenComparing(Comparator.reverseOrder());
        PriorityQueue<Integer> queue = new PriorityQueue<>(order);
        for (int id = 0; id < logits.length; id++) {
            queue.add(id);
            if (queue.size() > top) {
                queue.remove();
            }
        }
        List<Integer> largest = new ArrayList<>(queue);
        largest.sort(order.reversed());
        return largest;
    }
}
