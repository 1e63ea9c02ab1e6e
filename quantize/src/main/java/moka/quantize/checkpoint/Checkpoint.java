package moka.quantize.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import moka.gguf.GgufTensorInfo;
import moka.gguf.Metadata;
import moka.gguf.MetadataBuilder;
import moka.gguf.SafetensorsFile;
import moka.quantize.ModelSource;
import moka.quantize.QuantizeException;
import moka.quantize.QuantizeOptions;
import moka.quantize.SourceTensor;

/**
 * A checkpoint of Hugging Face as a model to be quantized: a folder with {@code config.json}, the tokenizer's files and weights in safetensors, whole or
 * in shards. Tensors are mapped and decoded row by row when they are read, under the names, in the order of rows and with the keys that GGUF has
 * for the family. Safe for use by many threads until closed.
 */
public final class Checkpoint implements ModelSource {
    private final SafetensorsFile file;
    private final Path folder;
    private final Family family;
    private final Configuration config;
    private final List<SourceTensor> tensors;
    private final Metadata metadata;

    private Checkpoint(SafetensorsFile file, Path folder) {
        this.file = file;
        this.folder = folder;
        Map<String, Object> read = JsonFile.read(folder.resolve("config.json"));
        Configuration given = Configuration.of(read);
        this.family = Families.of(given);
        this.config = given.withDefaults(family.defaults());
        WeightFormat format = WeightFormat.of(given, JsonFile.readIfPresent(folder.resolve("quantize_config.json")));
        this.tensors = new TensorPlan(family, config).tensors(format.tensors(file, family::leavesOut));
        this.metadata = metadata(read);
    }

    /** Whether a path is a checkpoint rather than a GGUF file: a folder, a {@code .safetensors} file or an index of shards. */
    public static boolean isCheckpoint(Path path) {
        String name = String.valueOf(path.getFileName());
        return Files.isDirectory(path) || name.endsWith(".safetensors") || name.endsWith(".json");
    }

    /**
     * Opens a checkpoint.
     *
     * @param path its folder, or its {@code .safetensors} or index file with the other files beside it
     * @throws moka.gguf.GgufException if weights cannot be read or are malformed
     * @throws QuantizeException if another file is, or if it is of a kind that is not read: one line that names what
     */
    public static Checkpoint open(Path path) {
        Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        if (!Files.exists(folder.resolve("config.json"))) {
            throw new QuantizeException(path + ": no config.json there: expected a GGUF file, or the folder of a checkpoint from Hugging Face");
        }
        SafetensorsFile file = SafetensorsFile.open(path);
        try {
            return new Checkpoint(file, folder);
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    /** Whether weights are packed: stored in a few bits by GPTQ, AWQ or bitsandbytes. */
    public boolean isPacked() {
        return tensors.stream().anyMatch(it -> it instanceof CheckpointTensor tensor && tensor.matrix().packedBits() > 0);
    }

    /** Options that give every tensor the type that is nearest to how it is stored here. */
    public QuantizeOptions nearest(int threads) {
        return NearestTypes.options(tensors, threads);
    }

    private Metadata metadata(Map<String, Object> read) {
        MetadataBuilder keys = Metadata.builder(name());
        keys.set("general.architecture", family.architecture());
        List<GgufTensorInfo> infos = tensors.stream().map(SourceTensor::info).toList();
        GeneralKeys.describe(folder, read, infos, keys);
        family.describe(config, keys);
        VocabularyReader vocabulary = new VocabularyReader(folder, read, vocabularySize(infos));
        vocabulary.describe(family.vocabulary(vocabulary.tokenizerClass()), keys);
        family.describeVocabulary(config, vocabulary.addPrefixSpace(), keys);
        return keys.build();
    }

    /** A token for each row of the embedding. */
    private int vocabularySize(List<GgufTensorInfo> infos) {
        long rows = infos.stream()
                .filter(it -> it.name().equals("token_embd.weight"))
                .findFirst()
                .orElseThrow()
                .shape()[1];
        if (rows != config.requireCount("vocab_size")) {
            throw config.wrong("vocab_size", rows + ", the rows of the token embedding");
        }
        return (int) rows;
    }

    @Override
    public String name() {
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public List<List<SourceTensor>> parts() {
        return List.of(tensors);
    }

    @Override
    public void checkUnchanged() {
        file.checkUnchanged();
    }

    @Override
    public void close() {
        file.close();
    }

    @Override
    public String toString() {
        return name() + ": " + family.architecture() + ", " + tensors.size() + " tensors";
    }
}
