package moka.quantize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.MetadataBuilder;
import moka.gguf.MetadataValue;
import moka.gguf.TensorType;

/**
 * How large the inputs of each matrix are on some text: for every column the sum of their squares. A column with large inputs carries the error
 * of its weights further, so its weights should be stored better. Immutable.
 *
 * <p>The file is that of llama.cpp: a GGUF file with {@code NAME.in_sum2} (sums, {@code [matrices][columns]}) and {@code NAME.counts} (rows seen,
 * {@code [matrices]}) for each matrix {@code NAME}; the older binary format is read too.
 *
 * @param entries by the name of the matrix
 * @param datasets names of the texts
 * @param chunkCount pieces of text seen
 * @param chunkSize tokens of a piece; 0 where unknown
 * @param name for messages, and what a quantized file says of its matrix
 */
public record ImportanceMatrix(Map<String, Entry> entries, List<String> datasets, long chunkCount, long chunkSize, String name) {
    private static final String SUMS = ".in_sum2";
    private static final String COUNTS = ".counts";
    private static final int MAGIC = 0x46554747;
    private static final int MOST_VALUES = 1 << 28; // of a tensor: many times those of the largest models
    private static final long MOST_BYTES = 1L << 30; // of the older format

    /**
     * The inputs of one matrix, or of the matrices of several experts.
     *
     * @param sums squared inputs summed over rows, {@code [matrices][columns]}
     * @param counts rows that each matrix saw, {@code [matrices]}
     */
    public record Entry(float[] sums, float[] counts) {
        public Entry {
            if (counts.length == 0 || sums.length % counts.length != 0) {
                throw new QuantizeException(sums.length + " sums for " + counts.length + " counts, expected a multiple");
            }
        }

        /** Columns of the matrix. */
        public int columns() {
            return sums.length / counts.length;
        }

        /** Mean square of the input in each column; 1 for all columns of an expert that saw nothing. */
        public float[] weights() {
            float[] weights = new float[sums.length];
            for (int i = 0; i < sums.length; i++) {
                float count = counts[i / columns()];
                weights[i] = count > 0 ? sums[i] / count : 1;
            }
            return weights;
        }

        private Entry plus(Entry other) {
            if (other.sums.length != sums.length || other.counts.length != counts.length) {
                throw new QuantizeException("entries of " + sums.length + " and " + other.sums.length
                        + " sums cannot be merged: they come from different models");
            }
            float[] allSums = sums.clone();
            float[] allCounts = counts.clone();
            for (int i = 0; i < sums.length; i++) {
                allSums[i] += other.sums[i];
            }
            for (int i = 0; i < counts.length; i++) {
                allCounts[i] += other.counts[i];
            }
            return new Entry(allSums, allCounts);
        }
    }

    public ImportanceMatrix {
        entries = new LinkedHashMap<>(entries);
        datasets = List.copyOf(datasets);
        entries.forEach((matrix, entry) -> {
            for (float sum : entry.sums) {
                if (!Float.isFinite(sum) || sum < 0) {
                    throw new QuantizeException(name + ": '" + matrix + "' has the sum of squares " + sum
                            + ", expected finite numbers from 0 on: the file is damaged");
                }
            }
        });
    }

    /** Mean squares of the inputs of a matrix, {@code [matrices][columns]}. */
    public Optional<float[]> weights(String matrix) {
        return Optional.ofNullable(entries.get(matrix)).map(Entry::weights);
    }

    /** The sums of both. @throws QuantizeException if a matrix has other lengths there */
    public ImportanceMatrix merge(ImportanceMatrix other) {
        Map<String, Entry> all = new LinkedHashMap<>(entries);
        other.entries.forEach((matrix, entry) -> all.merge(matrix, entry, Entry::plus));
        List<String> texts = new ArrayList<>(datasets);
        texts.addAll(other.datasets);
        return new ImportanceMatrix(all, texts, chunkCount + other.chunkCount, chunkSize, name);
    }

    /** For a model whose inputs are divided by scales, by tensor. */
    ImportanceMatrix scaled(Map<String, float[]> scales) {
        Map<String, Entry> all = new LinkedHashMap<>(entries);
        scales.forEach((matrix, divisors) -> all.computeIfPresent(matrix, (key, entry) -> {
            float[] sums = entry.sums.clone();
            for (int i = 0; i < sums.length; i++) {
                sums[i] /= divisors[i % divisors.length] * divisors[i % divisors.length];
            }
            return new Entry(sums, entry.counts);
        }));
        return new ImportanceMatrix(all, datasets, chunkCount, chunkSize, name);
    }

    /** Tells in a quantized file where its weights came from. */
    void describe(MetadataBuilder keys) {
        keys.set("quantize.imatrix.file", name);
        if (!datasets.isEmpty()) {
            keys.set("quantize.imatrix.dataset", datasets.getFirst());
        }
        keys.setUint32("quantize.imatrix.entries_count", entries.size());
        keys.setUint32("quantize.imatrix.chunks_count", chunkCount);
    }

    /** Reads a file of either format. @throws QuantizeException if it holds no importance matrix */
    public static ImportanceMatrix read(Path path) {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new QuantizeException(path + ": is no regular file, expected an importance matrix"); // opening a pipe would wait
        }
        try {
            return startsLikeGguf(path) ? readGguf(path) : readBinary(path);
        } catch (NoSuchFileException e) {
            throw new QuantizeException(path + ": no such file", e);
        } catch (IOException e) {
            throw new QuantizeException(path + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static boolean startsLikeGguf(Path path) throws IOException {
        try (var stream = Files.newInputStream(path)) {
            byte[] start = stream.readNBytes(4);
            return start.length == 4 && ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt() == MAGIC;
        }
    }

    private static ImportanceMatrix readGguf(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            Map<String, Entry> entries = new LinkedHashMap<>();
            for (GgufTensor tensor : file.tensors()) {
                if (tensor.name().endsWith(SUMS)) {
                    String matrix = tensor.name().substring(0, tensor.name().length() - SUMS.length());
                    GgufTensor counts = file.tensor(matrix + COUNTS)
                            .orElseThrow(() -> new QuantizeException(file.name() + ": tensor '" + matrix + COUNTS + "' is missing"));
                    entries.put(matrix, new Entry(floats(file.name(), tensor), floats(file.name(), counts)));
                }
            }
            if (entries.isEmpty()) {
                throw new QuantizeException(file.name() + ": no importance matrix: no tensor '*" + SUMS + "'");
            }
            Metadata metadata = file.metadata();
            return new ImportanceMatrix(
                    entries,
                    metadata.array("imatrix.datasets").map(it -> List.of(it.strings())).orElse(List.of()),
                    metadata.integer("imatrix.chunk_count").orElse(0),
                    metadata.integer("imatrix.chunk_size").orElse(0),
                    file.name());
        }
    }

    private static float[] floats(String file, GgufTensor tensor) {
        if (tensor.elements() > MOST_VALUES) {
            throw new QuantizeException(file + ": tensor '" + tensor.name() + "' has " + tensor.elements() + " values, expected at most " + MOST_VALUES);
        }
        float[] values = new float[(int) tensor.elements()];
        TensorFormats.of(tensor.type()).decode(tensor.data(), 0, values.length, values, 0);
        return values;
    }

    /** Entries of name, calls, and sums as mean square times calls; then the number of pieces and the name of the text, which may be missing. */
    private static ImportanceMatrix readBinary(Path path) throws IOException {
        String name = String.valueOf(path.getFileName());
        if (Files.size(path) > MOST_BYTES) {
            throw notAMatrix(name, "it has " + Files.size(path) + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        Map<String, Entry> entries = new LinkedHashMap<>();
        int count = length(bytes, name, "number of entries");
        for (int i = 0; i < count; i++) {
            String matrix = text(bytes, name);
            float[] counts = {length(bytes, name, "calls")};
            int columns = length(bytes, name, "values");
            if (bytes.remaining() < 4L * columns) {
                throw notAMatrix(name, "it ends in entry " + (i + 1) + " of " + count);
            }
            float[] sums = new float[columns];
            bytes.asFloatBuffer().get(sums);
            bytes.position(bytes.position() + 4 * sums.length);
            entries.put(matrix, new Entry(sums, counts));
        }
        if (entries.isEmpty()) {
            throw notAMatrix(name, "it has no entries");
        }
        long chunks = bytes.remaining() >= 4 ? bytes.getInt() : 0;
        List<String> datasets = bytes.remaining() >= 4 ? List.of(text(bytes, name)) : List.of();
        return new ImportanceMatrix(entries, datasets, chunks, 0, name);
    }

    private static int length(ByteBuffer bytes, String file, String what) {
        if (bytes.remaining() < 4) {
            throw notAMatrix(file, "it ends before the " + what);
        }
        int value = bytes.getInt();
        if (value < 0 || value > MOST_VALUES) {
            throw notAMatrix(file, what + " " + value);
        }
        return value;
    }

    private static String text(ByteBuffer bytes, String file) {
        int length = length(bytes, file, "length of a name");
        if (length > bytes.remaining()) {
            throw notAMatrix(file, "a name of " + length + " bytes");
        }
        byte[] text = new byte[length];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static QuantizeException notAMatrix(String file, String why) {
        return new QuantizeException(file + ": no importance matrix, neither of the GGUF nor of the older format: " + why);
    }

    /** Writes the GGUF format. @throws moka.gguf.GgufException if the file cannot be written */
    public void write(Path path) {
        Metadata keys = Metadata.builder(String.valueOf(path.getFileName()))
                .set("general.type", "imatrix")
                .set("imatrix.datasets", MetadataValue.strings(datasets))
                .setUint32("imatrix.chunk_count", chunkCount)
                .setUint32("imatrix.chunk_size", chunkSize)
                .build();
        List<GgufTensorInfo> tensors = new ArrayList<>();
        entries.forEach((matrix, entry) -> {
            tensors.add(new GgufTensorInfo(matrix + SUMS, TensorType.F32, entry.columns(), entry.counts.length));
            tensors.add(new GgufTensorInfo(matrix + COUNTS, TensorType.F32, 1, entry.counts.length));
        });
        try (GgufWriter writer = GgufWriter.create(path, keys, tensors)) {
            entries.forEach((matrix, entry) -> {
                writer.write(matrix + SUMS, bytes(entry.sums));
                writer.write(matrix + COUNTS, bytes(entry.counts));
            });
            writer.commit();
        }
    }

    private static MemorySegment bytes(float[] values) {
        MemorySegment segment = MemorySegment.ofArray(new byte[4 * values.length]);
        MemorySegment.copy(
                values,
                0,
                segment,
                ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
                0,
                values.length);
        return segment;
    }
}
