package moka.quantize.checkpoint;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.gguf.Json;
import moka.gguf.SafetensorsFile;
import moka.gguf.SafetensorsTensor;
import moka.gguf.SafetensorsType;
import moka.gguf.TensorType;
import moka.quantize.QuantizeException;

/**
 * The 4-bit formats of bitsandbytes, NF4 and FP4. A matrix {@code X.weight} is {@code U8}, two codes a byte, the earlier in the high half, row after row
 * without regard to rows; a code is an index of {@code X.weight.quant_map} (16 numbers), times the largest magnitude of its block of {@code blocksize} values,
 * {@code X.weight.absmax}. With double quantization {@code absmax} is {@code U8} too: an index of {@code nested_quant_map} (256 numbers), times
 * {@code nested_absmax} of its block of {@code nested_blocksize}, plus {@code nested_offset}. Shape and sizes are JSON in
 * {@code X.weight.quant_state.bitsandbytes__nf4}.
 */
final class BitsAndBytesFormat implements WeightFormat {
    private static final List<String> STATES = List.of(".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4");
    private static final List<String> PARTS =
            List.of(".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map", STATES.get(0), STATES.get(1));
    private static final int STATE_BYTES = 1 << 16;

    private BitsAndBytesFormat() {}

    static BitsAndBytesFormat of(Configuration told) {
        if (told.bool("load_in_8bit", false)) {
            throw told.wrong("load_in_8bit", "load_in_4bit: 8-bit checkpoints are not read");
        }
        return new BitsAndBytesFormat();
    }

    @Override
    public Optional<Named> tensor(SafetensorsTensor stored, SafetensorsFile file) {
        String name = stored.name();
        if (PARTS.stream().anyMatch(name::endsWith)) {
            return Optional.empty();
        }
        Optional<SafetensorsTensor> state =
                STATES.stream().flatMap(it -> file.tensor(name + it).stream()).findFirst();
        return state.isEmpty()
                ? WeightFormat.plain(stored)
                : Optional.of(new Named(name, matrix(stored, state.get(), file), false));
    }

    private static Matrix matrix(SafetensorsTensor stored, SafetensorsTensor state, SafetensorsFile file) {
        String name = stored.name();
        Configuration told = Configuration.of(read(state));
        float[] shape = told.numbers("shape").orElse(new float[0]);
        if (shape.length != 2 || !isLength(shape[0]) || !isLength(shape[1])) {
            throw new QuantizeException("tensor '" + state.name() + "' tells the shape " + Arrays.toString(shape) + ", expected rows and columns");
        }
        long rows = (long) shape[0];
        int columns = (int) shape[1];
        int block = told.requireCount("blocksize");
        long elements = rows * columns;
        if (stored.type() != SafetensorsType.U8 || stored.elements() != (elements + 1) / 2) {
            throw new QuantizeException("tensor '" + name + "' is " + stored.type() + " with " + stored.elements() + " elements, expected U8 with "
                    + (elements + 1) / 2);
        }
        float[] map = floats(WeightFormat.part(file, name + ".quant_map"), 16);
        SafetensorsTensor scales = WeightFormat.part(file, name + ".absmax");
        int blocks = Math.toIntExact(Math.ceilDiv(elements, (long) block));
        return new Coded(stored, rows, columns, block, map, magnitudes(name, scales, blocks, told, file));
    }

    /** Whether a number is a length, and exact in float32. */
    private static boolean isLength(float number) {
        return number >= 1 && number <= 1 << 24 && number == (int) number;
    }

    private static Map<String, Object> read(SafetensorsTensor state) {
        if (state.type() != SafetensorsType.U8 || state.elements() > STATE_BYTES) {
            throw new QuantizeException("tensor '" + state.name() + "' is " + state.type() + " with " + state.elements() + " elements, expected JSON in U8");
        }
        var json = new Json(
                state.data().toArray(ValueLayout.JAVA_BYTE),
                (offset, found, expected) ->
                        new QuantizeException("tensor '" + state.name() + "': at byte " + offset + ": " + found + ", expected " + expected));
        return JsonFile.object(json);
    }

    /** The largest magnitude of each block. */
    private static float[] magnitudes(String name, SafetensorsTensor scales, int blocks, Configuration told, SafetensorsFile file) {
        if (scales.elements() != blocks) {
            throw new QuantizeException("tensor '" + scales.name() + "' has " + scales.elements() + " elements, expected " + blocks);
        }
        if (scales.type() != SafetensorsType.U8) {
            return floats(scales, blocks);
        }
        int nestedBlock = told.requireCount("nested_blocksize");
        double offset = told.requireNumber("nested_offset");
        float[] map = floats(WeightFormat.part(file, name + ".nested_quant_map"), 256);
        float[] nested = floats(WeightFormat.part(file, name + ".nested_absmax"), Math.ceilDiv(blocks, nestedBlock));
        float[] magnitudes = new float[blocks];
        for (int i = 0; i < blocks; i++) {
            int code = scales.data().get(ValueLayout.JAVA_BYTE, i) & 0xff;
            magnitudes[i] = map[code] * nested[i / nestedBlock] + (float) offset;
        }
        return magnitudes;
    }

    private static float[] floats(SafetensorsTensor tensor, int count) {
        if (tensor.elements() != count) {
            throw new QuantizeException("tensor '" + tensor.name() + "' has " + tensor.elements() + " elements, expected " + count);
        }
        StoredMatrix matrix = StoredMatrix.of(tensor);
        float[] values = new float[count];
        matrix.read(0, (int) matrix.rows(), values, 0);
        return values;
    }

    /**
     * @param map value of each code
     * @param magnitudes what it is multiplied with, a number for each block
     */
    private record Coded(SafetensorsTensor tensor, long rows, int columns, int block, float[] map, float[] magnitudes) implements Matrix {
        @Override
        public TensorType type() {
            return TensorType.F32;
        }

        @Override
        public int packedBits() {
            return 4;
        }

        @Override
        public void read(long firstRow, int count, float[] target, int offset) {
            long first = firstRow * columns;
            for (int i = 0; i < count * columns; i++) {
                long element = first + i;
                int codes = tensor.data().get(ValueLayout.JAVA_BYTE, element >> 1);
                int code = (element & 1) == 0 ? codes >> 4 & 15 : codes & 15;
                target[offset + i] = map[code] * magnitudes[(int) (element / block)];
            }
        }
    }
}
