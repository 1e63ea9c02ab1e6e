package moka.quantize.method;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import moka.quantize.search.BlockQuantizer;
import moka.quantize.search.BlockQuantizers;
import moka.quantize.search.CodePacking;
import org.jspecify.annotations.Nullable;

/**
 * GPTQ: columns are rounded one after another, and what rounding a column does wrong is made good, as well as it can be, by the columns that are
 * not yet rounded. With {@code H} the sum of {@code x xᵀ} over the inputs and {@code U} the upper root of its inverse, rounding column {@code j} from
 * {@code w} to {@code q} moves every later column {@code k} by {@code -(w - q) / U[j][j] * U[j][k]}.
 *
 * <p>Blocks keep their columns together: their order is that of the sum of their columns' inputs, largest first, and within a block columns go
 * likewise (act-order). When the turn comes to a block its scales are searched for the weights as they are by then; the codes are chosen column by
 * column. Types without codes of their own (lattices) are searched as a block, and its error is made good by later blocks; where that does not
 * help, the row is stored without.
 *
 * @see <a href="https://arxiv.org/abs/2210.17323">GPTQ</a>
 */
public final class Gptq {
    private final SymmetricMatrix inputs;
    private final int columns;
    private final int blockLength;

    /** Column that is rounded at each step. */
    private final int[] order;

    /** {@code [step][later step]} as float32, rows of the root divided by their diagonal. */
    private final float[][] spread;

    /** What the squared error of each column counts in the search for scales, where other columns make it good: {@code 1 / U[j][j]²}. */
    private final float[] weights;

    /** The same where no column of the block can make it good: the mean square of its input. */
    private final float[] blockSearchWeights;

    /**
     * Prepares the matrix of inputs for a type.
     *
     * @param inputs sum of {@code x xᵀ}
     * @param blockLength elements of a block of the type
     * @param damping part of the mean of the diagonal that is added to it, such as 0.03
     */
    public Gptq(SymmetricMatrix inputs, int blockLength, double damping) {
        this.inputs = inputs;
        this.columns = inputs.size();
        this.blockLength = blockLength;
        this.order = order(inputs.diagonal(), blockLength);
        double[][] root = inputs.damped(damping).permuted(order).inverseRoot();
        spread = new float[columns][columns];
        weights = new float[columns];
        for (int i = 0; i < columns; i++) {
            for (int j = i + 1; j < columns; j++) {
                spread[i][j] = (float) (root[i][j] / root[i][i]);
            }
            weights[order[i]] = (float) (1 / (root[i][i] * root[i][i]));
        }
        scaleToMeanOne(weights);
        blockSearchWeights = new float[columns];
        double[] diagonal = inputs.diagonal();
        for (int i = 0; i < columns; i++) {
            blockSearchWeights[i] = (float) diagonal[i];
        }
        scaleToMeanOne(blockSearchWeights);
    }

    private static void scaleToMeanOne(float[] weights) {
        double sum = 0;
        for (float weight : weights) {
            sum += weight;
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] = sum > 0 ? (float) Math.max(weights[i] * weights.length / sum, 1e-6) : 1;
        }
    }

    private static int[] order(double[] diagonal, int blockLength) {
        int blocks = diagonal.length / blockLength;
        double[] sums = new double[blocks];
        for (int i = 0; i < diagonal.length; i++) {
            sums[i / blockLength] += diagonal[i];
        }
        return IntStream.range(0, blocks)
                .boxed()
                .sorted(Comparator.comparingDouble(it -> -sums[it]))
                .flatMap(block -> IntStream.range(block * blockLength, (block + 1) * blockLength)
                        .boxed()
                        .sorted(Comparator.comparingDouble(it -> -diagonal[it])))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Rounds rows into one type. Holds scratch memory: for one thread. */
    public final class RowRounder {
        private final TensorType type;
        private final TensorFormat format;
        private final TensorFormat.@Nullable IntegerForm form;
        private final BlockQuantizer search;
        private final CodeGrid grid;

        /** The row in the order of the steps. */
        private final float[] row = new float[columns];

        private final float[] block = new float[blockLength];
        private final float[] blockWeights = new float[blockLength];
        private final byte[] bytes;
        private final byte[] codes = new byte[blockLength];
        private final float[] scales;
        private final float[] minimums;
        private final float[] decoded = new float[blockLength];

        /** @throws IllegalArgumentException if the type's blocks are not searched */
        public RowRounder(TensorType type) {
            this.type = type;
            this.grid = new CodeGrid(type);
            this.format = TensorFormats.of(type);
            this.form = CodePacking.supports(type) ? format.integerForm() : null;
            this.search = BlockQuantizers.of(type)
                    .orElseGet(() -> (values, w, offset, blocks, target, at) -> format.quantize(
                            values, offset, blocks * blockLength, MemorySegment.ofArray(target), at));
            this.bytes = new byte[type.blockBytes()];
            int groups = form == null ? 0 : blockLength / form.groupLength();
            this.scales = new float[groups];
            this.minimums = new float[groups];
        }

        /** Rounds one row; {@code values} stay as they are. */
        public void round(float[] values, int offset, byte[] target, int targetOffset) {
            roundInOrder(values, offset, target, targetOffset);
            if (form == null) {
                keepBlocksAloneIfBetter(values, offset, target, targetOffset);
            }
        }

        /** With one or two bits an element the blocks that make errors good may have no room for them. */
        private void keepBlocksAloneIfBetter(float[] values, int offset, byte[] target, int targetOffset) {
            byte[] alone = new byte[Math.toIntExact(type.rowBytes(columns))];
            float[] row = Arrays.copyOfRange(values, offset, offset + columns);
            search.quantize(row, blockSearchWeights, 0, columns / blockLength, alone, 0);
            if (outputError(row, alone, 0) < outputError(row, target, targetOffset)) {
                System.arraycopy(alone, 0, target, targetOffset, alone.length);
            }
        }

        private double outputError(float[] values, byte[] stored, int at) {
            float[] back = new float[columns];
            format.decode(MemorySegment.ofArray(stored), at, columns, back, 0);
            double[] error = new double[columns];
            for (int i = 0; i < columns; i++) {
                error[i] = back[i] - values[i];
            }
            return inputs.quadraticForm(error);
        }

        private void roundInOrder(float[] values, int offset, byte[] target, int targetOffset) {
            for (int step = 0; step < columns; step++) {
                row[step] = values[offset + order[step]];
            }
            float[] counts = form == null ? blockSearchWeights : weights;
            for (int first = 0; first < columns; first += blockLength) {
                int column = order[first] / blockLength * blockLength;
                for (int step = first; step < first + blockLength; step++) {
                    block[order[step] - column] = row[step];
                    blockWeights[order[step] - column] = counts[order[step]];
                }
                search.quantize(block, blockWeights, 0, 1, bytes, 0);
                if (form == null) {
                    spreadBlock(first, column);
                } else {
                    roundColumns(form, first, column);
                }
                System.arraycopy(bytes, 0, target, targetOffset + column / blockLength * type.blockBytes(), bytes.length);
            }
        }

        /** Chooses codes one after another for the scales that were found. */
        private void roundColumns(TensorFormat.IntegerForm split, int first, int column) {
            split.split(MemorySegment.ofArray(bytes), 0, blockLength, codes, 0, scales, minimums, 0);
            for (int step = first; step < first + blockLength; step++) {
                int i = order[step] - column;
                int group = i / split.groupLength();
                float scale = scales[group];
                int code = grid.nearest(scale == 0 ? 0 : (row[step] + minimums[group]) / scale);
                codes[i] = (byte) code;
                spreadError(step, row[step] - (scale * grid.value(code) - minimums[group]));
            }
            CodePacking.pack(type, codes, 0, bytes, 0);
        }

        /** The block as the search left it; its columns' errors go to later blocks. */
        private void spreadBlock(int first, int column) {
            format.decode(MemorySegment.ofArray(bytes), 0, blockLength, decoded, 0);
            for (int step = first; step < first + blockLength; step++) {
                spreadError(step, row[step] - decoded[order[step] - column]);
            }
        }

        private void spreadError(int step, float error) {
            float[] factors = spread[step];
            for (int later = step + 1; later < columns; later++) {
                row[later] -= error * factors[later];
            }
        }
    }

    /** Columns in the order in which they are rounded. */
    int[] order() {
        return Arrays.copyOf(order, columns);
    }

    /** How much of the error at a step each later step makes good: {@code [step][later step]}, to be subtracted. */
    float[][] spread() {
        return spread;
    }
}
