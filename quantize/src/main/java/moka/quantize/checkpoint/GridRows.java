package moka.quantize.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import moka.gguf.TensorType;

/**
 * Weights {@code scale * (code - zero)} with whole codes of 2 to 8 bits, where a scale and a zero serve a group of columns of one row: what GPTQ and AWQ
 * store. How codes lie in words differs, so they are read through {@link Codes}.
 *
 * @param groupOf group of each column
 * @param halfScales whether all scales are float16
 */
record GridRows(Codes codes, long rows, int columns, int bits, int[] groupOf, boolean halfScales) implements Matrix {
    /** Values in a block of Q4_0, Q4_1 and Q8_0. */
    private static final int BLOCK = 32;

    /** Where codes, scales and zeros come from. Safe for use by many threads. */
    interface Codes {
        /** Codes of {@code rows} rows in one column. */
        void codes(int column, long firstRow, int[] target);

        /** Scales and zeros of {@code target.length} rows in one group. */
        void group(int group, long firstRow, float[] scales, int[] zeros);

        int groups();
    }

    @Override
    public TensorType type() {
        return TensorType.F32;
    }

    @Override
    public void read(long firstRow, int count, float[] target, int offset) {
        eachColumn(firstRow, count, (column, codeOf, scales, zeros) -> {
            for (int row = 0; row < count; row++) {
                target[offset + row * columns + column] = scales[row] * (codeOf[row] - zeros[row]);
            }
        });
    }

    /** Sees a column: code, scale and zero of each row. */
    @FunctionalInterface
    private interface Column {
        void see(int column, int[] codeOf, float[] scales, int[] zeros);
    }

    /** Goes through the columns of some rows; scales and zeros are fetched where the group changes. */
    private void eachColumn(long firstRow, int count, Column see) {
        int[] codeOf = new int[count];
        float[] scales = new float[count];
        int[] zeros = new int[count];
        int group = -1;
        for (int column = 0; column < columns; column++) {
            if (groupOf[column] != group) {
                group = groupOf[column];
                codes.group(group, firstRow, scales, zeros);
            }
            codes.codes(column, firstRow, codeOf);
            see.see(column, codeOf, scales, zeros);
        }
    }

    @Override
    public int packedBits() {
        return bits;
    }

    /**
     * Blocks need columns in groups of whole blocks, and scales in float16. A zero in the middle of the codes gives Q4_0 or Q8_0, other zeros Q4_1 (whose
     * minimum {@code -scale * zero} is rounded to float16).
     */
    @Override
    public Optional<ExactRows> exact() {
        if (!halfScales || columns % BLOCK != 0) {
            return Optional.empty();
        }
        for (int column = 0; column < columns; column++) {
            if (groupOf[column] != groupOf[column - column % BLOCK]) {
                return Optional.empty();
            }
        }
        int[] range = zeroRange();
        int largest = (1 << bits) - 1;
        if (bits <= 4) {
            boolean symmetric = range[0] >= largest - 7 && range[1] <= 8;
            return Optional.of(new Blocks(symmetric ? TensorType.Q4_0 : TensorType.Q4_1));
        }
        return range[0] >= largest - 127 && range[1] <= 128 ? Optional.of(new Blocks(TensorType.Q8_0)) : Optional.empty();
    }

    /** The smallest and the largest zero. */
    private int[] zeroRange() {
        int[] range = {Integer.MAX_VALUE, Integer.MIN_VALUE};
        int count = (int) Math.min(rows, 4096);
        for (int group = 0; group < codes.groups(); group++) {
            for (long row = 0; row < rows; row += count) {
                int here = (int) Math.min(count, rows - row);
                int[] zeros = new int[here];
                codes.group(group, row, new float[here], zeros);
                range[0] = Math.min(range[0], Arrays.stream(zeros).min().orElse(0));
                range[1] = Math.max(range[1], Arrays.stream(zeros).max().orElse(0));
            }
        }
        return range;
    }

    /**
     * Q4_0: scale, 16 bytes with value {@code j} in the low and {@code j + 16} in the high half of byte {@code j}, meaning {@code scale * (code - 8)}.
     * Q4_1: scale, minimum, the same, meaning {@code scale * code + minimum}. Q8_0: scale, 32 signed bytes.
     */
    private final class Blocks implements ExactRows {
        private final TensorType type;

        Blocks(TensorType type) {
            this.type = type;
        }

        @Override
        public TensorType type() {
            return type;
        }

        @Override
        public void encode(long firstRow, int count, byte[] target, int offset) {
            int rowBytes = (int) type.rowBytes(columns);
            int blockBytes = rowBytes / (columns / BLOCK);
            int codesAt = type == TensorType.Q4_1 ? 4 : 2;
            eachColumn(firstRow, count, (column, codeOf, scales, zeros) -> {
                int within = column % BLOCK;
                for (int row = 0; row < count; row++) {
                    int block = offset + row * rowBytes + column / BLOCK * blockBytes;
                    if (within == 0) {
                        begin(target, block, codesAt, scales[row], zeros[row]);
                    }
                    if (type == TensorType.Q8_0) {
                        target[block + codesAt + within] = (byte) (codeOf[row] - zeros[row]);
                    } else {
                        int code = type == TensorType.Q4_0 ? codeOf[row] - zeros[row] + 8 : codeOf[row];
                        target[block + codesAt + within % 16] |= (byte) (within < 16 ? code : code << 4);
                    }
                }
            });
        }

        private void begin(byte[] target, int block, int codesAt, float scale, int zero) {
            Arrays.fill(target, block, block + codesAt + (type == TensorType.Q8_0 ? BLOCK : BLOCK / 2), (byte) 0);
            half(target, block, scale);
            if (type == TensorType.Q4_1) {
                half(target, block + 2, -scale * zero);
            }
        }

        private static void half(byte[] target, int at, float value) {
            short half = Float.floatToFloat16(value);
            target[at] = (byte) half;
            target[at + 1] = (byte) (half >>> 8);
        }
    }
}
