package moka.quantize;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import moka.quantize.search.BlockQuantizer;
import moka.quantize.search.BlockQuantizers;
import org.jspecify.annotations.Nullable;

/**
 * Turns rows of float32 into the blocks of one tensor type: the seam behind which every quantizer lies. Without weights a type that has a
 * round-to-nearest rule is rounded, bytes equal to the reference's; other types, and all searched types with weights, get the blocks with the
 * smallest (weighted) squared error that the search finds. Deterministic. For one thread.
 */
public final class RowQuantizer {
    /** Weights below this part of their mean count as this much: a column that no text of the calibration used still has to mean something. */
    private static final float LEAST_WEIGHT = 1e-6f;

    private final TensorType type;
    private final TensorFormat format;
    private final boolean emphasis;
    private final @Nullable BlockQuantizer search;
    private float[] weights = new float[0];
    private float @Nullable [] weightsOf;
    private int weightColumns;
    private float @Nullable [] columnScales;

    /** Weights as they are given. @throws IllegalArgumentException if values cannot be stored in the type */
    public RowQuantizer(TensorType type) {
        this(type, false);
    }

    /**
     * @param emphasis whether large values count more than the importance of their columns says: the text of a calibration is not all texts, and large
     *     weights are what tells (on pebble KL divergence falls by 1 to 10 %)
     * @throws IllegalArgumentException if values cannot be stored in the type
     */
    public RowQuantizer(TensorType type, boolean emphasis) {
        this.type = type;
        this.emphasis = emphasis;
        this.format = TensorFormats.of(type);
        Optional<BlockQuantizer> found = BlockQuantizers.of(type);
        this.search = found.orElse(null);
        if (!canQuantize(type)) {
            throw new IllegalArgumentException("weights cannot be stored as " + type);
        }
    }

    /** For values whose columns are multiplied by scales: the emphasis of large ones looks at them as they were. */
    RowQuantizer ofScaledColumns(float[] scales) {
        columnScales = scales;
        return this;
    }

    /** Whether weights can be stored in the type. */
    public static boolean canQuantize(TensorType type) {
        return BlockQuantizers.of(type).isPresent() || TensorFormats.of(type).quantizes();
    }

    /** Whether importance weights change what the type stores. */
    public static boolean usesWeights(TensorType type) {
        return BlockQuantizers.of(type).isPresent();
    }

    public TensorType type() {
        return type;
    }

    /**
     * Quantizes whole rows.
     *
     * @param values {@code [rows][columns]}, finite
     * @param columns a multiple of the type's block
     * @param importance what the squared error in each column counts, or null where all count the same
     * @param target receives {@code rows * type.rowBytes(columns)} bytes
     */
    public void quantize(
            float[] values, int offset, int rows, int columns, float @Nullable [] importance, byte[] target, int targetOffset) {
        if (search == null || (importance == null && format.quantizes())) {
            format.quantize(values, offset, rows * columns, MemorySegment.ofArray(target), targetOffset);
            return;
        }
        prepareWeights(rows, columns, importance);
        if (importance != null && emphasis) {
            emphasise(values, offset, rows, columns);
        }
        float[] first = offset == 0 ? values : Arrays.copyOfRange(values, offset, offset + rows * columns);
        search.quantize(first, weights, 0, rows * columns / type.blockElements(), target, targetOffset);
    }

    /** Each weight times {@code sqrt(mean square of the row + value²)}, over the root of the mean square. */
    private void emphasise(float[] values, int offset, int rows, int columns) {
        for (int first = 0; first < rows * columns; first += columns) {
            double sum = 0;
            for (int i = first; i < first + columns; i++) {
                double value = unscaled(values[offset + i], i - first);
                sum += value * value;
            }
            double mean = sum / columns;
            for (int i = first; mean > 0 && i < first + columns; i++) {
                double value = unscaled(values[offset + i], i - first);
                weights[i] *= (float) Math.sqrt(1 + value * value / mean);
            }
        }
        weightsOf = null;
    }

    private double unscaled(float value, int column) {
        return columnScales == null ? value : value / columnScales[column];
    }

    /** The search wants a weight for each element: those of the columns, row after row. */
    private void prepareWeights(int rows, int columns, float @Nullable [] importance) {
        if (weights.length >= rows * columns && weightColumns == columns && weightsOf == importance) {
            return;
        }
        weights = new float[rows * columns];
        weightsOf = importance;
        weightColumns = columns;
        if (importance == null) {
            Arrays.fill(weights, 1);
            return;
        }
        double sum = 0;
        for (int i = 0; i < columns; i++) {
            sum += importance[i];
        }
        // Of mean 1: float32 sums of squares then neither overflow nor vanish.
        double mean = sum > 0 ? sum / columns : 1;
        for (int i = 0; i < columns; i++) {
            weights[i] = Math.max((float) (importance[i] / mean), LEAST_WEIGHT);
        }
        for (int row = 1; row < rows; row++) {
            System.arraycopy(weights, 0, weights, row * columns, columns);
        }
    }
}
