package moka.engine.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import moka.engine.kernel.WeightMatrix;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;

/** Matrices of random bytes, without blocks that decode to infinity, NaN or absurd sizes. */
final class RandomWeights {
    private static final float LARGEST = 1e4f;

    private RandomWeights() {}

    /** The rows end at the end of the segment, as the last tensor of a file does. */
    static WeightMatrix matrix(Arena arena, SplittableRandom random, TensorType type, int rows, int columns) {
        TensorFormat format = TensorFormats.of(type);
        long bytes = type.rowBytes(columns) * rows;
        MemorySegment data = arena.allocate(bytes + 64, 64).asSlice(64 - bytes % 64, bytes);
        var block = new byte[type.blockBytes()];
        var values = new float[type.blockElements()];
        for (long at = 0; at < bytes; at += block.length) {
            do {
                fill(random, type, block);
                MemorySegment.copy(block, 0, data, ValueLayout.JAVA_BYTE, at, block.length);
                format.decode(data, at, values.length, values, 0);
            } while (!tame(values, type));
        }
        return new WeightMatrix("random " + type, type, rows, columns, data);
    }

    private static void fill(SplittableRandom random, TensorType type, byte[] block) {
        random.nextBytes(block);
        switch (type) {
            case F32 -> putLittleEndian(block, Float.floatToIntBits((float) random.nextGaussian()));
            case F64 -> putLittleEndian(block, Double.doubleToLongBits(random.nextGaussian()));
            case I32, I64 -> putLittleEndian(block, random.nextInt(-1000, 1000));
            default -> {}
        }
    }

    private static void putLittleEndian(byte[] block, long bits) {
        for (int i = 0; i < block.length; i++) {
            block[i] = (byte) (bits >> 8 * i);
        }
    }

    private static boolean tame(float[] values, TensorType type) {
        for (float value : values) {
            if (!(Math.abs(value) <= (type == TensorType.I16 ? 4 * LARGEST : LARGEST))) {
                return false;
            }
        }
        return true;
    }
}
