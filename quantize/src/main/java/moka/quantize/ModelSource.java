package moka.quantize;

import java.nio.file.Path;
import java.util.List;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensorInfo;
import moka.gguf.Metadata;

/** A model to be quantized, wherever its weights come from. */
public interface ModelSource extends AutoCloseable {
    /** Name for messages. */
    String name();

    /** The keys and values of a GGUF file. */
    Metadata metadata();

    /** The tensors of each part, in order; one part where the model is not split. */
    List<List<SourceTensor>> parts();

    /** All tensors in order. */
    default List<SourceTensor> tensors() {
        return parts().stream().flatMap(List::stream).toList();
    }

    /** Names, types and shapes of all tensors. */
    default List<GgufTensorInfo> infos() {
        return tensors().stream().map(SourceTensor::info).toList();
    }

    /** Checks that the files are as they were when they were opened. */
    void checkUnchanged();

    @Override
    void close();

    /** Opens a GGUF file. @throws moka.gguf.GgufException if it cannot be read or is malformed */
    static ModelSource openGguf(Path path) {
        GgufFile file = GgufFile.open(path);
        List<List<SourceTensor>> parts = file.parts().stream()
                .map(part -> part.tensors().stream().map(SourceTensor::of).toList())
                .toList();
        record Opened(GgufFile file, List<List<SourceTensor>> parts) implements ModelSource {
            @Override
            public String name() {
                return file.name();
            }

            @Override
            public Metadata metadata() {
                return file.metadata();
            }

            @Override
            public void checkUnchanged() {
                file.checkUnchanged();
            }

            @Override
            public void close() {
                file.close();
            }
        }
        return new Opened(file, parts);
    }
}
