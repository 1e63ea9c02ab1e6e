package moka.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import moka.cli.render.TextWidth;
import moka.engine.OperationTime;

/** Where the time of a test went: a line for each operation of the forward pass. */
public final class ProfileTable {
    private static final String BETWEEN = "between operations";

    private ProfileTable() {}

    /**
     * The table of a test as lines.
     *
     * @param nanoseconds of all timed runs together
     * @param passes prompts, or tokens where they are generated one by one, in all timed runs
     */
    public static List<String> of(BenchTest test, List<OperationTime> operations, long nanoseconds, long passes) {
        int width = Math.max(
                BETWEEN.length(), operations.stream().mapToInt(it -> TextWidth.of(it.operation())).max().orElse(0));
        List<String> lines = new ArrayList<>();
        lines.add(test.name() + ", for each " + (test.promptTokens() == 0 ? "token" : "run") + ":");
        lines.add(row("operation", width, "calls", "us", "share", "GB/s", "G products/s"));
        long inside = 0;
        for (OperationTime operation : operations) {
            inside += operation.nanoseconds();
            lines.add(row(
                    operation.operation(),
                    width,
                    number((double) operation.calls() / passes, "%.0f"),
                    number(operation.nanoseconds() / 1e3 / passes, "%.0f"),
                    number(100.0 * operation.nanoseconds() / nanoseconds, "%.1f %%"),
                    rate(operation.weightBytes(), operation.nanoseconds(), "%.1f"),
                    rate(operation.products(), operation.nanoseconds(), "%.0f")));
        }
        long between = Math.max(0, nanoseconds - inside);
        lines.add(row(
                BETWEEN, width, "", number(between / 1e3 / passes, "%.0f"), number(100.0 * between / nanoseconds, "%.1f %%"), "", ""));
        return lines;
    }

    private static String row(String name, int width, String calls, String micros, String share, String bandwidth, String products) {
        return String.format(
                        Locale.ROOT, "  %s  %6s  %9s  %7s  %6s  %12s",
                        name + " ".repeat(width - TextWidth.of(name)), calls, micros, share, bandwidth, products)
                .stripTrailing();
    }

    private static String number(double value, String format) {
        return String.format(Locale.ROOT, format, value);
    }

    private static String rate(long amount, long nanoseconds, String format) {
        return amount == 0 || nanoseconds == 0 ? "" : number((double) amount / nanoseconds, format);
    }
}
