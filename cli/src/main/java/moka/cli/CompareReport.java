package moka.cli;

import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import moka.cli.render.Quantity;
import moka.cli.render.ScatterPlot;
import moka.cli.render.Table;
import moka.cli.render.Table.Align;
import moka.quantize.quality.ModelQuality;
import moka.quantize.quality.ParetoFront;

/** What {@code moka compare} prints. */
final class CompareReport {
    private CompareReport() {}

    static Table table(List<ModelQuality> measured) {
        boolean asked = measured.stream().anyMatch(it -> it.answered().isPresent());
        List<String> titles = new ArrayList<>(
                List.of("file", "type", "size", "bpw", "perplexity", "KL", "99.9 %", "same top", "questions", "prefill t/s", "decode t/s", "memory"));
        if (!asked) {
            titles.remove("questions");
        }
        List<Align> alignments = new ArrayList<>(Collections.nCopies(titles.size(), Align.RIGHT));
        alignments.set(0, Align.LEFT);
        alignments.set(1, Align.LEFT);
        Table table = new Table(titles, alignments);
        for (ModelQuality it : measured) {
            var d = it.divergence();
            List<String> cells = new ArrayList<>(List.of(
                    it.name(),
                    it.type(),
                    Quantity.bytes(it.bytes()),
                    format("%.2f", it.bitsPerWeight()),
                    format("%.4f ± %.4f", d.perplexity().value(), d.perplexity().error()),
                    format("%.5f ± %.5f", d.divergence().value(), d.divergence().error()),
                    format("%.4f", d.percentile999()),
                    format("%.2f %%", 100 * d.sameTop().value())));
            if (asked) {
                cells.add(it.answered().map(a -> a.right() + "/" + a.total()).orElse(""));
            }
            cells.addAll(List.of(
                    format("%.0f", it.prefillRate()), format("%.1f", it.decodeRate()), Quantity.bytes(it.memoryBytes())));
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    static ScatterPlot plot(List<ModelQuality> measured) {
        List<ModelQuality> front = ParetoFront.of(
                measured, ModelQuality::bitsPerWeight, it -> it.divergence().divergence().value());
        return new ScatterPlot(
                "bits per weight",
                "KL divergence (nats)",
                measured.stream()
                        .map(it -> new ScatterPlot.Point(
                                it.name().replaceFirst("\\.gguf$", ""),
                                it.bitsPerWeight(),
                                it.divergence().divergence().value(),
                                front.contains(it)))
                        .toList());
    }

    static String json(List<ModelQuality> measured) {
        List<String> rows = new ArrayList<>();
        for (ModelQuality it : measured) {
            rows.add(format(
                    "{\"file\":%s,\"type\":\"%s\",\"bytes\":%d,\"bitsPerWeight\":%.4f,\"quality\":%s,\"right\":%d,\"questions\":%d,\"prefillTokensPerSecond\":%.1f,\"decodeTokensPerSecond\":%.1f,\"memoryBytes\":%d}",
                    new JsonPrimitive(it.name()),
                    it.type(),
                    it.bytes(),
                    it.bitsPerWeight(),
                    DivergenceReport.json(it.divergence()).strip(),
                    it.answered().map(ModelQuality.Answered::right).orElse(0),
                    it.answered().map(ModelQuality.Answered::total).orElse(0),
                    it.prefillRate(),
                    it.decodeRate(),
                    it.memoryBytes()));
        }
        return "[" + String.join(",\n ", rows) + "]";
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
