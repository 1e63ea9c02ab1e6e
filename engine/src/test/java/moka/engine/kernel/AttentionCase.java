package moka.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import moka.engine.kernel.KvStore.ElementType;
import org.jspecify.annotations.Nullable;

/** A random plan of attention with its inputs: what all sets of kernels are tested with. */
public final class AttentionCase {
    /** Lengths, which each set of kernels has its own limits for. @param rotated values of a head that may be rotated */
    public record Shape(
            int positions, int kvHeadCount, int headCount, int headLength, int valueLength, ElementType keyType, ElementType valueType, int rotated) {}

    public final int positions;
    public final int kvHeadCount;
    public final int headCount;
    public final int headLength;
    public final int valueLength;
    public final ElementType keyType;
    public final ElementType valueType;
    public final @Nullable RopeTable rope;
    public final @Nullable MemorySegment queryNorm;
    public final @Nullable MemorySegment keyNorm;
    public final int window;
    public final float softCap;
    public final @Nullable MemorySegment sinks;
    public final @Nullable MemorySegment alibi;
    public final float[][] queries; // [position][headCount * headLength]
    public final float[][] keys;
    public final float[][] values;

    /** Anything else than the shape is drawn. */
    public AttentionCase(Arena arena, SplittableRandom random, Shape shape) {
        positions = shape.positions();
        kvHeadCount = shape.kvHeadCount();
        headCount = shape.headCount();
        headLength = shape.headLength();
        valueLength = shape.valueLength();
        keyType = shape.keyType();
        valueType = shape.valueType();
        rope = random.nextInt(4) == 0 ? null : new PlainRope(arena, shape.rotated(), random.nextBoolean(), 10000, positions);
        queryNorm = random.nextBoolean() ? floats(arena, random, headLength) : null;
        keyNorm = random.nextBoolean() ? floats(arena, random, headLength) : null;
        window = random.nextInt(3) == 0 ? random.nextInt(1, positions + 1) : 0;
        softCap = random.nextInt(3) == 0 ? 1.5f : 0;
        sinks = random.nextInt(3) == 0 ? floats(arena, random, headCount) : null;
        alibi = random.nextInt(3) == 0 ? floats(arena, random, headCount) : null;
        queries = rows(random, headCount * headLength);
        keys = rows(random, kvHeadCount * headLength);
        values = rows(random, kvHeadCount * valueLength);
    }

    private float[][] rows(SplittableRandom random, int columns) {
        var rows = new float[positions][columns];
        for (float[] row : rows) {
            for (int i = 0; i < columns; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return rows;
    }

    private static MemorySegment floats(Arena arena, SplittableRandom random, int count) {
        MemorySegment floats = arena.allocate(4L * count, 4);
        for (int i = 0; i < count; i++) {
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (2 * random.nextDouble() - 1));
        }
        return floats;
    }

    public float scale() {
        return (float) (1 / Math.sqrt(headLength));
    }

    /** Runs all positions in batches of {@code batch}; {@code [position][headCount * valueLength]}. */
    public float[][] run(Arena arena, Kernels kernels, int batch) {
        var results = new float[positions][headCount * valueLength];
        int blocks = window == 0 ? positions / KvStore.BLOCK + 1 : (window + batch) / KvStore.BLOCK + 2;
        var cache = new BlockKvStore(arena, keyType, valueType, 2, blocks, kvHeadCount, headLength, valueLength);
        Activations q = Activations.allocate(arena, batch + 1, headCount * headLength);
        Activations k = Activations.allocate(arena, batch + 1, kvHeadCount * headLength);
        Activations v = Activations.allocate(arena, batch + 1, kvHeadCount * valueLength);
        Activations output = Activations.allocate(arena, batch + 1, headCount * valueLength);
        var plan = new AttentionPlan(
                q, k, v, output, 1, headCount, kvHeadCount, headLength, valueLength, scale(), rope, queryNorm, keyNorm, 1e-6f, window, softCap, sinks,
                alibi);
        for (int first = 0; first < positions; first += batch) {
            int count = Math.min(batch, positions - first);
            for (int t = 0; t < count; t++) {
                q.write(t + 1, 0, queries[first + t], 0, q.columns());
                k.write(t + 1, 0, keys[first + t], 0, k.columns());
                v.write(t + 1, 0, values[first + t], 0, v.columns());
            }
            kernels.attend(plan, new AttentionPlan.Span(cache, 1, count, first));
            for (int t = 0; t < count; t++) {
                output.read(t + 1, 0, results[first + t], 0, output.columns());
            }
        }
        return results;
    }

    @Override
    public String toString() {
        return positions + " positions, " + headCount + "/" + kvHeadCount + " heads of " + headLength + " and " + valueLength + ", "
                + keyType + " and " + valueType + ", rope " + (rope == null ? "none" : rope.rotatedLength() + (rope.halves() ? " halves" : " pairs"))
                + ", window " + window + ", cap " + softCap + ", sinks " + (sinks != null) + ", alibi " + (alibi != null);
    }
}
