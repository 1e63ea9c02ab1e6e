package moka.quantize;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.kernel.ObservedKernels;
import moka.engine.kernel.WeightMatrix;
import moka.gguf.GgufTensor;
import moka.quantize.quality.TextWindows;

/**
 * Runs a text through a model and looks at what its matrices are multiplied with.
 *
 * @param model the file
 * @param options how to compute
 * @param text what to read
 * @param window tokens read together, from an empty cache
 * @param atMost windows, or negative for all
 * @param parseSpecial whether names of special tokens in the text stand for them
 */
public record Calibration(Path model, ModelOptions options, String text, int window, int atMost, boolean parseSpecial) {
    /** Told of progress. */
    @FunctionalInterface
    public interface Listener {
        void onWindow(int done, int total);
    }

    /** Sees the inputs of one matrix. */
    @FunctionalInterface
    interface Inputs {
        /**
         * @param names tensors that share the input
         * @param matrix which of the tensor's matrices, for experts; else 0
         * @param rows {@code [rows][columns]}
         */
        void accept(List<String> names, int matrix, float[][] rows);
    }

    /**
     * The same with a part of the text, cut at the end of a line; of a word, where the rest of the text has one line.
     *
     * @param from share of the text where it begins
     * @param to where it ends, up to 1
     */
    public Calibration part(double from, double to) {
        return new Calibration(model, options, text.substring(cut(from), cut(to)), window, atMost, parseSpecial);
    }

    private int cut(double share) {
        if (share <= 0 || share >= 1) {
            return share <= 0 ? 0 : text.length();
        }
        int at = (int) (share * text.length());
        for (char separator : new char[] {'\n', ' '}) {
            int end = text.indexOf(separator, at) + 1;
            if (end > 0 && end < text.length()) {
                return end;
            }
        }
        return at > 0 && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
    }

    /** Sums of squared inputs for all matrices of blocks; of the output matrix too where {@code withOutput}. */
    public ImportanceMatrix importance(String datasetName, boolean withOutput, Listener listener) {
        Map<String, double[][]> sums = new LinkedHashMap<>();
        Map<String, long[]> counts = new HashMap<>();
        int[] windows = new int[1];
        run(
                withOutput,
                (done, total) -> {
                    windows[0] = done;
                    listener.onWindow(done, total);
                },
                matrixCounts -> (names, matrix, rows) -> {
                    double[] squares = squares(rows);
                    for (String name : names) {
                        int matrices = matrixCounts.get(name);
                        double[][] all = sums.computeIfAbsent(name, it -> new double[matrices][squares.length]);
                        for (int i = 0; i < squares.length; i++) {
                            all[matrix][i] += squares[i];
                        }
                        counts.computeIfAbsent(name, it -> new long[matrices])[matrix] += rows.length;
                    }
                });
        Map<String, ImportanceMatrix.Entry> entries = new LinkedHashMap<>();
        sums.forEach((name, all) -> entries.put(name, entry(all, counts.get(name))));
        return new ImportanceMatrix(entries, List.of(datasetName), windows[0], window, datasetName);
    }

    private static double[] squares(float[][] rows) {
        double[] squares = new double[rows[0].length];
        for (float[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                squares[i] += (double) row[i] * row[i];
            }
        }
        return squares;
    }

    private static ImportanceMatrix.Entry entry(double[][] sums, long[] counts) {
        int columns = sums[0].length;
        float[] all = new float[sums.length * columns];
        float[] rows = new float[counts.length];
        for (int matrix = 0; matrix < sums.length; matrix++) {
            rows[matrix] = counts[matrix];
            for (int i = 0; i < columns; i++) {
                all[matrix * columns + i] = (float) sums[matrix][i];
            }
        }
        return new ImportanceMatrix.Entry(all, rows);
    }

    /** Makes what sees the inputs, once the tensors are known. @see #run */
    @FunctionalInterface
    interface InputsFactory {
        /** @param matrixCounts matrices of each tensor */
        Inputs of(Map<String, Integer> matrixCounts);
    }

    /** Runs all windows. */
    void run(boolean withOutput, Listener listener, InputsFactory factory) {
        AtomicReference<ObservedKernels.Observer> observer = new AtomicReference<>((matrices, rows) -> {});
        try (Model opened = Model.openObserved(model, options, (matrices, rows) -> observer.get().onProduct(matrices, rows))) {
            Map<String, GgufTensor> tensors = new HashMap<>();
            Map<String, Integer> matrixCounts = new HashMap<>();
            for (GgufTensor tensor : opened.file().tensors()) {
                tensors.put(tensor.name(), tensor);
                long[] shape = tensor.shape();
                matrixCounts.put(tensor.name(), shape.length > 2 ? Math.toIntExact(tensor.rows() / shape[1]) : 1);
            }
            Inputs inputs = factory.of(matrixCounts);
            observer.set((matrices, rows) -> show(inputs, tensors, withOutput, matrices, rows));
            TextWindows windows = TextWindows.of(opened, text, window, atMost, parseSpecial);
            try (Session session = opened.newSession(windows.sessionOptions())) {
                for (int i = 0; i < windows.count(); i++) {
                    if (withOutput) {
                        windows.score(session, i, (logits, next) -> {});
                    } else {
                        windows.run(session, i);
                    }
                    listener.onWindow(i + 1, windows.count());
                }
            }
        }
    }

    private static void show(
            Inputs inputs, Map<String, GgufTensor> tensors, boolean withOutput, List<WeightMatrix> matrices, float[][] rows) {
        List<String> names = new ArrayList<>();
        int matrix = 0;
        for (WeightMatrix it : matrices) {
            GgufTensor tensor = tensors.get(it.name());
            boolean wanted = it.name().startsWith("blk.") || (withOutput && it.name().equals("output.weight"));
            // Parts of one tensor that are multiplied apart share their input.
            if (tensor != null && wanted && !names.contains(it.name())) {
                names.add(it.name());
                if (tensor.shape().length > 2) {
                    long matrixBytes = tensor.type().rowBytes(tensor.columns()) * tensor.shape()[1];
                    matrix = (int) ((it.data().address() - tensor.data().address()) / matrixBytes);
                }
            }
        }
        if (!names.isEmpty() && rows.length > 0) {
            inputs.accept(names, matrix, rows);
        }
    }
}
