package moka.quantize.checkpoint;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import moka.gguf.SafetensorsFile;
import moka.gguf.SafetensorsTensor;
import moka.gguf.SafetensorsType;
import moka.quantize.QuantizeException;

/**
 * Weights as floating-point numbers of 8 bits times a scale, as DeepSeek and Qwen publish theirs and as vLLM's tools make them. A matrix {@code X.weight}
 * of {@code [out][in]} is {@code F8_E4M3} (or {@code F8_E5M2}); its scales are {@code X.weight_scale_inv} or {@code X.weight_scale} (both are multiplied, for
 * all that the first is called an inverse): one for all, one for each row, or one for each block of {@code weight_block_size} rows and columns, those at the
 * edges cut short. Scales of activations are left out: engines that read GGUF round activations in their own way.
 */
final class Float8Format implements WeightFormat {
    private static final List<String> SCALES = List.of("_scale_inv", "_scale");
    private static final List<String> LEFT_OUT =
            List.of(".weight_scale_inv", ".weight_scale", ".input_scale", ".output_scale", ".k_scale", ".v_scale", ".q_scale", ".kv_scale");
    private static final int USUAL_BLOCK = 128;

    private final int blockRows;
    private final int blockColumns;

    private Float8Format(int blockRows, int blockColumns) {
        this.blockRows = blockRows;
        this.blockColumns = blockColumns;
    }

    /** What {@code quant_method} {@code fp8} or {@code fbgemm_fp8} tells. */
    static Float8Format of(Configuration told) {
        Optional<float[]> block = told.numbers("weight_block_size");
        if (block.isEmpty()) {
            return new Float8Format(USUAL_BLOCK, USUAL_BLOCK);
        }
        float[] size = block.get();
        if (size.length != 2 || !isLength(size[0]) || !isLength(size[1])) {
            throw told.wrong("weight_block_size", "rows and columns of a block, such as [128, 128]");
        }
        return new Float8Format((int) size[0], (int) size[1]);
    }

    /** The part of compressed-tensors that is the same: format {@code float-quantized}. */
    static Float8Format ofCompressedTensors(Configuration told) {
        if (!told.string("format").orElse("").equals("float-quantized")) {
            throw told.wrong("format", "float-quantized: other compressed-tensors checkpoints are not read");
        }
        Configuration groups = told.object("config_groups");
        int[] block = {USUAL_BLOCK, USUAL_BLOCK};
        for (String name : groups.names()) {
            groups.object(name).object("weights").numbers("block_structure").filter(it -> it.length == 2).ifPresent(it -> {
                block[0] = (int) it[0];
                block[1] = (int) it[1];
            });
        }
        if (block[0] < 1 || block[1] < 1) {
            throw told.wrong("config_groups", "a block_structure such as [128, 128]");
        }
        return new Float8Format(block[0], block[1]);
    }

    private static boolean isLength(float number) {
        return number >= 1 && number <= 1 << 24 && number == (int) number;
    }

    @Override
    public Optional<Named> tensor(SafetensorsTensor stored, SafetensorsFile file) {
        String name = stored.name();
        if (LEFT_OUT.stream().anyMatch(name::endsWith)) {
            return Optional.empty();
        }
        boolean packed = stored.type() == SafetensorsType.F8_E4M3 || stored.type() == SafetensorsType.F8_E5M2;
        return packed ? Optional.of(new Named(name, matrix(stored, file), false)) : WeightFormat.plain(stored);
    }

    private Matrix matrix(SafetensorsTensor stored, SafetensorsFile file) {
        String name = stored.name();
        long[] shape = stored.shape();
        if (shape.length != 2 || stored.elements() == 0 || shape[1] > Integer.MAX_VALUE) {
            throw new QuantizeException("tensor '" + name + "' has shape " + Arrays.toString(shape) + ", expected rows and columns");
        }
        SafetensorsTensor scales = SCALES.stream()
                .flatMap(it -> file.tensor(name + it).stream())
                .findFirst()
                .orElseThrow(() -> new QuantizeException("tensor '" + name + "' is " + stored.type() + ", but there is neither '" + name
                        + "_scale_inv' nor '" + name + "_scale'"));
        return new ScaledBytes(stored.data(), Float8.of(stored.type()), shape[0], (int) shape[1], scales(scales, shape));
    }

    /** Scales of all blocks: few, so they are decoded once. */
    private ScaledBytes.Scales scales(SafetensorsTensor tensor, long[] shape) {
        long rows = shape[0];
        long columns = shape[1];
        long down = Math.ceilDiv(rows, (long) blockRows);
        long across = Math.ceilDiv(columns, (long) blockColumns);
        long[] found = tensor.shape();
        boolean byBlock = found.length == 2 && found[0] == down && found[1] == across;
        boolean byRow = found.length >= 1 && found[0] == rows && tensor.elements() == rows;
        boolean one = tensor.elements() == 1;
        if (!one && !byBlock && !byRow) {
            throw new QuantizeException("tensor '" + tensor.name() + "' has shape " + Arrays.toString(found) + ", expected one scale, "
                    + rows + " of rows, or [" + down + ", " + across + "] of blocks of " + blockRows + " x " + blockColumns);
        }
        StoredMatrix stored = StoredMatrix.of(tensor);
        float[] values = new float[Math.toIntExact(tensor.elements())];
        stored.read(0, Math.toIntExact(stored.rows()), values, 0);
        if (one) {
            return new ScaledBytes.Scales(values, rows, Math.toIntExact(columns));
        }
        return byBlock ? new ScaledBytes.Scales(values, blockRows, blockColumns) : new ScaledBytes.Scales(values, 1, Math.toIntExact(columns));
    }
}
