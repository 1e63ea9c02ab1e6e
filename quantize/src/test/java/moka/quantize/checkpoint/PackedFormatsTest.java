package moka.quantize.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import moka.engine.tensor.TensorFormats;
import moka.gguf.SafetensorsFile;
import moka.gguf.TensorType;
import moka.quantize.QuantizeException;
import org.junit.jupiter.api.Test;

/** Packed weights worked out by hand: the bits of each format as its projects describe them, and the numbers they mean. */
class PackedFormatsTest {
    private static Configuration gptq(long bits, long groupSize, String format) {
        return quantization(Map.of("quant_method", "gptq", "bits", bits, "group_size", groupSize, "checkpoint_format", format));
    }

    private static Configuration quantization(Map<String, Object> told) {
        return Configuration.of(Map.of("quantization_config", told));
    }

    private static Matrix matrix(Configuration config, SafetensorsMaker maker) {
        SafetensorsFile file = SafetensorsFile.of("test", MemorySegment.ofArray(maker.toBytes()));
        return WeightFormat.of(config, Optional.empty()).tensors(file, name -> false).stream()
                .filter(it -> it.name().equals("x.weight"))
                .findFirst()
                .orElseThrow()
                .matrix();
    }

    private static float[] row(Matrix matrix, long row) {
        float[] values = new float[matrix.columns()];
        matrix.read(row, 1, values, 0);
        return values;
    }

    @Test
    void gptqWordHoldsEightColumnsFromItsLowEnd() {
        SafetensorsMaker maker = new SafetensorsMaker()
                .words("x.qweight", new long[] {1, 2}, 0x76543210, 0xfedcba98)
                // Stored zeros 7 and 3 mean 8 and 4.
                .words("x.qzeros", new long[] {1, 1}, 0x37)
                .halves("x.scales", new long[] {1, 2}, 0.5f, 2)
                .words("x.g_idx", new long[] {8}, 0, 0, 0, 0, 0, 0, 0, 0);

        Matrix matrix = matrix(gptq(4, 8, "gptq"), maker);

        assertArrayEquals(new float[] {-4, -3.5f, -3, -2.5f, -2, -1.5f, -1, -0.5f}, row(matrix, 0));
        assertArrayEquals(new float[] {8, 10, 12, 14, 16, 18, 20, 22}, row(matrix, 1));
    }

    @Test
    void secondVersionOfGptqStoresZerosAsTheyAre() {
        SafetensorsMaker maker = new SafetensorsMaker()
                .words("x.qweight", new long[] {1, 1}, 0x76543210)
                .words("x.qzeros", new long[] {1, 1}, 0x7)
                .halves("x.scales", new long[] {1, 1}, 1);

        assertArrayEquals(new float[] {-7, -6, -5, -4, -3, -2, -1, 0}, row(matrix(gptq(4, -1, "gptq_v2"), maker), 0));
        assertArrayEquals(new float[] {-8, -7, -6, -5, -4, -3, -2, -1}, row(matrix(gptq(4, -1, "gptq"), maker), 0));
    }

    @Test
    void eightBitsAreFourColumnsAWord() {
        SafetensorsMaker maker = new SafetensorsMaker()
                .words("x.qweight", new long[] {1, 1}, 0xff_80_7f_00)
                .words("x.qzeros", new long[] {1, 1}, 127)
                .halves("x.scales", new long[] {1, 1}, 1);

        assertArrayEquals(new float[] {-128, -1, 0, 127}, row(matrix(gptq(8, -1, "gptq"), maker), 0));
    }

    /** 32 codes of 3 bits are a stream of 96 bits over three words: the eleventh and the twenty-second lie in two of them. */
    @Test
    void threeBitsRunOverTheEndsOfWords() {
        BigInteger stream = BigInteger.ZERO;
        float[] expected = new float[32];
        for (int i = 0; i < 32; i++) {
            int code = (5 * i + 3) % 8;
            stream = stream.or(BigInteger.valueOf(code).shiftLeft(3 * i));
            expected[i] = code - 4;
        }
        SafetensorsMaker maker = new SafetensorsMaker()
                .words("x.qweight", new long[] {3, 1}, stream.intValue(), stream.shiftRight(32).intValue(), stream.shiftRight(64).intValue())
                .words("x.qzeros", new long[] {1, 1}, 3)
                .halves("x.scales", new long[] {1, 1}, 1);

        assertArrayEquals(expected, row(matrix(gptq(3, -1, "gptq"), maker), 0));
    }

    @Test
    void columnsTakeTheScaleOfTheirGroup() {
        SafetensorsMaker maker = new SafetensorsMaker()
                .words("x.qweight", new long[] {1, 1}, 0x99999999)
                .words("x.qzeros", new long[] {2, 1}, 7, 8)
                .halves("x.scales", new long[] {2, 1}, 1, 10)
                .words("x.g_idx", new long[] {8}, 0, 1, 0, 1, 1, 0, 0, 1);

        // 9 - 8 = 1 in the first group, 10 * (9 - 9) = 0 in the second.
        assertArrayEquals(new float[] {1, 0, 1, 0, 0, 1, 1, 0}, row(matrix(gptq(4, 4, "gptq"), maker), 0));
    }

    /** The nibbles of a word, from the low end, are rows 0, 2, 4, 6, 1, 3, 5, 7. */
    @Test
    void awqWordHoldsEightRowsInterleaved() {
        SafetensorsMaker maker = new SafetensorsMaker()
                .words("x.qweight", new long[] {2, 1}, 0x76543210, 0x00000000)
                .words("x.qzeros", new long[] {1, 1}, 0x00000001)
                .halves("x.scales", new long[] {1, 8}, 1, 1, 1, 1, 1, 1, 1, 0.5f);

        Matrix matrix = matrix(quantization(Map.of("quant_method", "awq", "bits", 4L, "group_size", 2L, "version", "gemm")), maker);

        int[] first = {0, 4, 1, 5, 2, 6, 3, 7};
        for (int row = 0; row < 8; row++) {
            int zero = row == 0 ? 1 : 0;
            float scale = row == 7 ? 0.5f : 1;
            assertArrayEquals(new float[] {scale * (first[row] - zero), scale * -zero}, row(matrix, row), "row " + row);
        }
    }

    private static final float[] NF4 = {
        -1, -0.6961928f, -0.52507305f, -0.3949175f, -0.28444138f, -0.18477343f, -0.091050036f, 0, 0.0795803f, 0.1609302f, 0.2461123f,
        0.33791524f, 0.44070983f, 0.562617f, 0.72295684f, 1
    };

    private static SafetensorsMaker nf4(String state) {
        return new SafetensorsMaker()
                .bytes("x.weight", new long[] {4, 1}, 0x0f, 0x78, 0xf0, 0x87)
                .floats("x.weight.quant_map", new long[] {16}, NF4)
                .raw("x.weight.quant_state.bitsandbytes__nf4", "U8", new long[] {state.length()}, state.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void nf4HasTheEarlierCodeInTheHighHalf() {
        SafetensorsMaker maker = nf4("{\"quant_type\":\"nf4\",\"blocksize\":4,\"dtype\":\"float16\",\"shape\":[2,4]}")
                .floats("x.weight.absmax", new long[] {2}, 2, 10);

        Matrix matrix = matrix(quantization(Map.of("quant_method", "bitsandbytes", "load_in_4bit", true)), maker);

        assertArrayEquals(new float[] {-2, 2, 0, 2 * 0.0795803f}, row(matrix, 0));
        assertArrayEquals(new float[] {10, -10, 10 * 0.0795803f, 0}, row(matrix, 1));
    }

    @Test
    void nf4BlocksDoNotMindRows() {
        SafetensorsMaker maker = nf4("{\"quant_type\":\"nf4\",\"blocksize\":6,\"shape\":[2,4]}").floats("x.weight.absmax", new long[] {2}, 2, 10);

        Matrix matrix = matrix(quantization(Map.of("quant_method", "bitsandbytes", "load_in_4bit", true)), maker);

        assertArrayEquals(new float[] {2, -2, 10 * 0.0795803f, 0}, row(matrix, 1));
    }

    /** Magnitudes of blocks are themselves codes: {@code map[code] * nested + offset}. */
    @Test
    void nf4MagnitudesMayBeQuantizedAgain() {
        float[] map = new float[256];
        map[0] = -1;
        map[255] = 1;
        map[7] = 0.25f;
        SafetensorsMaker maker = nf4("{\"quant_type\":\"nf4\",\"blocksize\":4,\"shape\":[2,4],\"nested_blocksize\":256,\"nested_offset\":3.5}")
                .bytes("x.weight.absmax", new long[] {2}, 7, 255)
                .floats("x.weight.nested_quant_map", new long[] {256}, map)
                .floats("x.weight.nested_absmax", new long[] {1}, 2);

        Matrix matrix = matrix(quantization(Map.of("quant_method", "bitsandbytes", "load_in_4bit", true)), maker);

        assertEquals(-4, row(matrix, 0)[0]); // 0.25 * 2 + 3.5
        assertEquals(5.5f, row(matrix, 1)[0]); // 1 * 2 + 3.5
    }

    /** A matrix of GPTQ with random codes, zeros, and scales. */
    private static SafetensorsMaker random(int bits, int columns, int rows, int groupSize, int zero, SplittableRandom random) {
        int groups = columns / groupSize;
        int[] words = new int[columns * bits / 32 * rows];
        for (int i = 0; i < words.length; i++) {
            words[i] = random.nextInt();
        }
        int[] zeros = new int[groups * rows * bits / 32];
        int perWord = 32 / bits;
        for (int i = 0; i < zeros.length; i++) {
            for (int part = 0; part < perWord; part++) {
                zeros[i] |= (zero >= 0 ? zero - 1 : random.nextInt(1 << bits)) << part * bits;
            }
        }
        float[] scales = new float[groups * rows];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = Float.float16ToFloat(Float.floatToFloat16(0.001f + random.nextFloat() / 16));
        }
        return new SafetensorsMaker()
                .words("x.qweight", new long[] {columns * bits / 32, rows}, words)
                .words("x.qzeros", new long[] {groups, rows * bits / 32}, zeros)
                .halves("x.scales", new long[] {groups, rows}, scales);
    }

    private static void assertCarriedOver(Matrix matrix, TensorType type, double tolerance) {
        ExactRows exact = matrix.exact().orElseThrow();
        assertEquals(type, exact.type());
        int columns = matrix.columns();
        int rows = (int) matrix.rows();
        byte[] stored = new byte[(int) (rows * type.rowBytes(columns)) + 3];
        exact.encode(0, rows, stored, 3);
        float[] decoded = new float[rows * columns];
        TensorFormats.of(type).decode(MemorySegment.ofArray(stored), 3, decoded.length, decoded, 0);
        float[] values = new float[rows * columns];
        matrix.read(0, rows, values, 0);
        for (int i = 0; i < values.length; i++) {
            assertEquals(values[i], decoded[i], tolerance, "value " + i);
        }
    }

    @Test
    void symmetricCodesAreCarriedOverWithoutLoss() {
        SplittableRandom random = new SplittableRandom(3);
        assertCarriedOver(matrix(gptq(4, 32, "gptq"), random(4, 64, 16, 32, 8, random)), TensorType.Q4_0, 0);
        assertCarriedOver(matrix(gptq(4, 128, "gptq"), random(4, 256, 24, 128, 8, random)), TensorType.Q4_0, 0);
        assertCarriedOver(matrix(gptq(8, 64, "gptq"), random(8, 128, 8, 64, 128, random)), TensorType.Q8_0, 0);
        assertCarriedOver(matrix(gptq(2, 64, "gptq"), random(2, 64, 16, 64, 2, random)), TensorType.Q4_0, 0);
    }

    @Test
    void otherZerosBecomeMinimumsRoundedToHalfPrecision() {
        SplittableRandom random = new SplittableRandom(4);
        // The largest minimum is 16 * 0.0635 = 1.02: half a unit in its last place is 2^-11.
        assertCarriedOver(matrix(gptq(4, 32, "gptq"), random(4, 64, 16, 32, -1, random)), TensorType.Q4_1, 0x1p-11);
    }

    @Test
    void groupsAcrossBlocksAreNotCarriedOver() {
        SplittableRandom random = new SplittableRandom(5);
        assertTrue(matrix(gptq(4, 16, "gptq"), random(4, 64, 16, 16, 8, random)).exact().isEmpty());
        int[] reordered = new int[64];
        for (int i = 0; i < 64; i++) {
            reordered[i] = i % 2;
        }
        Matrix ordered = matrix(gptq(4, 32, "gptq"), random(4, 64, 16, 32, 8, random).words("x.g_idx", new long[] {64}, reordered));
        assertTrue(ordered.exact().isEmpty());
    }

    @Test
    void rowsInGgufOrderAreCarriedOverToo() {
        SplittableRandom random = new SplittableRandom(6);
        Matrix matrix = RotaryRows.of("x", matrix(gptq(4, 32, "gptq"), random(4, 64, 24, 32, 8, random)), 3);

        assertCarriedOver(matrix, TensorType.Q4_0, 0);
        // In parts as a whole.
        float[] all = new float[24 * 64];
        matrix.read(0, 24, all, 0);
        for (int first = 0; first < 24; first += 5) {
            int rows = Math.min(5, 24 - first);
            float[] part = new float[rows * 64];
            matrix.read(first, rows, part, 0);
            assertArrayEquals(Arrays.copyOfRange(all, first * 64, (first + rows) * 64), part);
        }
    }

    @Test
    void refusesWhatItDoesNotKnowInOneLine() {
        assertRefused("config.json: quantization_config.quant_method is 'hqq', expected gptq, awq, bitsandbytes, fp8,", Map.of("quant_method", "hqq"));
        assertRefused("config.json: quantization_config.bits is 5, expected 2, 3, 4 or 8", Map.of("quant_method", "gptq", "bits", 5L));
        assertRefused(
                "config.json: quantization_config.version is gemv, expected gemm",
                Map.of("quant_method", "awq", "bits", 4L, "version", "gemv"));
        assertRefused("config.json: quantization_config.bits is missing", Map.of("quant_method", "gptq"));
    }

    private static void assertRefused(String line, Map<String, Object> told) {
        QuantizeException e = assertThrows(QuantizeException.class, () -> WeightFormat.of(quantization(told), Optional.empty()));
        assertTrue(e.getMessage().startsWith(line), e.getMessage());
    }

    @Test
    void refusesPartsThatDoNotFit() {
        SafetensorsMaker zeros = new SafetensorsMaker()
                .words("x.qweight", new long[] {1, 2}, 0, 0)
                .words("x.qzeros", new long[] {3, 1}, 0, 0, 0)
                .halves("x.scales", new long[] {1, 2}, 1, 1);
        QuantizeException e = assertThrows(QuantizeException.class, () -> matrix(gptq(4, 8, "gptq"), zeros));
        assertEquals("tensor 'x.qzeros' is I32 of [3, 1], expected I32 of [1, 1]", e.getMessage());
        SafetensorsMaker groups = new SafetensorsMaker()
                .words("x.qweight", new long[] {1, 1}, 0)
                .words("x.qzeros", new long[] {1, 1}, 0)
                .halves("x.scales", new long[] {1, 1}, 1)
                .words("x.g_idx", new long[] {8}, 0, 0, 0, -1, 0, 0, 0, 0);
        e = assertThrows(QuantizeException.class, () -> matrix(gptq(4, 8, "gptq"), groups));
        assertEquals("column 3 of 'x' is in group -1, expected 0 to 0", e.getMessage());
    }
}
