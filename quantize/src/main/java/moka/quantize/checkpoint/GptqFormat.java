package moka.quantize.checkpoint;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import moka.gguf.SafetensorsFile;
import moka.gguf.SafetensorsTensor;
import moka.gguf.SafetensorsType;
import moka.quantize.QuantizeException;

/**
 * GPTQ as AutoGPTQ and GPTQModel store it. For a matrix of {@code out} rows and {@code in} columns with codes of {@code b} bits: {@code qweight}
 * {@code [in * b / 32][out]}, the codes of a row running down a column of words, low bits first; {@code qzeros} {@code [groups][out * b / 32]}, running along
 * the words, less 1 in the first version of the format; {@code scales} {@code [groups][out]}; {@code g_idx} {@code [in]}, the group of each column.
 * A weight is {@code scale * (code - zero)}.
 */
final class GptqFormat implements WeightFormat {
    private static final String CODES = ".qweight";

    private final int bits;
    private final int groupSize; // 0: a row is one group
    private final int zeroOffset;

    private GptqFormat(int bits, int groupSize, int zeroOffset) {
        this.bits = bits;
        this.groupSize = groupSize;
        this.zeroOffset = zeroOffset;
    }

    static GptqFormat of(Configuration told) {
        int bits = told.requireCount("bits");
        if (bits != 2 && bits != 3 && bits != 4 && bits != 8) {
            throw told.wrong("bits", "2, 3, 4 or 8");
        }
        String format = told.string("checkpoint_format").orElse("gptq");
        int offset = switch (format) {
            case "gptq" -> 1;
            case "gptq_v2" -> 0;
            default -> throw told.wrong("checkpoint_format", "gptq or gptq_v2");
        };
        return new GptqFormat(bits, groupSize(told), offset);
    }

    /** -1 stands for whole rows. */
    static int groupSize(Configuration told) {
        double size = told.number("group_size", "q_group_size").orElse(-1);
        if (size == -1) {
            return 0;
        }
        return told.requireCount("group_size", "q_group_size");
    }

    @Override
    public Optional<Named> tensor(SafetensorsTensor stored, SafetensorsFile file) {
        String name = stored.name();
        if (name.endsWith(".qzeros") || name.endsWith(".scales") || name.endsWith(".g_idx")) {
            return Optional.empty();
        }
        if (!name.endsWith(CODES)) {
            // AutoGPTQ writes biases of zeros for layers that have none.
            return name.endsWith(".bias") && allZero(stored) ? Optional.empty() : WeightFormat.plain(stored);
        }
        String stem = name.substring(0, name.length() - CODES.length());
        return Optional.of(new Named(stem + ".weight", matrix(stem, stored, file), false));
    }

    private static boolean allZero(SafetensorsTensor tensor) {
        for (long i = 0; i < tensor.data().byteSize(); i++) {
            if (tensor.data().get(ValueLayout.JAVA_BYTE, i) != 0) {
                return false;
            }
        }
        return true;
    }

    private Matrix matrix(String stem, SafetensorsTensor stored, SafetensorsFile file) {
        long[] shape = stored.shape();
        if (shape.length != 2 || stored.elements() == 0 || shape[0] > Integer.MAX_VALUE / 32 || shape[0] * 32 % bits != 0) {
            throw new QuantizeException("tensor '" + stored.name() + "' has shape " + Arrays.toString(shape) + ", expected words of " + bits + "-bit codes");
        }
        int columns = (int) (shape[0] * 32 / bits);
        long rows = shape[1];
        SafetensorsTensor scaleTensor = WeightFormat.part(file, stem + ".scales");
        StoredMatrix scales = StoredMatrix.of(scaleTensor);
        int groups = (int) Math.min(scales.rows(), Integer.MAX_VALUE);
        if (scales.columns() != rows) {
            throw new QuantizeException("tensor '" + scaleTensor.name() + "' has rows of " + scales.columns() + ", expected " + rows);
        }
        PackedWords codes = PackedWords.of(stored, shape[0], rows);
        PackedWords zeros = PackedWords.of(WeightFormat.part(file, stem + ".qzeros"), groups, (rows * bits + 31) / 32);
        int[] groupOf = groups(stem, columns, groups, file);
        return new GridRows(
                new Columns(codes, zeros, scales, bits, zeroOffset), rows, columns, bits, groupOf, scaleTensor.type() == SafetensorsType.F16);
    }

    private int[] groups(String stem, int columns, int groups, SafetensorsFile file) {
        int[] groupOf = new int[columns];
        Optional<SafetensorsTensor> told = file.tensor(stem + ".g_idx");
        if (told.isEmpty()) {
            for (int i = 0; i < columns; i++) {
                groupOf[i] = groupSize == 0 ? 0 : i / groupSize;
            }
        } else if (told.get().type() != SafetensorsType.I32 || told.get().elements() != columns) {
            throw new QuantizeException("tensor '" + stem + ".g_idx' is " + told.get().type() + " with " + told.get().elements()
                    + " elements, expected I32 with " + columns);
        } else {
            PackedWords words = new PackedWords(told.get().data(), 1, columns);
            for (int i = 0; i < columns; i++) {
                groupOf[i] = words.get(0, i);
            }
        }
        for (int i = 0; i < columns; i++) {
            if (groupOf[i] < 0 || groupOf[i] >= groups) {
                throw new QuantizeException("column " + i + " of '" + stem + "' is in group " + groupOf[i] + ", expected 0 to " + (groups - 1));
            }
        }
        return groupOf;
    }

    /** @param scales {@code [groups][rows]} */
    private record Columns(PackedWords words, PackedWords packedZeros, StoredMatrix scales, int bits, int zeroOffset)
            implements GridRows.Codes {
        @Override
        public void codes(int column, long firstRow, int[] target) {
            for (int i = 0; i < target.length; i++) {
                target[i] = words.downwards(column, bits, firstRow + i);
            }
        }

        @Override
        public void group(int group, long firstRow, float[] scaleOf, int[] zeros) {
            scales.readPart(group, firstRow, scaleOf);
            for (int i = 0; i < zeros.length; i++) {
                zeros[i] = packedZeros.across(group, firstRow + i, bits) + zeroOffset;
            }
        }

        @Override
        public int groups() {
            return (int) scales.rows();
        }
    }
}
