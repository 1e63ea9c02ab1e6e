package moka.quantize.method;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import moka.quantize.search.BlockScales;
import moka.quantize.search.CodePacking;

/**
 * Clipping: the range of each group of a row is chosen by what the row's output loses, {@code e H eᵀ} with {@code e} the error of the row and {@code H} the sum
 * of {@code x xᵀ} over the inputs. Group by group, ranges around the one that is there are tried, each with the nearest codes, while the errors of the other
 * groups are as they are; the best is kept. So errors of columns whose inputs correlate make each other good, as far as the choice of ranges lets them.
 *
 * <p>A row of {@code n} columns costs {@code n²} operations to begin, as many for each pass in which all its codes change, and some 500 a column to try
 * ranges.
 *
 * @see <a href="https://arxiv.org/abs/2306.00978">AWQ</a>, which searches one clipping for all inputs of a group
 */
public final class ClipSearch {
    private static final int PASSES = 2;

    /** As float32, both halves, of mean diagonal 1. */
    private final float[][] inputs;

    /** @param damping part of the mean of the diagonal that is added to it, such as 0.03 */
    public ClipSearch(SymmetricMatrix products, double damping) {
        SymmetricMatrix damped = products.damped(damping);
        int columns = damped.size();
        double mean = 0;
        for (double square : damped.diagonal()) {
            mean += square / columns;
        }
        inputs = new float[columns][columns];
        for (int i = 0; i < columns; i++) {
            for (int j = 0; j < columns; j++) {
                inputs[i][j] = (float) (damped.get(i, j) / mean);
            }
        }
    }

    /** Whether ranges of a type's groups can be chosen. */
    public static boolean supports(TensorType type) {
        return BlockScales.of(type).isPresent();
    }

    /** Improves rows of one type. Holds scratch memory: for one thread. */
    public final class Rows {
        private final TensorType type;
        private final TensorFormat format;
        private final CodeGrid grid;
        private final BlockScales fields;
        private final int length;
        private final int columns = inputs.length;
        private final byte[] codes = new byte[columns];
        private final float[] error = new float[columns];

        /** {@code H e}: half the slope of what is lost. */
        private final float[] slope = new float[columns];

        private final byte[] triedCodes;
        private final float[] change;
        private final float[] product;
        private final byte[] bestCodes;
        private final float[] bestChange;

        /** @throws IllegalArgumentException if the type is not supported */
        public Rows(TensorType type) {
            this.type = type;
            this.grid = new CodeGrid(type);
            this.fields = BlockScales.of(type).orElseThrow(() -> new IllegalArgumentException("ranges of " + type + " are not searched"));
            this.format = TensorFormats.of(type);
            this.length = type.blockElements() / fields.groups();
            triedCodes = new byte[length];
            change = new float[length];
            product = new float[length];
            bestCodes = new byte[length];
            bestChange = new float[length];
        }

        /**
         * Improves a row.
         *
         * @param values what the row is to be
         * @param stored blocks of the row, as another search left them
         */
        public void improve(float[] values, int offset, byte[] stored, int storedOffset) {
            begin(values, offset, stored, storedOffset);
            int blocks = columns / type.blockElements();
            for (int pass = 0; pass < PASSES; pass++) {
                boolean changed = false;
                for (int block = 0; block < blocks; block++) {
                    changed |= improveBlock(values, offset, block, stored, storedOffset + block * type.blockBytes());
                }
                if (!changed) {
                    return;
                }
            }
        }

        private void begin(float[] values, int offset, byte[] stored, int storedOffset) {
            format.decode(MemorySegment.ofArray(stored), storedOffset, columns, error, 0);
            for (int block = 0; block < columns / type.blockElements(); block++) {
                fields.load(stored, storedOffset + block * type.blockBytes());
                for (int group = 0; group < fields.groups(); group++) {
                    readCodes(block * type.blockElements() + group * length, fields.scale(group, 0), fields.minimum(group, 0));
                }
            }
            Arrays.fill(slope, 0);
            for (int j = 0; j < columns; j++) {
                error[j] -= values[offset + j];
                addMultiple(slope, error[j], inputs[j]);
            }
        }

        /** Codes of a group, from its decoded values. */
        private void readCodes(int first, float scale, float minimum) {
            for (int i = first; i < first + length; i++) {
                codes[i] = (byte) grid.nearest(scale == 0 ? 0 : (error[i] + minimum) / scale);
            }
        }

        private static void addMultiple(float[] sums, float factor, float[] values) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += factor * values[i];
            }
        }

        private boolean improveBlock(float[] values, int offset, int block, byte[] stored, int at) {
            fields.load(stored, at);
            boolean changed = false;
            for (int group = 0; group < fields.groups(); group++) {
                changed |= improveGroup(values, offset, group, block * type.blockElements() + group * length);
            }
            if (changed) {
                fields.store(stored, at);
                CodePacking.pack(type, codes, block * type.blockElements(), stored, at);
            }
            return changed;
        }

        private boolean improveGroup(float[] values, int offset, int group, int first) {
            int best = 0;
            double least = 0;
            for (int candidate = 0; candidate < fields.candidates(); candidate++) {
                round(values, offset, first, fields.scale(group, candidate), fields.minimum(group, candidate));
                double more = effect(first);
                if (more < least) {
                    least = more;
                    best = candidate;
                    System.arraycopy(triedCodes, 0, bestCodes, 0, length);
                    System.arraycopy(change, 0, bestChange, 0, length);
                }
            }
            if (least >= 0) {
                return false;
            }
            fields.take(group, best);
            System.arraycopy(bestCodes, 0, codes, first, length);
            for (int i = 0; i < length; i++) {
                error[first + i] += bestChange[i];
                if (bestChange[i] != 0) {
                    addMultiple(slope, bestChange[i], inputs[first + i]);
                }
            }
            return true;
        }

        /** Nearest codes for a scale and a minimum, and how the errors change by them. */
        private void round(float[] values, int offset, int first, float scale, float minimum) {
            float inverse = scale == 0 ? 0 : 1 / scale;
            for (int i = 0; i < length; i++) {
                float value = values[offset + first + i];
                int code = grid.nearest((value + minimum) * inverse);
                triedCodes[i] = (byte) code;
                change[i] = scale * grid.value(code) - minimum - value - error[first + i];
            }
        }

        /** What the output loses more with the changed errors: {@code 2 c · He + c H cᵀ}. */
        private double effect(int first) {
            Arrays.fill(product, 0);
            for (int k = 0; k < length; k++) {
                float factor = change[k];
                float[] row = inputs[first + k];
                for (int i = 0; i < length; i++) {
                    product[i] += factor * row[first + i];
                }
            }
            double sum = 0;
            for (int i = 0; i < length; i++) {
                sum += change[i] * (2.0 * slope[first + i] + product[i]);
            }
            return sum;
        }
    }
}
