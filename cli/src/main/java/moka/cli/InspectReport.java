package moka.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import moka.cli.json.Json;
import moka.cli.render.Printable;
import moka.cli.render.Quantity;
import moka.cli.render.Table.Align;
import moka.cli.render.Table;
import moka.cli.terminal.Output;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.MetadataValue.ArrayValue;
import moka.gguf.MetadataValue.BoolValue;
import moka.gguf.MetadataValue.FloatValue;
import moka.gguf.MetadataValue.IntegerValue;
import moka.gguf.MetadataValue.StringValue;
import moka.gguf.MetadataValue;
import moka.gguf.TensorType;
import moka.gguf.ValueType;

/** What {@code moka inspect} says of a file, as tables and as JSON. */
final class InspectReport {
    private static final int ARRAY_ELEMENTS_SHOWN = 6;

    private InspectReport() {}

    static String text(GgufFile file, int valueColumns) {
        return head(file) + "\n" + metadata(file, valueColumns) + "\n" + types(file) + "\n" + tensors(file);
    }

    private static String head(GgufFile file) {
        long elements = elements(file);
        StringBuilder head = new StringBuilder();
        head.append(Printable.line(file.name())).append(": GGUF ").append(file.version());
        head.append(file.bigEndian() ? ", big-endian" : ", little-endian");
        head.append(", ").append(Quantity.grouped(file.sizeBytes())).append(" bytes (").append(Quantity.bytes(file.sizeBytes())).append(")");
        if (file.parts().size() > 1) {
            head.append(" in ").append(file.parts().size()).append(" parts");
        }
        head.append("\n");
        if (file.metadata().values().get("general.architecture") instanceof StringValue architecture) {
            head.append(Printable.line(architecture.value())).append(", ");
        }
        head.append(Quantity.count(elements)).append(" parameters");
        if (elements > 0) {
            head.append(String.format(Locale.ROOT, ", %.2f bits per weight", bitsPerWeight(file)));
        }
        return head.append("\n").toString();
    }

    private static String metadata(GgufFile file, int valueColumns) {
        Table table = new Table(List.of("key", "type", "value"), List.of(Align.LEFT, Align.LEFT, Align.LEFT));
        file.metadata()
                .values()
                .forEach((key, value) -> table.row(Printable.line(key), typeName(value), valueText(value, valueColumns)));
        return "Metadata (" + file.metadata().values().size() + ")\n" + table.plain();
    }

    private static String types(GgufFile file) {
        Table table = new Table(
                List.of("type", "tensors", "elements", "bytes", "share"),
                List.of(Align.LEFT, Align.RIGHT, Align.RIGHT, Align.RIGHT, Align.RIGHT));
        long total = Math.max(1, tensorBytes(file));
        Map<TensorType, List<GgufTensor>> byType =
                file.tensors().stream().collect(Collectors.groupingBy(GgufTensor::type, TreeMap::new, Collectors.toList()));
        byType.forEach((type, tensors) -> {
            long bytes = tensors.stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
            table.row(
                    type.name(),
                    Integer.toString(tensors.size()),
                    Quantity.grouped(tensors.stream().mapToLong(GgufTensor::elements).sum()),
                    Quantity.grouped(bytes),
                    String.format(Locale.ROOT, "%.1f %%", 100.0 * bytes / total));
        });
        return "Tensor types (" + byType.size() + ")\n" + table.plain();
    }

    private static String tensors(GgufFile file) {
        Table table = new Table(
                List.of("tensor", "type", "shape", "bytes"), List.of(Align.LEFT, Align.LEFT, Align.RIGHT, Align.RIGHT));
        for (GgufTensor tensor : file.tensors()) {
            table.row(
                    Printable.line(tensor.name()),
                    tensor.type().name(),
                    shape(tensor),
                    Quantity.grouped(tensor.data().byteSize()));
        }
        return "Tensors (" + file.tensors().size() + ")\n" + table.plain();
    }

    /** {@code 256 x 2048}, the row length first, as in the file. */
    static String shape(GgufTensor tensor) {
        return Arrays.stream(tensor.shape()).mapToObj(Long::toString).collect(Collectors.joining(" x "));
    }

    private static String typeName(MetadataValue value) {
        return value instanceof ArrayValue array
                ? array.elementType().name().toLowerCase(Locale.ROOT) + "[" + array.size() + "]"
                : value.type().name().toLowerCase(Locale.ROOT);
    }

    private static String valueText(MetadataValue value, int columns) {
        return switch (value) {
            case StringValue text -> Printable.line(text.value(), columns);
            case BoolValue bool -> Boolean.toString(bool.value());
            case FloatValue number -> number(number);
            case IntegerValue number -> integer(number);
            case ArrayValue array -> arrayText(array, columns);
        };
    }

    private static String arrayText(ArrayValue array, int columns) {
        int shown = columns == Integer.MAX_VALUE ? array.size() : Math.min(array.size(), ARRAY_ELEMENTS_SHOWN);
        List<MetadataValue> values = array.values();
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < shown; i++) {
            text.append(i == 0 ? "" : ", ");
            MetadataValue element = values.get(i);
            text.append(element instanceof StringValue string ? '"' + string.value() + '"' : valueText(element, columns));
        }
        text.append(shown < array.size() ? ", …]" : "]");
        return Printable.line(text, columns);
    }

    private static String number(FloatValue value) {
        return value.type() == ValueType.FLOAT32 ? Float.toString((float) value.value()) : Double.toString(value.value());
    }

    private static String integer(IntegerValue value) {
        return value.type() == ValueType.UINT64 ? Long.toUnsignedString(value.value()) : Long.toString(value.value());
    }

    private static long elements(GgufFile file) {
        return file.tensors().stream().mapToLong(GgufTensor::elements).sum();
    }

    private static long tensorBytes(GgufFile file) {
        return file.tensors().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
    }

    private static double bitsPerWeight(GgufFile file) {
        return 8.0 * tensorBytes(file) / elements(file);
    }

    static void json(GgufFile file, Output out) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = Json.indented(text)) {
            json.beginObject();
            json.name("file").value(file.name()).name("version").value(file.version());
            json.name("big_endian").value(file.bigEndian()).name("alignment").value(file.alignment());
            json.name("bytes").value(file.sizeBytes()).name("parameters").value(elements(file));
            json.name("bits_per_weight").value(elements(file) == 0 ? 0 : bitsPerWeight(file));
            json.name("metadata").beginObject();
            for (Map.Entry<String, MetadataValue> entry : file.metadata().values().entrySet()) {
                json.name(entry.getKey());
                jsonValue(json, entry.getValue());
            }
            json.endObject();
            json.name("parts").beginArray();
            for (GgufFile.Part part : file.parts()) {
                jsonPart(json, part);
            }
            json.endArray().endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.line(text.toString());
    }

    private static void jsonPart(JsonWriter json, GgufFile.Part part) throws IOException {
        json.beginObject().name("file").value(part.name()).name("bytes").value(part.sizeBytes());
        json.name("data_offset").value(part.dataOffset()).name("tensors").beginArray();
        for (int i = 0; i < part.tensors().size(); i++) {
            GgufTensor tensor = part.tensors().get(i);
            json.beginObject().name("name").value(tensor.name()).name("type").value(tensor.type().name());
            json.name("shape").beginArray();
            for (long length : tensor.shape()) {
                json.value(length);
            }
            json.endArray();
            json.name("bytes").value(tensor.data().byteSize()).name("offset").value(part.offsets().get(i)).endObject();
        }
        json.endArray().endObject();
    }

    private static void jsonValue(JsonWriter json, MetadataValue value) throws IOException {
        switch (value) {
            case StringValue text -> json.value(text.value());
            case BoolValue bool -> json.value(bool.value());
            case IntegerValue number -> json.jsonValue(integer(number));
            case FloatValue number -> {
                // JSON has no NaN and no infinity.
                if (Double.isFinite(number.value())) {
                    json.jsonValue(number(number));
                } else {
                    json.value(Double.toString(number.value()));
                }
            }
            case ArrayValue array -> {
                json.beginArray();
                for (MetadataValue element : array.values()) {
                    jsonValue(json, element);
                }
                json.endArray();
            }
        }
    }
}
