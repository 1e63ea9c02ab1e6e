package moka.cli;

import java.nio.file.Path;
import java.util.Locale;
import moka.cli.render.ProgressLine;
import moka.cli.terminal.Streams;
import moka.quantize.AutoQuantization;
import moka.quantize.Quantization;

/** Shows how far a quantization is: one line for each of its parts, drawn over. Not thread-safe. */
final class QuantizeProgress implements AutoCloseable, AutoQuantization.Listener {
    private final Streams streams;
    private final Path out;
    private final boolean verbose;
    private final long start = System.nanoTime();
    private ProgressLine line;
    private String part = "";
    private String now = "";

    QuantizeProgress(Streams streams, Path out, boolean verbose) {
        this.streams = streams;
        this.out = out;
        this.verbose = verbose;
        this.line = line("", "");
    }

    private ProgressLine line(String what, String unit) {
        return new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), what, unit);
    }

    /** Takes the line away, for text in its place. */
    void clear() {
        line.clear();
    }

    /** Since it began. */
    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    private void progress(String what, String unit, long done, long total, String note) {
        if (!what.equals(part)) {
            line.clear();
            line = line(what, unit);
            part = what;
        }
        line.at(done, total, note);
    }

    @Override
    public void onWindow(int done, int total) {
        progress("calibrate", "windows", done, total, "");
    }

    @Override
    public void onMeasured(String tensor, int done, int total) {
        progress("measure", "tensors", done, total, tensor);
    }

    @Override
    public void onRound(int round, double divergence) {
        line.clear();
        streams.note(String.format(Locale.ROOT, "round %d: KL divergence %.5f", round, divergence));
    }

    @Override
    public void onTensor(Quantization.Step step, int index, int count) {
        now = step.name();
        if (verbose) {
            line.clear();
            streams.note(String.format(
                    Locale.ROOT,
                    "[%d/%d] %s: %s to %s%s",
                    index + 1,
                    count,
                    step.name(),
                    step.from(),
                    step.to(),
                    step.weighted() ? ", weighted" : ""));
        }
    }

    @Override
    public void onResume(int kept, int count) {
        line.clear();
        streams.note("moka: " + out + ": an earlier run finished " + kept + " of " + count + " tensors: going on with the rest");
    }

    @Override
    public void onProgress(long done, long total) {
        progress("quantize", "MB", done / 1_000_000, total / 1_000_000, now);
    }

    @Override
    public void close() {
        line.close();
    }
}
