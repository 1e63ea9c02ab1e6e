package moka.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import moka.cli.render.Quantity;
import moka.cli.render.Table;
import moka.cli.render.Table.Align;
import moka.gguf.TensorType;
import moka.quantize.AutoQuantization;
import moka.quantize.Quantization;

/** What {@code moka quantize} says of its work. */
final class QuantizeReport {
    private QuantizeReport() {}

    static String table(List<Quantization.Step> plan) {
        Table table = new Table(
                List.of("tensor", "from", "to", "weighted", "before", "after"),
                List.of(Align.LEFT, Align.LEFT, Align.LEFT, Align.LEFT, Align.RIGHT, Align.RIGHT));
        for (Quantization.Step step : plan) {
            table.row(
                    step.name(),
                    step.from().name(),
                    step.to().name(),
                    step.weighted() ? "yes" : "",
                    Quantity.bytes(step.fromBytes()),
                    Quantity.bytes(step.toBytes()));
        }
        return table.plain();
    }

    static String summary(List<Quantization.Step> plan) {
        long elements = plan.stream().mapToLong(Quantization.Step::elements).sum();
        long to = plan.stream().mapToLong(Quantization.Step::toBytes).sum();
        return String.format(
                Locale.ROOT,
                "%s to %s, %.2f bits per weight",
                Quantity.bytes(fromBytes(plan)),
                Quantity.bytes(to),
                8.0 * to / elements);
    }

    static long fromBytes(List<Quantization.Step> plan) {
        return plan.stream().mapToLong(Quantization.Step::fromBytes).sum();
    }

    /** Which types were chosen how often, and what they cost. */
    static String chosen(AutoQuantization.Report report) {
        Map<TensorType, Integer> counts = new LinkedHashMap<>();
        report.types().values().stream().sorted().forEach(it -> counts.merge(it, 1, Integer::sum));
        String types = counts.entrySet().stream()
                .map(it -> it.getValue() + " " + it.getKey())
                .collect(Collectors.joining(", "));
        return String.format(
                Locale.ROOT, "types by measurement: %s; KL divergence %.5f, predicted %.5f", types, report.measured(), report.predicted());
    }
}
