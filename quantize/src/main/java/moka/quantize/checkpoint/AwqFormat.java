package moka.quantize.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import moka.gguf.SafetensorsFile;
import moka.gguf.SafetensorsTensor;
import moka.gguf.SafetensorsType;
import moka.quantize.QuantizeException;

/**
 * AWQ as AutoAWQ stores it for its {@code gemm} kernels. For a matrix of {@code out} rows and {@code in} columns with codes of 4 bits: {@code qweight}
 * {@code [in][out / 8]}, {@code qzeros} {@code [groups][out / 8]}, {@code scales} {@code [groups][out]}. The eight nibbles of a word, from the low end, hold rows
 * 0, 2, 4, 6, 1, 3, 5, 7 of the eight. A weight is {@code scale * (code - zero)}.
 */
final class AwqFormat implements WeightFormat {
    private static final String CODES = ".qweight";
    private static final int BITS = 4;

    /** The nibble that holds each of eight rows. */
    private static final int[] NIBBLES = {0, 4, 1, 5, 2, 6, 3, 7};

    private final int groupSize; // 0: a row is one group

    private AwqFormat(int groupSize) {
        this.groupSize = groupSize;
    }

    static AwqFormat of(Configuration told) {
        if (told.count("bits", "w_bit").orElse(BITS) != BITS) {
            throw told.wrong("bits", "4");
        }
        if (!told.string("version").orElse("gemm").equalsIgnoreCase("gemm")) {
            throw told.wrong("version", "gemm");
        }
        return new AwqFormat(GptqFormat.groupSize(told));
    }

    @Override
    public Optional<Named> tensor(SafetensorsTensor stored, SafetensorsFile file) {
        String name = stored.name();
        if (name.endsWith(".qzeros") || name.endsWith(".scales")) {
            return Optional.empty();
        }
        if (!name.endsWith(CODES)) {
            return WeightFormat.plain(stored);
        }
        String stem = name.substring(0, name.length() - CODES.length());
        return Optional.of(new Named(stem + ".weight", matrix(stem, stored, file), false));
    }

    private Matrix matrix(String stem, SafetensorsTensor stored, SafetensorsFile file) {
        long[] shape = stored.shape();
        if (shape.length != 2 || stored.elements() == 0 || shape[0] > Integer.MAX_VALUE) {
            throw new QuantizeException("tensor '" + stored.name() + "' has shape " + Arrays.toString(shape) + ", expected words of 4-bit codes");
        }
        int columns = (int) shape[0];
        long rows = shape[1] * 8;
        int size = groupSize == 0 ? columns : groupSize;
        int groups = Math.ceilDiv(columns, size);
        SafetensorsTensor scaleTensor = WeightFormat.part(file, stem + ".scales");
        StoredMatrix scales = StoredMatrix.of(scaleTensor);
        if (scales.rows() != groups || scales.columns() != rows) {
            throw new QuantizeException("tensor '" + scaleTensor.name() + "' has shape " + Arrays.toString(scaleTensor.shape())
                    + ", expected [" + groups + ", " + rows + "]");
        }
        int[] groupOf = new int[columns];
        for (int i = 0; i < columns; i++) {
            groupOf[i] = i / size;
        }
        PackedWords codes = PackedWords.of(stored, columns, shape[1]);
        PackedWords zeros = PackedWords.of(WeightFormat.part(file, stem + ".qzeros"), groups, shape[1]);
        return new GridRows(
                new Columns(codes, zeros, scales), rows, columns, BITS, groupOf, scaleTensor.type() == SafetensorsType.F16);
    }

    /** @param scales {@code [groups][rows]} */
    private record Columns(PackedWords words, PackedWords packedZeros, StoredMatrix scales) implements GridRows.Codes {
        private static int code(PackedWords words, long line, long row) {
            return words.get(line, row >> 3) >>> 4 * NIBBLES[(int) (row & 7)] & 15;
        }

        @Override
        public void codes(int column, long firstRow, int[] target) {
            for (int i = 0; i < target.length; i++) {
                target[i] = code(words, column, firstRow + i);
            }
        }

        @Override
        public void group(int group, long firstRow, float[] scaleOf, int[] zeros) {
            scales.readPart(group, firstRow, scaleOf);
            for (int i = 0; i < zeros.length; i++) {
                zeros[i] = code(packedZeros, group, firstRow + i);
            }
        }

        @Override
        public int groups() {
            return (int) scales.rows();
        }
    }
}
