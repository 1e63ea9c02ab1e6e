package moka.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.gguf.MetadataValue;

/**
 * How to open a model.
 *
 * @param threads threads to compute with; 0: the physical cores that the process may use
 * @param kernels {@code scalar}, {@code vector} or {@code machine} to force a set, {@code machine:avx2} and the like its instructions too; empty for the best that works here
 * @param vectorBits width of the vector kernels: 128, 256, 512; 0: the widest
 * @param float32 compute with unrounded activations and a float32 cache: slow, exact
 * @param repack whether weights may be copied into a faster layout (costs their size again)
 * @param checkMemory refuse a model that does not fit in memory
 * @param adapters LoRA adapters, whose changes add up
 * @param controlVectors vectors that are added behind blocks
 * @param metadata values in place of the file's, by key; a key that begins with a point stands behind the name of the architecture, so
 *     {@code .rope.freq_base} is {@code llama.rope.freq_base} where that is it
 * @param timed whether the time of each operation is noted ({@link Model#operationTimes})
 */
public record ModelOptions(
        int threads, Optional<String> kernels, int vectorBits, boolean float32, boolean repack, boolean checkMemory,
        List<AdapterFile> adapters, List<AdapterFile> controlVectors, Map<String, MetadataValue> metadata, boolean timed) {
    public static final ModelOptions DEFAULT = new ModelOptions(0, Optional.empty(), 0, false, true, true, List.of(), List.of(), Map.of(), false);

    public ModelOptions {
        adapters = List.copyOf(adapters);
        controlVectors = List.copyOf(controlVectors);
        metadata = Map.copyOf(metadata);
    }

    public ModelOptions withThreads(int threads) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withKernels(String kernels) {
        return new ModelOptions(threads, Optional.of(kernels), vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withVectorBits(int vectorBits) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withFloat32(boolean float32) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withRepack(boolean repack) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withCheckMemory(boolean checkMemory) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withAdapters(List<AdapterFile> adapters) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withControlVectors(List<AdapterFile> controlVectors) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withMetadata(Map<String, MetadataValue> metadata) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }

    public ModelOptions withTimed(boolean timed) {
        return new ModelOptions(threads, kernels, vectorBits, float32, repack, checkMemory, adapters, controlVectors, metadata, timed);
    }
}
