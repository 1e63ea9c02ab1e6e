package moka.engine;

import java.nio.file.Path;
import java.util.List;
import moka.engine.architecture.MergedModel;
import moka.engine.runtime.Processors;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.GgufFile;

/** Merges LoRA adapters into the matrices of a model, for a file that needs them no more. */
public final class AdapterMerge {
    private AdapterMerge() {}

    /** Told after each tensor. */
    @FunctionalInterface
    public interface Progress {
        void at(long done, long all);
    }

    /**
     * Writes a model with adapters merged in. Changed tensors keep a type of plain floats; quantized ones become F16.
     *
     * @throws EngineException if a file is no adapter for this model
     * @throws moka.gguf.GgufException if a file is malformed or cannot be written
     */
    public static void merge(Path base, List<AdapterFile> adapters, Path out, Progress progress) {
        try (GgufFile file = GgufFile.open(base);
                WorkerTeam team = new WorkerTeam(Processors.defaultThreads())) {
            MergedModel.write(file, adapters, out, team, (done, all) -> progress.at(done, all));
        }
    }
}
