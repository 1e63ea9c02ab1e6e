package moka.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What the machine can do: the ceiling that tokens per second are held against. */
public final class MachineLimits {
    private MachineLimits() {}

    /** Name of the processor, or its kind where the system does not tell. */
    public static String processor() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
        return System.getProperty("os.arch");
    }

    /** {@code 24.1 GB/s}. */
    public static String gigabytes(double bytesPerSecond) {
        return String.format(Locale.ROOT, "%.1f GB/s", bytesPerSecond / 1e9);
    }

    /** A line on how near a generation is to what memory gives. */
    public static String nearness(BenchResult result, double bandwidth) {
        double reached = result.meanRate() * result.model().bytesPerToken();
        return String.format(
                Locale.ROOT,
                "%s %s: reads %.3f GB of weights a token, %s: %.0f %% of the %s that %d thread%s read here%s",
                result.model().fileName(),
                result.test().name(),
                result.model().bytesPerToken() / 1e9,
                gigabytes(reached),
                100 * reached / bandwidth,
                gigabytes(bandwidth),
                result.settings().threads(),
                result.settings().threads() == 1 ? "" : "s",
                reached > bandwidth ? " (more than memory gives: from the caches)" : "");
    }
}
