package moka.cli.render;

import java.util.Locale;

/** Numbers with their units, as people read them: three digits that are true. */
public final class Quantity {
    private Quantity() {}

    /** {@code 3,280,832}. */
    public static String grouped(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** {@code 3.13 MiB}. */
    public static String bytes(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes / 1024.0;
        String[] units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        int unit = 0;
        while (value >= 1023.5 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return threeDigits(value) + " " + units[unit];
    }

    /** {@code 5.25 M}: counts of parameters or tokens. */
    public static String count(long count) {
        if (count < 1000) {
            return Long.toString(count);
        }
        double value = count / 1000.0;
        String[] units = {"K", "M", "B", "T", "Q"};
        int unit = 0;
        while (value >= 999.5 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return threeDigits(value) + " " + units[unit];
    }

    /** {@code 1m05s}, {@code 12s}. */
    public static String duration(double seconds) {
        long whole = Math.max(0, Math.round(seconds));
        if (whole < 60) {
            return whole + "s";
        }
        if (whole < 3600) {
            return String.format(Locale.ROOT, "%dm%02ds", whole / 60, whole % 60);
        }
        return String.format(Locale.ROOT, "%dh%02dm", whole / 3600, whole % 3600 / 60);
    }

    private static String threeDigits(double value) {
        String format = value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f";
        return String.format(Locale.ROOT, format, value);
    }
}
