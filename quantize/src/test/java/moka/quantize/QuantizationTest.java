package moka.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizationTest {
    @TempDir
    Path folder;

    private static final List<GgufTensorInfo> TENSORS = List.of(
            new GgufTensorInfo("token_embd.weight", TensorType.F32, 256, 40),
            new GgufTensorInfo("blk.0.attn_norm.weight", TensorType.F32, 256),
            new GgufTensorInfo("blk.0.ffn_down_exps.weight", TensorType.F32, 512, 256, 3),
            new GgufTensorInfo("blk.0.ffn_up.weight", TensorType.F32, 256, 2000));

    private static Metadata metadata() {
        return Metadata.builder("test")
                .set("general.architecture", "llama")
                .setUint32("llama.block_count", 1)
                .setUint32("llama.attention.head_count", 4)
                .build();
    }

    private static MemorySegment gaussian(GgufTensorInfo tensor, int seed, float poison) {
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer bytes = ByteBuffer.allocate((int) tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.putFloat((float) random.nextGaussian());
        }
        bytes.putFloat(4 * (bytes.capacity() / 8), poison);
        return MemorySegment.ofArray(bytes.array());
    }

    private Path source(float poison) {
        Path path = folder.resolve("source.gguf");
        try (GgufWriter writer = GgufWriter.create(path, metadata(), TENSORS)) {
            for (GgufTensorInfo tensor : TENSORS) {
                writer.write(tensor.name(), gaussian(tensor, tensor.name().hashCode(), poison));
            }
            writer.commit();
        }
        return path;
    }

    private Path quantize(Path in, String name, QuantizeOptions options) {
        Path out = folder.resolve(name);
        try (ModelSource model = ModelSource.openGguf(in)) {
            new Quantization(model, options).run(out, new Quantization.Listener() {});
        }
        return out;
    }

    @Test
    void numberOfThreadsDoesNotChangeTheFile() throws IOException {
        Path in = source(0.5f);
        byte[] one = Files.readAllBytes(quantize(in, "1.gguf", QuantizeOptions.of(Mixture.Q4_K_M, 1)));
        assertArrayEquals(one, Files.readAllBytes(quantize(in, "2.gguf", QuantizeOptions.of(Mixture.Q4_K_M, 2))));
        assertArrayEquals(one, Files.readAllBytes(quantize(in, "7.gguf", QuantizeOptions.of(Mixture.Q4_K_M, 7))));
    }

    @Test
    void keepsVectorsAndMetadataAndSaysWhatItIs() {
        Path in = source(0.5f);
        Path out = quantize(in, "out.gguf", QuantizeOptions.of(Mixture.Q5_0, 2));
        try (GgufFile before = GgufFile.open(in);
                GgufFile after = GgufFile.open(out)) {
            GgufTensor norm = after.tensor("blk.0.attn_norm.weight").orElseThrow();
            assertEquals(TensorType.F32, norm.type());
            assertEquals(-1, norm.data().mismatch(before.tensor(norm.name()).orElseThrow().data()));
            assertEquals(8, after.metadata().requireInteger("general.file_type"));
            assertEquals("llama", after.metadata().requireString("general.architecture"));
            assertEquals(before.tensors().stream().map(GgufTensor::name).toList(), after.tensors().stream().map(GgufTensor::name).toList());
        }
    }

    private static ImportanceMatrix downMatrix(float[] sums) {
        return new ImportanceMatrix(
                Map.of("blk.0.ffn_down_exps.weight", new ImportanceMatrix.Entry(sums, new float[] {1, 1, 1})),
                List.of("text"), 1, 512, "imatrix.gguf");
    }

    @Test
    void eachExpertIsWeightedByItsOwnInputs() {
        Path in = source(0.5f);
        float[] sums = new float[3 * 512];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = i / 512 == 1 && i % 2 == 0 ? 1000 : 1;
        }
        float[] even = new float[3 * 512];
        Arrays.fill(even, 1);
        QuantizeOptions plain = QuantizeOptions.of(Mixture.Q4_K_M, 2);
        Path without = quantize(in, "without.gguf", plain.withImportance(downMatrix(even)));
        Path with = quantize(in, "with.gguf", plain.withImportance(downMatrix(sums)));
        try (GgufFile a = GgufFile.open(without);
                GgufFile b = GgufFile.open(with)) {
            MemorySegment first = a.tensor("blk.0.ffn_down_exps.weight").orElseThrow().data();
            MemorySegment second = b.tensor("blk.0.ffn_down_exps.weight").orElseThrow().data();
            long third = first.byteSize() / 3;
            assertEquals(-1, first.asSlice(0, third).mismatch(second.asSlice(0, third)), "experts with even weights are as before");
            assertTrue(first.asSlice(third, third).mismatch(second.asSlice(third, third)) >= 0, "the second has other weights");
            assertEquals(-1, first.asSlice(2 * third).mismatch(second.asSlice(2 * third)));
            assertEquals("imatrix.gguf", b.metadata().requireString("quantize.imatrix.file"));
        }
    }

    @Test
    void goesOnAfterItWasKilled() throws IOException {
        Path in = source(0.5f);
        Path out = folder.resolve("out.gguf");
        Path left = Files.createDirectory(folder.resolve("left"));
        QuantizeOptions options = QuantizeOptions.of(Mixture.Q4_K_M, 2);
        try (ModelSource model = ModelSource.openGguf(in)) {
            new Quantization(model, options).run(out, new Quantization.Listener() {
                @Override
                public void onTensor(Quantization.Step step, int index, int count) {
                    if (index == 2) {
                        copy("unfinished");
                        copy("journal");
                    }
                }

                private void copy(String what) {
                    try {
                        Files.copy(folder.resolve(".out.gguf." + what), left.resolve(".out.gguf." + what));
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
            int[] kept = new int[1];
            Path again = left.resolve("out.gguf");
            new Quantization(model, options).run(again, new Quantization.Listener() {
                @Override
                public void onResume(int tensors, int count) {
                    kept[0] = tensors;
                }
            });
            assertEquals(2, kept[0]);
            assertEquals(-1, Files.mismatch(out, again));
        }
    }

    @Test
    void leavesNothingBehindWhereItFails() throws IOException {
        Path in = source(Float.NaN);
        QuantizeException failure =
                assertThrows(QuantizeException.class, () -> quantize(in, "out.gguf", QuantizeOptions.of(Mixture.Q4_0, 2)));
        assertTrue(failure.getMessage().contains("token_embd.weight' has the value NaN in row 20, column 0"), failure.getMessage());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(in), files.toList());
        }
    }

    @Test
    void refusesASourceThatIsQuantizedAlreadyUnlessTold() {
        Path once = quantize(source(0.5f), "once.gguf", QuantizeOptions.of(Mixture.Q4_0, 2));
        QuantizeOptions options = QuantizeOptions.of(Mixture.Q5_0, 2);
        QuantizeException failure = assertThrows(QuantizeException.class, () -> quantize(once, "twice.gguf", options));
        assertTrue(failure.getMessage().contains("--allow-requantize"), failure.getMessage());
        assertTrue(Files.exists(quantize(once, "twice.gguf", options.withAllowRequantize(true))));
    }

    @Test
    void keepsThePartsOfASplitModel() {
        Path prefix = folder.resolve("split");
        try (GgufWriter writer = GgufWriter.createSplit(
                prefix, metadata(), List.of(TENSORS.subList(0, 2), TENSORS.subList(2, 4)), GgufWriter.Options.DEFAULT)) {
            for (GgufTensorInfo tensor : TENSORS) {
                writer.write(tensor.name(), gaussian(tensor, 1, 0));
            }
            writer.commit();
        }
        Path in = folder.resolve("split-00001-of-00002.gguf");
        Path joined = quantize(in, "joined.gguf", QuantizeOptions.of(Mixture.Q4_0, 2));
        quantize(in, "parts", QuantizeOptions.of(Mixture.Q4_0, 2).withKeepSplit(true));
        try (GgufFile one = GgufFile.open(joined);
                GgufFile two = GgufFile.open(folder.resolve("parts-00001-of-00002.gguf"))) {
            assertEquals(2, two.parts().size());
            assertEquals(2, two.parts().getFirst().tensors().size());
            for (GgufTensor tensor : one.tensors()) {
                assertEquals(-1, tensor.data().mismatch(two.tensor(tensor.name()).orElseThrow().data()), tensor.name());
            }
        }
    }
}
