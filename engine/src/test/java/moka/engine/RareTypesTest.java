package moka.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import moka.gguf.TensorType;
import moka.testmodels.ModelShape;
import moka.testmodels.SyntheticModel;
import moka.testmodels.TypeMix;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Models whose matrices are of types that converters do not write: they run, in every set of kernels, as they do unrounded. */
class RareTypesTest {
    private static final int[] PROMPT = {1, 7, 99, 5, 6, 7, 8, 9, 10};

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(names = {"Q8_1", "Q8_K", "I8", "F64"})
    void runs(TensorType type) {
        Path file = folder.resolve(type + ".gguf");
        SyntheticModel.write(ModelShape.named("small"), TypeMix.named(type.name()), 1, file);
        float[] expected = MicroModelsTest.lastLogits(file, ModelOptions.DEFAULT.withKernels("scalar").withFloat32(true), PROMPT);
        for (String kernels : new String[] {"scalar", "vector", "machine"}) {
            float[] found = MicroModelsTest.lastLogits(file, ModelOptions.DEFAULT.withKernels(kernels), PROMPT);
            double error = 0;
            double power = 0;
            for (int i = 0; i < found.length; i++) {
                error += Math.pow(found[i] - expected[i], 2);
                power += Math.pow(expected[i], 2);
            }
            // Random weights amplify what is rounded: 2 to 4 % are usual.
            double relative = Math.sqrt(error / power);
            assertTrue(relative < 0.08, kernels + ": " + relative);
        }
    }
}
