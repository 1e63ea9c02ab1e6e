package moka.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import moka.cli.render.Quantity;
import moka.cli.render.TextWidth;
import moka.cli.terminal.Output;

/** The table of llama-bench: columns of fixed width, so that a row is printed as soon as it is measured. */
final class MarkdownTable implements ResultPrinter {
    private record Column(String title, int width, boolean right, Function<BenchResult, String> value) {}

    private final Output out;
    private final List<Column> columns = new ArrayList<>();

    MarkdownTable(Output out, BenchPlan plan, Optional<Comparison> comparison) {
        this.out = out;
        add("model", 26, false, result -> result.model().type());
        add("size", 10, true, result -> Quantity.bytes(result.model().bytes()));
        add("params", 8, true, result -> Quantity.count(result.model().parameters()));
        add("backend", 19, false, BenchResult::kernels);
        add("threads", 7, true, result -> Integer.toString(result.settings().threads()));
        addIf(plan.batches().size() > 1, "n_batch", result -> Integer.toString(result.settings().batch()));
        addIf(plan.microBatches().size() > 1, "n_ubatch", result -> Integer.toString(result.settings().microBatch()));
        addIf(!plan.cacheTypesKeys().equals(List.of("f16")), "type_k", result -> result.settings().cacheTypeKeys());
        addIf(!plan.cacheTypesValues().equals(List.of("f16")), "type_v", result -> result.settings().cacheTypeValues());
        add("test", 15, true, result -> result.test().name());
        add("t/s", 18, true, BenchResult::rateText);
        comparison.ifPresent(other -> {
            add("other t/s", 10, true, result -> text(other.rate(result), "%.2f"));
            add("ratio", 6, true, result -> text(other.ratio(result), "%.3f"));
        });
    }

    private static String text(OptionalDouble value, String format) {
        return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble()) : "-";
    }

    private void add(String title, int width, boolean right, Function<BenchResult, String> value) {
        columns.add(new Column(title, Math.max(width, title.length()), right, value));
    }

    private void addIf(boolean wanted, String title, Function<BenchResult, String> value) {
        if (wanted) {
            add(title, title.length(), true, value);
        }
    }

    @Override
    public boolean forPeople() {
        return true;
    }

    @Override
    public void begin() {
        StringBuilder titles = new StringBuilder("|");
        StringBuilder rule = new StringBuilder("|");
        for (Column column : columns) {
            titles.append(' ').append(padded(column, column.title)).append(" |");
            rule.append(' ').append("-".repeat(column.width - 1)).append(column.right ? ":" : "-").append(" |");
        }
        out.line(titles.toString()).line(rule.toString()).flush();
    }

    @Override
    public void result(BenchResult result) {
        StringBuilder row = new StringBuilder("|");
        columns.forEach(column -> row.append(' ').append(padded(column, column.value.apply(result))).append(" |"));
        out.line(row.toString()).flush();
    }

    @Override
    public void end() {}

    private static String padded(Column column, String text) {
        String space = " ".repeat(Math.max(0, column.width - TextWidth.of(text)));
        return column.right ? space + text : text + space;
    }
}
