package moka.cli.render;

import java.util.List;
import java.util.Locale;

/**
 * Points of two numbers, the vertical one on a logarithmic scale: as characters for a terminal, or as SVG.
 *
 * @param xTitle what lies across, with its unit
 * @param yTitle what lies upwards, with its unit
 */
public record ScatterPlot(String xTitle, String yTitle, List<Point> points) {
    private static final int COLUMNS = 60;
    private static final int ROWS = 16;
    private static final int WIDTH = 760;
    private static final int HEIGHT = 460;
    private static final int MARGIN = 60;

    /** @param label what it is @param front whether no other point is better in both */
    public record Point(String label, double x, double y, boolean front) {}

    public ScatterPlot {
        points = points.stream().filter(it -> it.y > 0 && Double.isFinite(it.y)).toList();
    }

    private double low(boolean vertical) {
        return points.stream().mapToDouble(it -> place(it, vertical)).min().orElse(0);
    }

    private double high(boolean vertical) {
        double high = points.stream().mapToDouble(it -> place(it, vertical)).max().orElse(1);
        return high > low(vertical) ? high : low(vertical) + 1;
    }

    private static double place(Point point, boolean vertical) {
        return vertical ? Math.log10(point.y) : point.x;
    }

    private double share(Point point, boolean vertical) {
        return (place(point, vertical) - low(vertical)) / (high(vertical) - low(vertical));
    }

    /** Lines of characters: letters for points, upper case where a point is on the front, and what they stand for. */
    public String text() {
        char[][] field = new char[ROWS][COLUMNS];
        for (char[] row : field) {
            java.util.Arrays.fill(row, ' ');
        }
        StringBuilder legend = new StringBuilder();
        for (int i = 0; i < points.size(); i++) {
            Point point = points.get(i);
            char letter = (char) ((point.front ? 'A' : 'a') + i % 26);
            int column = (int) Math.round(share(point, false) * (COLUMNS - 1));
            int row = (int) Math.round((1 - share(point, true)) * (ROWS - 1));
            field[row][column] = letter;
            legend.append("  ").append(letter).append(' ').append(point.label).append('\n');
        }
        StringBuilder text = new StringBuilder(yTitle).append(", logarithmic\n");
        for (int row = 0; row < ROWS; row++) {
            double value = Math.pow(10, high(true) - (high(true) - low(true)) * row / (ROWS - 1));
            String label = row % 5 == 0 ? String.format(Locale.ROOT, "%9.2g ", value) : " ".repeat(10);
            text.append((label + "│" + new String(field[row])).stripTrailing()).append('\n');
        }
        text.append(" ".repeat(10)).append('└').append("─".repeat(COLUMNS)).append('\n');
        String left = String.format(Locale.ROOT, "%.2f", low(false));
        String right = String.format(Locale.ROOT, "%.2f", high(false));
        text.append(" ".repeat(11)).append(left).append(" ".repeat(COLUMNS - left.length() - right.length())).append(right).append('\n');
        return text.append(" ".repeat(11)).append(xTitle).append("; capitals are on the Pareto front\n").append(legend).toString();
    }

    /** A picture that needs nothing else. */
    public String svg() {
        StringBuilder svg = new StringBuilder();
        svg.append(format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n", WIDTH, HEIGHT));
        svg.append(format("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>%n", WIDTH, HEIGHT));
        svg.append(format(
                "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#444\"/>%n", MARGIN, MARGIN / 2, HEIGHT - MARGIN, WIDTH - MARGIN / 2));
        svg.append(format("<text x=\"%d\" y=\"%d\">%s</text>%n", WIDTH / 2 - 60, HEIGHT - 20, escaped(xTitle)));
        svg.append(format("<text x=\"%d\" y=\"%d\">%s</text>%n", MARGIN + 8, MARGIN / 2 + 4, escaped(yTitle)));
        for (int tick = 0; tick <= 4; tick++) {
            double x = low(false) + (high(false) - low(false)) * tick / 4;
            double y = Math.pow(10, low(true) + (high(true) - low(true)) * tick / 4);
            svg.append(format("<text x=\"%.1f\" y=\"%d\" fill=\"#666\">%.2f</text>%n", across(tick / 4.0) - 12, HEIGHT - MARGIN + 16, x));
            svg.append(format("<text x=\"4\" y=\"%.1f\" fill=\"#666\">%.2g</text>%n", upwards(tick / 4.0) + 4, y));
        }
        StringBuilder front = new StringBuilder();
        points.stream()
                .filter(Point::front)
                .sorted(java.util.Comparator.comparingDouble(Point::x))
                .forEach(it -> front.append(format("%.1f,%.1f ", across(share(it, false)), upwards(share(it, true)))));
        svg.append(format("<polyline points=\"%s\" fill=\"none\" stroke=\"#c60\"/>%n", front.toString().strip()));
        for (Point point : points) {
            double x = across(share(point, false));
            double y = upwards(share(point, true));
            svg.append(format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>%n", x, y, point.front ? "#c60" : "#69c"));
            svg.append(format("<text x=\"%.1f\" y=\"%.1f\">%s</text>%n", x + 6, y - 5, escaped(point.label)));
        }
        return svg.append("</svg>\n").toString();
    }

    private static double across(double share) {
        return MARGIN + 10 + share * (WIDTH - 2.5 * MARGIN - 20);
    }

    private static double upwards(double share) {
        return HEIGHT - MARGIN - 10 - share * (HEIGHT - 2 * MARGIN - 20);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
