package moka.engine.kernel.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import moka.engine.kernel.WeightMatrix;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;

/** Weights of any type from random bytes: blocks with values that are not finite, or so large that float32 sums lose them, are drawn again. */
final class RandomWeights {
    private RandomWeights() {}

    static WeightMatrix of(TensorType type, int rows, int columns, SplittableRandom random, MemorySegment data) {
        TensorFormat format = TensorFormats.of(type);
        int blockBytes = type.blockBytes();
        var values = new float[type.blockElements()];
        byte[] block = new byte[blockBytes];
        for (long at = 0; at < rows * type.rowBytes(columns); at += blockBytes) {
            do {
                random.nextBytes(block);
                MemorySegment.copy(block, 0, data, ValueLayout.JAVA_BYTE, at, blockBytes);
                format.decode(data, at, values.length, values, 0);
            } while (!good(values, values.length == 1 ? 1e20f : 1e6f));
        }
        return new WeightMatrix("random " + type, type, rows, columns, data);
    }

    static WeightMatrix of(TensorType type, int rows, int columns, SplittableRandom random, Arena arena) {
        return of(type, rows, columns, random, arena.allocate(rows * type.rowBytes(columns), 1));
    }

    private static boolean good(float[] values, float limit) {
        for (float value : values) {
            if (!(Math.abs(value) < limit)) {
                return false;
            }
        }
        return true;
    }

    /** All values, decoded: {@code [row][column]}. */
    static float[] decode(WeightMatrix weights) {
        var values = new float[weights.rows() * weights.columns()];
        for (int row = 0; row < weights.rows(); row++) {
            TensorFormats.of(weights.type())
                    .decode(weights.data(), row * weights.rowBytes(), weights.columns(), values, row * weights.columns());
        }
        return values;
    }
}
