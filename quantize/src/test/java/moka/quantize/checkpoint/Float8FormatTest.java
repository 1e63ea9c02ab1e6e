package moka.quantize.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.gguf.SafetensorsFile;
import moka.gguf.SafetensorsType;
import moka.quantize.QuantizeException;
import org.junit.jupiter.api.Test;

class Float8FormatTest {
    private static final Map<String, Object> FP8 = Map.of("quant_method", "fp8", "fmt", "e4m3");

    private static List<WeightFormat.Named> tensors(Map<String, Object> told, SafetensorsMaker maker) {
        SafetensorsFile file = SafetensorsFile.of("test", MemorySegment.ofArray(maker.toBytes()));
        Configuration config = Configuration.of(Map.of("quantization_config", told));
        return WeightFormat.of(config, Optional.empty()).tensors(file, name -> false);
    }

    private static float[] all(Matrix matrix) {
        float[] values = new float[(int) matrix.rows() * matrix.columns()];
        matrix.read(0, (int) matrix.rows(), values, 0);
        return values;
    }

    private static SafetensorsMaker weights(String type, long rows, long columns, int... bytes) {
        byte[] data = new byte[bytes.length];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) bytes[i];
        }
        return new SafetensorsMaker().raw("x.weight", type, new long[] {rows, columns}, data);
    }

    @Test
    void bytesMeanWhatTheFormatsSay() {
        float[] e4m3 = Float8.of(SafetensorsType.F8_E4M3);
        assertEquals(0x1p-9f, e4m3[1]); // the smallest
        assertEquals(7 * 0x1p-9f, e4m3[7]); // the largest without a leading one
        assertEquals(0x1p-6f, e4m3[8]);
        assertEquals(1, e4m3[0x38]);
        assertEquals(1.125f, e4m3[0x39]);
        assertEquals(448, e4m3[0x7e]);
        assertTrue(Float.isNaN(e4m3[0x7f]) && Float.isNaN(e4m3[0xff]));
        assertEquals(-448, e4m3[0xfe]);
        float[] e5m2 = Float8.of(SafetensorsType.F8_E5M2);
        assertEquals(1, e5m2[0x3c]);
        assertEquals(57344, e5m2[0x7b]);
        assertEquals(-0x1p-16f, e5m2[0x81]);
    }

    @Test
    void blocksHaveTheirScalesAndThoseAtTheEdgesAreCutShort() {
        Map<String, Object> told = Map.of("quant_method", "fp8", "weight_block_size", List.of(2L, 2L));
        SafetensorsMaker maker = weights("F8_E4M3", 3, 3, 0x38, 0x38, 0x38, 0x40, 0x40, 0x40, 0xb8, 0xb8, 0xb8)
                .floats("x.weight_scale_inv", new long[] {2, 2}, 1, 10, 100, 1000);

        List<WeightFormat.Named> tensors = tensors(told, maker);

        assertEquals(List.of("x.weight"), tensors.stream().map(WeightFormat.Named::name).toList());
        Matrix matrix = tensors.getFirst().matrix();
        assertArrayEquals(new float[] {1, 1, 10, 2, 2, 20, -100, -100, -1000}, all(matrix));
        float[] last = new float[4];
        matrix.read(2, 1, last, 1);
        assertArrayEquals(new float[] {0, -100, -100, -1000}, last);
        assertEquals(8, matrix.packedBits());
    }

    @Test
    void oneScaleIsForAllAndOneARowForTheRow() {
        SafetensorsMaker one = weights("F8_E4M3", 2, 2, 0x38, 0x40, 0x38, 0x40)
                .floats("x.weight_scale", new long[] {}, 0.5f)
                .floats("x.input_scale", new long[] {1}, 3);
        assertArrayEquals(new float[] {0.5f, 1, 0.5f, 1}, all(tensors(FP8, one).getFirst().matrix()));
        SafetensorsMaker rows =
                weights("F8_E5M2", 2, 2, 0x3c, 0x40, 0x3c, 0x40).halves("x.weight_scale", new long[] {2, 1}, 1, 4);
        Map<String, Object> compressed = Map.of("quant_method", "compressed-tensors", "format", "float-quantized");
        assertArrayEquals(new float[] {1, 2, 4, 8}, all(tensors(compressed, rows).getFirst().matrix()));
    }

    @Test
    void whatIsNotPackedStaysAsItIs() {
        SafetensorsMaker maker = new SafetensorsMaker().halves("norm.weight", new long[] {2}, 1, 2);
        assertArrayEquals(new float[] {1, 2}, all(tensors(FP8, maker).getFirst().matrix()));
    }

    @Test
    void refusesScalesThatAreMissingOrDoNotFit() {
        QuantizeException e = assertThrows(QuantizeException.class, () -> tensors(FP8, weights("F8_E4M3", 1, 1, 0)));
        assertEquals("tensor 'x.weight' is F8_E4M3, but there is neither 'x.weight_scale_inv' nor 'x.weight_scale'", e.getMessage());
        SafetensorsMaker wrong = weights("F8_E4M3", 3, 1, 0, 0, 0).floats("x.weight_scale", new long[] {2}, 1, 1);
        e = assertThrows(QuantizeException.class, () -> tensors(FP8, wrong));
        assertEquals(
                "tensor 'x.weight_scale' has shape [2], expected one scale, 3 of rows, or [1, 1] of blocks of 128 x 128", e.getMessage());
        Map<String, Object> packed = Map.of("quant_method", "compressed-tensors", "format", "pack-quantized");
        e = assertThrows(QuantizeException.class, () -> tensors(packed, weights("F8_E4M3", 1, 1, 0)));
        assertEquals(
                "config.json: quantization_config.format is pack-quantized, expected float-quantized: other compressed-tensors checkpoints are not read",
                e.getMessage());
    }
}
