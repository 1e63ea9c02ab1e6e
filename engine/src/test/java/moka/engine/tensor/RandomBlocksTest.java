package moka.engine.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import moka.gguf.TensorType;
import moka.testmodels.RandomBlocks;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The random blocks of synthetic models have the deviation that was asked for. */
class RandomBlocksTest {
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"I8", "I16", "I32", "I64"})
    void haveTheDeviationAskedForAndNearlyNoMean(TensorType type) {
        int elements = 1 << 16;
        double deviation = 0.03;
        byte[] bytes = RandomBlocks.make(type, deviation, elements, new SplittableRandom(1));
        var values = new float[elements];
        TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, elements, values, 0);
        double sum = 0;
        double squares = 0;
        for (float value : values) {
            assertTrue(Float.isFinite(value));
            sum += value;
            squares += (double) value * value;
        }
        boolean coarse = type == TensorType.MXFP4 || type == TensorType.NVFP4;
        assertEquals(1, Math.sqrt(squares / elements) / deviation, coarse ? 0.5 : 0.08, "deviation");
        assertEquals(0, sum / elements / deviation, 0.12, "mean");
    }
}
