package moka.engine.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import moka.gguf.TensorType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every tensor type against the golden rows of the reference, bit for bit. */
class TensorFormatsTest {
    private static final int ROW = GoldenTensors.ROW_LENGTH;

    private static final Set<TensorType> WITHOUT_INTEGER_FORM = EnumSet.of(
            TensorType.F32,
            TensorType.F16,
            TensorType.BF16,
            TensorType.F64,
            TensorType.I8,
            TensorType.I16,
            TensorType.I32,
            TensorType.I64);

    /** {@code TYPE.golden}: some rows of 1024, then what the reference decodes from them, float32. */
    @ParameterizedTest
    @EnumSource
    void decodesTheGoldenFileBesideThisTest(TensorType type) throws IOException {
        byte[] file;
        try (var stream = TensorFormatsTest.class.getResourceAsStream(type + ".golden")) {
            file = stream.readAllBytes();
        }
        int rows = file.length / Math.toIntExact(type.rowBytes(ROW) + 4 * ROW);
        assertTrue(rows >= 2);
        var expected = new float[rows * ROW];
        var decoded = new float[rows * ROW];
        MemorySegment data = MemorySegment.ofArray(file);
        TensorFormats.of(TensorType.F32).decode(data, rows * type.rowBytes(ROW), rows * ROW, expected, 0);
        TensorFormats.of(type).decode(data, 0, rows * ROW, decoded, 0);
        assertSameBits(expected, decoded, "rows in sequence");
    }

    @TestFactory
    Stream<DynamicTest> decodesGoldenRowsBitForBit() {
        var golden = GoldenTensors.orSkip();
        List<JsonObject> types = objects(golden.json("index.json").getAsJsonArray("types"));
        assertEquals(TensorType.values().length, types.size());
        return types.stream().map(entry -> DynamicTest.dynamicTest(name(entry), () -> {
            TensorFormat format = format(entry);
            float[] expected = golden.floats(entry.get("decoded").getAsString());
            MemorySegment data = MemorySegment.ofArray(golden.bytes(entry.get("data").getAsString()));
            assertEquals(entry.get("rows").getAsInt() * ROW, expected.length);
            for (int row = 0; row < expected.length / ROW; row++) {
                var decoded = new float[ROW];
                format.decode(data, row * format.type().rowBytes(ROW), ROW, decoded, 0);
                assertSameBits(Arrays.copyOfRange(expected, row * ROW, (row + 1) * ROW), decoded, "row " + row);
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> roundsToTheGoldenBytes() {
        var golden = GoldenTensors.orSkip();
        JsonArray entries = golden.json("index.json")
                .getAsJsonObject("quantization")
                .getAsJsonArray("round_to_nearest");
        float[] inputs = golden.floats("inputs.f32");
        return objects(entries).stream().map(entry -> DynamicTest.dynamicTest(name(entry), () -> {
            TensorFormat format = format(entry);
            assertTrue(format.quantizes());
            byte[] expected = golden.bytes(entry.get("file").getAsString());
            var actual = new byte[expected.length];
            format.quantize(inputs, 0, inputs.length, MemorySegment.ofArray(actual), 0);
            if (format.type() == TensorType.Q8_K) {
                clearSumsOfZeroBlocks(expected);
            }
            assertArrayEquals(expected, actual);
        }));
    }

    /** The reference leaves the sums of a block of zeros as they were in memory. */
    private static void clearSumsOfZeroBlocks(byte[] blocks) {
        int bytes = TensorType.Q8_K.blockBytes();
        for (int at = 0; at < blocks.length; at += bytes) {
            if (Packing.i32(blocks, at) == 0) {
                Arrays.fill(blocks, at + 260, at + bytes, (byte) 0);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> nameTheActivationTypeOfTheReference() {
        var golden = GoldenTensors.orSkip();
        return objects(golden.json("dot/dot.json").getAsJsonArray("types")).stream()
                .map(entry -> DynamicTest.dynamicTest(
                        name(entry),
                        () -> assertEquals(
                                entry.get("activation_type").getAsString(),
                                format(entry).activation().name())));
    }

    @ParameterizedTest
    @EnumSource
    void splitsAnyBytesIntoTheValuesThatItDecodes(TensorType type) {
        TensorFormat format = TensorFormats.of(type);
        TensorFormat.IntegerForm form = format.integerForm();
        assertEquals(WITHOUT_INTEGER_FORM.contains(type), form == null);
        if (form == null) {
            return;
        }
        var random = new SplittableRandom(type.id());
        int elements = 512;
        int groups = elements / form.groupLength();
        int smallest = Integer.MAX_VALUE;
        int largest = Integer.MIN_VALUE;
        for (int round = 0; round < 100; round++) {
            var bytes = new byte[3 + Math.toIntExact(type.rowBytes(elements))];
            random.nextBytes(bytes);
            MemorySegment source = MemorySegment.ofArray(bytes);
            var codes = new byte[elements + 5];
            var scales = new float[groups + 2];
            var minimums = new float[groups + 2];
            form.split(source, 3, elements, codes, 5, scales, minimums, 2);
            var expected = new float[elements];
            for (int i = 0; i < elements; i++) {
                int code = codes[5 + i];
                int group = 2 + i / form.groupLength();
                smallest = Math.min(smallest, code);
                largest = Math.max(largest, code);
                expected[i] = scales[group] * code - minimums[group];
            }
            var decoded = new float[elements + 1];
            format.decode(source, 3, elements, decoded, 1);
            assertSameBits(expected, Arrays.copyOfRange(decoded, 1, elements + 1), "round " + round);
            if (!form.hasMinimums()) {
                assertArrayEquals(new float[groups + 2], minimums);
            }
        }
        assertEquals(form.smallestCode(), smallest);
        assertEquals(form.largestCode(), largest);
    }

    @ParameterizedTest
    @EnumSource
    void decodingWhatItRoundedGivesTheSameBytesAgain(TensorType type) {
        TensorFormat format = TensorFormats.of(type);
        // E4M3 scales, means as scales and doubled steps need not reproduce themselves.
        if (!format.quantizes() || EnumSet.of(TensorType.NVFP4, TensorType.MXFP4).contains(type)) {
            return;
        }
        // Multiples of the scale 1/4 that every type with a scale can hold, its extremes in each block.
        var random = new SplittableRandom(7);
        TensorFormat.IntegerForm form = format.integerForm();
        int low = form == null ? -8 : Math.max(-127, form.smallestCode());
        int high = form == null ? 7 : form.largestCode();
        if (type == TensorType.TQ2_0 || type == TensorType.Q2_0) {
            high = 1;
        }
        var values = new float[512];
        for (int i = 0; i < values.length; i++) {
            int code = type == TensorType.Q1_0 ? random.nextInt(2) * 2 - 1 : random.nextInt(low, high + 1);
            code = i % 32 == 0 ? low : i % 32 == 1 ? high : code;
            values[i] = code * 0.25f;
        }
        var decoded = new float[values.length];
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) type.rowBytes(values.length)]);
        format.quantize(values, 0, values.length, bytes, 0);
        format.decode(bytes, 0, values.length, decoded, 0);
        assertArrayEquals(values, decoded);
    }

    @Test
    void refusesPartsOfBlocks() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[1000]);
        assertThrows(
                IllegalArgumentException.class,
                () -> TensorFormats.of(TensorType.Q4_K).decode(bytes, 0, 128, new float[256], 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> TensorFormats.of(TensorType.Q8_0).quantize(new float[64], 0, 33, bytes, 0));
    }

    @Test
    void hasNoRoundingRuleForTypesThatSearch() {
        TensorFormat format = TensorFormats.of(TensorType.IQ2_XS);
        assertFalse(format.quantizes());
        assertThrows(
                UnsupportedOperationException.class,
                () -> format.quantize(new float[256], 0, 256, MemorySegment.ofArray(new byte[74]), 0));
    }

    private static void assertSameBits(float[] expected, float[] actual, String where) {
        for (int i = 0; i < expected.length; i++) {
            // -0 counts as 0, NaN as NaN.
            boolean same = expected[i] == actual[i] || Float.isNaN(expected[i]) && Float.isNaN(actual[i]);
            if (!same) {
                assertEquals(expected[i], actual[i], where + ", element " + i);
            }
        }
    }

    private static List<JsonObject> objects(JsonArray array) {
        return new ArrayList<>(StreamSupport.stream(array.spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .toList());
    }

    private static String name(JsonObject entry) {
        return entry.get("name").getAsString();
    }

    private static TensorFormat format(JsonObject entry) {
        return TensorFormats.of(TensorType.valueOf(name(entry)));
    }
}
