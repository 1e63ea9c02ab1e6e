package moka.quantize.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import moka.gguf.Metadata;
import moka.gguf.TensorType;
import moka.quantize.Mixture;
import moka.quantize.ModelSource;
import moka.quantize.Quantization;
import moka.quantize.QuantizeOptions;
import moka.quantize.SourceTensor;

/**
 * A checkpoint as a GGUF file of floats, for methods that run the model that they quantize. The file is hidden beside the target, and goes when this is
 * closed or the process ends; one that a killed process left is written over by the next.
 */
public final class ConvertedCheckpoint implements ModelSource {
    private final Path file;
    private final ModelSource source;

    private ConvertedCheckpoint(Path file, ModelSource source) {
        this.file = file;
        this.source = source;
    }

    /**
     * Converts a checkpoint.
     *
     * @param beside the file that will be made from it
     * @throws moka.quantize.QuantizeException if there is no room, and as {@link Checkpoint#open}
     */
    public static ConvertedCheckpoint of(Path checkpoint, Path beside, int threads, Quantization.Listener listener) {
        Path absolute = beside.toAbsolutePath();
        Path file = absolute.resolveSibling("." + absolute.getFileName() + ".converted");
        file.toFile().deleteOnExit();
        try (Checkpoint opened = Checkpoint.open(checkpoint)) {
            new Quantization(opened, QuantizeOptions.of(floats(opened), threads)).run(file, listener);
        }
        try {
            return new ConvertedCheckpoint(file, ModelSource.openGguf(file));
        } catch (Throwable e) {
            delete(file);
            throw e;
        }
    }

    /** The floats that most weights are stored in; float32 for what is packed. */
    private static Mixture floats(Checkpoint checkpoint) {
        Map<TensorType, Long> elements = new EnumMap<>(TensorType.class);
        checkpoint.tensors().forEach(it -> elements.merge(it.info().type(), it.rows() * it.columns(), Long::sum));
        TensorType most = elements.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(TensorType.F32);
        return switch (most) {
            case BF16 -> Mixture.BF16;
            case F16 -> Mixture.F16;
            default -> Mixture.F32;
        };
    }

    /** The file that can be run. */
    public Path file() {
        return file;
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public Metadata metadata() {
        return source.metadata();
    }

    @Override
    public List<List<SourceTensor>> parts() {
        return source.parts();
    }

    @Override
    public void checkUnchanged() {
        source.checkUnchanged();
    }

    @Override
    public void close() {
        source.close();
        delete(file);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
