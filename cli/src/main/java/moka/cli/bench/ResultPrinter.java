package moka.cli.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Output;

/** Prints results in one of the forms, each as soon as it is there. */
public sealed interface ResultPrinter permits MarkdownTable, ResultPrinter.Csv, ResultPrinter.Json, ResultPrinter.JsonLines, ResultPrinter.Sql {
    /** @param form md, csv, json, jsonl or sql */
    static ResultPrinter of(String form, Output out, BenchPlan plan, Optional<Comparison> comparison, String version) {
        return switch (form) {
            case "md" -> new MarkdownTable(out, plan, comparison);
            case "csv" -> new Csv(out, version);
            case "json" -> new Json(out, version);
            case "jsonl" -> new JsonLines(out, version);
            case "sql" -> new Sql(out, version);
            default -> throw CommandFailure.usage("-o '" + form + "', expected md, csv, json, jsonl or sql");
        };
    }

    /** Whether people read it: notes may follow. */
    default boolean forPeople() {
        return false;
    }

    void begin();

    void result(BenchResult result);

    void end();

    /** A line of names, then a line each. */
    record Csv(Output out, String version) implements ResultPrinter {
        private static final BenchResult NAMES = new BenchResult(
                new BenchModel("", "", 0, 0, 0), "", new BenchSettings(0, 0, 0, "", ""), new BenchTest(0, 0, 0), "", new long[] {1});

        @Override
        public void begin() {
            out.line(String.join(",", ResultFields.of(NAMES, version).keySet()));
        }

        @Override
        public void result(BenchResult result) {
            out.line(ResultFields.of(result, version).values().stream()
                    .map(value -> '"' + String.valueOf(value).replace("\"", "\"\"") + '"')
                    .collect(Collectors.joining(",")));
            out.flush();
        }

        @Override
        public void end() {}
    }

    /** One object a line. */
    record JsonLines(Output out, String version) implements ResultPrinter {
        @Override
        public void begin() {}

        @Override
        public void result(BenchResult result) {
            out.line(object(result, version).toString()).flush();
        }

        @Override
        public void end() {}
    }

    /** A list of objects. */
    final class Json implements ResultPrinter {
        private final Output out;
        private final String version;
        private String before = "[\n  ";

        Json(Output out, String version) {
            this.out = out;
            this.version = version;
        }

        @Override
        public void begin() {}

        @Override
        public void result(BenchResult result) {
            out.print(before + object(result, version)).flush();
            before = ",\n  ";
        }

        @Override
        public void end() {
            out.line(before.startsWith("[") ? "[]" : "\n]");
        }
    }

    /** A table's making and its rows. */
    record Sql(Output out, String version) implements ResultPrinter {
        @Override
        public void begin() {
            String columns = ResultFields.of(Csv.NAMES, version).entrySet().stream()
                    .map(field -> "  " + field.getKey() + " " + type(field.getValue()))
                    .collect(Collectors.joining(",\n"));
            out.line("CREATE TABLE IF NOT EXISTS moka_bench (\n" + columns + "\n);\n");
        }

        @Override
        public void result(BenchResult result) {
            Map<String, Object> fields = ResultFields.of(result, version);
            String values = fields.values().stream()
                    .map(value -> "'" + String.valueOf(value).replace("'", "''") + "'")
                    .collect(Collectors.joining(", "));
            out.line("INSERT INTO moka_bench (" + String.join(", ", fields.keySet()) + ") VALUES (" + values + ");").flush();
        }

        private static String type(Object value) {
            return value instanceof Long ? "INTEGER" : value instanceof Double ? "REAL" : "TEXT";
        }

        @Override
        public void end() {}
    }

    private static JsonObject object(BenchResult result, String version) {
        JsonObject object = new JsonObject();
        ResultFields.of(result, version).forEach((name, value) -> {
            switch (value) {
                case Long number -> object.addProperty(name, number);
                case Double number -> object.addProperty(name, Double.valueOf(String.format(Locale.ROOT, "%.6f", number)));
                default -> object.addProperty(name, value.toString());
            }
        });
        JsonArray nanos = new JsonArray();
        JsonArray rates = new JsonArray();
        for (int i = 0; i < result.nanos().length; i++) {
            nanos.add(result.nanos()[i]);
            rates.add(Double.valueOf(String.format(Locale.ROOT, "%.6f", result.rates()[i])));
        }
        object.add("samples_ns", nanos);
        object.add("samples_ts", rates);
        return object;
    }
}
