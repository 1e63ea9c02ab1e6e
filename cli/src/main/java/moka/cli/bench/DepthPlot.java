package moka.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Speed by depth of the context as bars, for each series of results that differ in the depth alone. */
public final class DepthPlot {
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    private DepthPlot() {}

    /** The plot; empty where no series has two depths. @param columns width of the terminal */
    public static String of(List<BenchResult> results, int columns) {
        Map<String, List<BenchResult>> series = new LinkedHashMap<>();
        for (BenchResult result : results) {
            series.computeIfAbsent(title(result), key -> new ArrayList<>()).add(result);
        }
        StringBuilder text = new StringBuilder();
        series.forEach((title, points) -> {
            if (points.size() > 1) {
                append(text, title, points, columns);
            }
        });
        return text.toString();
    }

    private static String title(BenchResult result) {
        BenchTest test = result.test();
        return new BenchTest(test.promptTokens(), test.generatedTokens(), 0).name() + " of " + result.model().fileName() + ", "
                + result.settings().threads() + (result.settings().threads() == 1 ? " thread" : " threads") + ", cache " + result.settings().cacheTypeKeys() + ": t/s by depth";
    }

    private static void append(StringBuilder text, String title, List<BenchResult> points, int columns) {
        double largest = points.stream().mapToDouble(BenchResult::meanRate).max().orElse(1);
        int width = Math.max(10, Math.min(60, columns - 20));
        text.append('\n').append(title).append('\n');
        for (BenchResult point : points) {
            double share = point.meanRate() / largest;
            text.append(String.format(Locale.ROOT, "%8d %s %.2f%n", point.test().depth(), bar(share * width), point.meanRate()));
        }
    }

    static String bar(double columns) {
        int eighths = (int) Math.round(columns * 8);
        String rest = eighths % 8 == 0 ? "" : String.valueOf(EIGHTHS.charAt(eighths % 8));
        return "█".repeat(eighths / 8) + rest;
    }
}
