package moka.cli;

import moka.cli.terminal.CommandFailure;
import moka.engine.ModelOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a model is computed, whichever it is. */
final class KernelOptions {
    @Option(names = "--kernels", paramLabel = "SET", hidden = true, description = "Force a kernel set: scalar, vector, machine or machine:LEVEL (avx512vbmi, avx512vnni, avxvnni, avx2; dotprod, i8mm).")
    @Nullable String kernels;

    @Option(names = "--vector-bits", paramLabel = "N", hidden = true, description = "Width of vector kernels: 128, 256 or 512.")
    int vectorBits;

    @Option(names = "--float32", hidden = true, description = "Compute with unrounded activations and cache: slow, exact.")
    boolean float32;

    @Option(names = "--no-repack", hidden = true, description = "Do not copy weights into a faster layout: less memory.")
    boolean noRepack;

    @Option(names = "--no-memory-check", hidden = true, description = "Try even if the model does not seem to fit in memory.")
    boolean noMemoryCheck;

    ModelOptions modelOptions(int threads) {
        if (vectorBits != 0 && vectorBits != 128 && vectorBits != 256 && vectorBits != 512) {
            throw CommandFailure.usage("--vector-bits " + vectorBits + ", expected 128, 256 or 512");
        }
        ModelOptions options = ModelOptions.DEFAULT
                .withThreads(threads)
                .withVectorBits(vectorBits)
                .withFloat32(float32)
                .withRepack(!noRepack)
                .withCheckMemory(!noMemoryCheck);
        if (kernels == null) {
            return options;
        }
        if (!kernels.matches("scalar|vector|machine(:.*)?")) {
            throw CommandFailure.usage("--kernels '" + kernels + "', expected scalar, vector, machine or machine:LEVEL");
        }
        return options.withKernels(kernels);
    }
}
