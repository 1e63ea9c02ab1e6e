package moka.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import moka.cli.json.Json;
import moka.cli.render.Printable;
import moka.cli.render.Quantity;
import moka.cli.render.Table;
import moka.cli.render.Table.Align;
import moka.cli.store.ModelStore;
import moka.cli.store.Models;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.models.DefaultModel;
import picocli.CommandLine;
import picocli.CommandLine.Option;

@CommandLine.Command(
        description = "Lists the models on this machine: in the store, in the program, and those of other programs.",
        footer = {"", "Example:", "  moka list --json | jq -r '.[].file'"})
final class ListCommand extends Command {
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd");

    private final Streams streams;

    @Option(names = "--json", description = "As a JSON array.")
    boolean json;

    ListCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        Models models = Models.of(streams.environment());
        List<ModelStore.Entry> entries = models.list();
        if (json) {
            streams.out().line(json(entries));
            return ExitCode.OK;
        }
        Table table = new Table(
                List.of("name", "size", "modified", "place"), List.of(Align.LEFT, Align.RIGHT, Align.LEFT, Align.LEFT));
        table.row(ModelSource.Embedded.NAME, Quantity.bytes(DefaultModel.BYTES), "", "in the program");
        for (ModelStore.Entry entry : entries) {
            String day = DAY.format(LocalDateTime.ofInstant(entry.modified().toInstant(), ZoneId.systemDefault()));
            table.row(Printable.line(entry.name()), Quantity.bytes(entry.bytes()), day, entry.place());
        }
        streams.out().print(table.plain());
        return ExitCode.OK;
    }

    private static String json(List<ModelStore.Entry> entries) {
        var text = new StringWriter();
        try (JsonWriter writer = Json.indented(text)) {
            writer.beginArray();
            for (ModelStore.Entry entry : entries) {
                writer.beginObject();
                writer.name("name").value(entry.name());
                writer.name("file").value(entry.file().toString());
                writer.name("bytes").value(entry.bytes());
                writer.name("place").value(entry.place());
                writer.endObject();
            }
            writer.endArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
