package moka.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import moka.engine.ModelOptions;
import moka.testmodels.ModelShape;
import moka.testmodels.SyntheticModel;
import moka.testmodels.TypeMix;

/** A model of one narrow layer, which opens and computes in well under a millisecond. */
final class TinyModel {
    static final int WIDTH = 32;
    static final ModelOptions OPTIONS = ModelOptions.DEFAULT.withThreads(1).withKernels("scalar").withCheckMemory(false);

    private static final ModelShape SHAPE = new ModelShape("tiny", 1, WIDTH, 64, 2, 1, 16, 512, 512, 10000, false, true);

    private TinyModel() {}

    /** A file of it, removed when the process ends. */
    static Path write() {
        try {
            Path file = Files.createTempFile("moka-fuzz", ".gguf");
            file.toFile().deleteOnExit();
            SyntheticModel.write(SHAPE, TypeMix.named("F32"), 1, file);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
