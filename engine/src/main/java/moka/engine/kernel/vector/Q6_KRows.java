package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Q6_K: super-blocks of {@code 128 bytes of lower nibbles ql, 64 bytes of upper bit pairs qh, 16 x i8 scales, f16 d}, value
 * {@code d * scale * (q - 32)}. Two halves of four parts of 32 elements; the parts of a half share 32 bytes of qh. Nibble and pair
 * go to mantissa bits 20..17 and 22..21 under the exponent of 1: {@code 1 + q/64}, so the value is {@code 64 d * scale * (float - 1.5)}.
 */
final class Q6_KRows implements RowKernel {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final VectorSpecies<Integer> I = Width.ints(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);
    private static final int BLOCK = 210;
    private static final int UPPER = 128;
    private static final int SCALES = 192;
    private static final int NIBBLE = 15 << 17;
    private static final int PAIR = 3 << 21;
    private static final int ONE = 0x3f800000;

    /** The scales of one part from those of a super-block (512 bits) or half (256 bits). */
    private static final VectorShuffle<Float> PART_0 = part(0);

    private static final VectorShuffle<Float> PART_1 = part(1);
    private static final VectorShuffle<Float> PART_2 = part(2);
    private static final VectorShuffle<Float> PART_3 = part(3);

    /** All bits of the upper half of the lanes. */
    private static final int[] UPPER_LANES = upperLanes();

    private final ActivationOrder order = ActivationOrder.halves(L, 1.5f);

    private static VectorShuffle<Float> part(int p) {
        return VectorShuffle.fromOp(F, lane -> (lane / 8 * 8 + 2 * p + lane % 8 / 4) % L);
    }

    private static int[] upperLanes() {
        var mask = new int[L];
        for (int lane = L / 2; lane < L; lane++) {
            mask[lane] = -1;
        }
        return mask;
    }

    @Override
    public String description() {
        return "float32 FMA in place, code bits shifted into mantissas";
    }

    @Override
    public ActivationOrder order() {
        return order;
    }

    @Override
    public void addProducts(
            MemorySegment weights, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        row(weights, offset, columns, x, xAt, lanes, at);
    }

    private static void row(MemorySegment w, long offset, int columns, float[] x, int xAt, float[] lanes, int at) {
        FloatVector sum = FloatVector.fromArray(F, lanes, at);
        long o = offset;
        int from = xAt;
        for (int i = 0; i < columns; i += 256, o += BLOCK) {
            FloatVector scaled = FloatVector.zero(F);
            for (int v = 0; v < 16; v += L, from += 20 * L) {
                IntVector c = evenParts(w, o, v);
                IntVector d = oddParts(w, o, v);
                IntVector h = IntVector.fromMemorySegment(I, w, o + UPPER + 4 * v, LE);
                FloatVector scales = scales(w, o, v);
                FloatVector start;
                FloatVector run;
                start = FloatVector.fromArray(F, x, from);
                run = code(up(c, 17), up(h, 21)).fma(FloatVector.fromArray(F, x, from + L), start);
                run = code(up(c, 9), up(h, 13)).fma(FloatVector.fromArray(F, x, from + 2 * L), run);
                run = code(up(c, 1), up(h, 5)).fma(FloatVector.fromArray(F, x, from + 3 * L), run);
                run = code(down(c, 7), down(h, 3)).fma(FloatVector.fromArray(F, x, from + 4 * L), run);
                scaled = run.fma(scale(scales, w, o, v, 0), scaled);
                start = FloatVector.fromArray(F, x, from + 5 * L);
                run = code(up(d, 17), up(h, 19)).fma(FloatVector.fromArray(F, x, from + 6 * L), start);
                run = code(up(d, 9), up(h, 11)).fma(FloatVector.fromArray(F, x, from + 7 * L), run);
                run = code(up(d, 1), up(h, 3)).fma(FloatVector.fromArray(F, x, from + 8 * L), run);
                run = code(down(d, 7), down(h, 5)).fma(FloatVector.fromArray(F, x, from + 9 * L), run);
                scaled = run.fma(scale(scales, w, o, v, 1), scaled);
                start = FloatVector.fromArray(F, x, from + 10 * L);
                run = code(up(c, 13), up(h, 17)).fma(FloatVector.fromArray(F, x, from + 11 * L), start);
                run = code(up(c, 5), up(h, 9)).fma(FloatVector.fromArray(F, x, from + 12 * L), run);
                run = code(down(c, 3), up(h, 1)).fma(FloatVector.fromArray(F, x, from + 13 * L), run);
                run = code(down(c, 11), down(h, 7)).fma(FloatVector.fromArray(F, x, from + 14 * L), run);
                scaled = run.fma(scale(scales, w, o, v, 2), scaled);
                start = FloatVector.fromArray(F, x, from + 15 * L);
                run = code(up(d, 13), up(h, 15)).fma(FloatVector.fromArray(F, x, from + 16 * L), start);
                run = code(up(d, 5), up(h, 7)).fma(FloatVector.fromArray(F, x, from + 17 * L), run);
                run = code(down(d, 3), down(h, 1)).fma(FloatVector.fromArray(F, x, from + 18 * L), run);
                run = code(down(d, 11), down(h, 9)).fma(FloatVector.fromArray(F, x, from + 19 * L), run);
                scaled = run.fma(scale(scales, w, o, v, 3), scaled);
            }
            sum = scaled.fma(FloatVector.broadcast(F, 64f * Float.float16ToFloat(w.get(SHORT, o + 208))), sum);
        }
        sum.intoArray(lanes, at);
    }

    /** The bytes of ql that hold parts 0 and 2. */
    private static IntVector evenParts(MemorySegment w, long o, int v) {
        if (L == 16) {
            return bothHalves(w, o, o + 32);
        }
        return IntVector.fromMemorySegment(I, w, o + 4 * (v + (v & 8)), LE);
    }

    /** The bytes of ql that hold parts 1 and 3. */
    private static IntVector oddParts(MemorySegment w, long o, int v) {
        if (L == 16) {
            return bothHalves(w, o + 32, o + 64);
        }
        return IntVector.fromMemorySegment(I, w, o + 4 * (v + (v & 8)) + 32, LE);
    }

    /** Lower lanes from one place, upper lanes from the other. */
    private static IntVector bothHalves(MemorySegment w, long lower, long upper) {
        return IntVector.fromMemorySegment(I, w, lower, LE)
                .lanewise(
                        VectorOperators.BITWISE_BLEND,
                        IntVector.fromMemorySegment(I, w, upper, LE),
                        IntVector.fromArray(I, UPPER_LANES, 0));
    }

    private static FloatVector scales(MemorySegment w, long o, int v) {
        return switch (L) {
            case 16 -> (FloatVector) ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + SCALES, LE)
                    .convertShape(VectorOperators.B2F, F, 0);
            case 8 -> (FloatVector) ByteVector.fromMemorySegment(ByteVector.SPECIES_64, w, o + SCALES + v, LE)
                    .convertShape(VectorOperators.B2F, F, 0);
            default -> FloatVector.zero(F);
        };
    }

    private static FloatVector scale(FloatVector scales, MemorySegment w, long o, int v, int part) {
        if (L == 4) {
            return FloatVector.broadcast(F, w.get(ValueLayout.JAVA_BYTE, o + SCALES + (v & 8) + 2 * part + (v >> 2 & 1)));
        }
        return scales.rearrange(
                switch (part) {
                    case 0 -> PART_0;
                    case 1 -> PART_1;
                    case 2 -> PART_2;
                    default -> PART_3;
                });
    }

    private static FloatVector code(IntVector nibble, IntVector pair) {
        return nibble.and(NIBBLE).or(pair.and(PAIR)).or(ONE).reinterpretAsFloats();
    }

    private static IntVector up(IntVector bits, int by) {
        return bits.lanewise(VectorOperators.LSHL, by);
    }

    private static IntVector down(IntVector bits, int by) {
        return bits.lanewise(VectorOperators.LSHR, by);
    }

    @Override
    public void unpack(MemorySegment weights, long offset, int columns, float[] target, int at) {
        decode(weights, offset, columns, target, at);
    }

    private static void decode(MemorySegment w, long offset, int columns, float[] target, int at) {
        long o = offset;
        int to = at;
        for (int i = 0; i < columns; i += 256, o += BLOCK) {
            float factor = 64f * Float.float16ToFloat(w.get(SHORT, o + 208));
            for (int v = 0; v < 16; v += L, to += 16 * L) {
                IntVector c = evenParts(w, o, v);
                IntVector d = oddParts(w, o, v);
                IntVector h = IntVector.fromMemorySegment(I, w, o + UPPER + 4 * v, LE);
                FloatVector scales = scales(w, o, v);
                FloatVector scale;
                scale = scale(scales, w, o, v, 0).mul(factor);
                code(up(c, 17), up(h, 21)).sub(1.5f).mul(scale).intoArray(target, to);
                code(up(c, 9), up(h, 13)).sub(1.5f).mul(scale).intoArray(target, to + L);
                code(up(c, 1), up(h, 5)).sub(1.5f).mul(scale).intoArray(target, to + 2 * L);
                code(down(c, 7), down(h, 3)).sub(1.5f).mul(scale).intoArray(target, to + 3 * L);
                scale = scale(scales, w, o, v, 1).mul(factor);
                code(up(d, 17), up(h, 19)).sub(1.5f).mul(scale).intoArray(target, to + 4 * L);
                code(up(d, 9), up(h, 11)).sub(1.5f).mul(scale).intoArray(target, to + 5 * L);
                code(up(d, 1), up(h, 3)).sub(1.5f).mul(scale).intoArray(target, to + 6 * L);
                code(down(d, 7), down(h, 5)).sub(1.5f).mul(scale).intoArray(target, to + 7 * L);
                scale = scale(scales, w, o, v, 2).mul(factor);
                code(up(c, 13), up(h, 17)).sub(1.5f).mul(scale).intoArray(target, to + 8 * L);
                code(up(c, 5), up(h, 9)).sub(1.5f).mul(scale).intoArray(target, to + 9 * L);
                code(down(c, 3), up(h, 1)).sub(1.5f).mul(scale).intoArray(target, to + 10 * L);
                code(down(c, 11), down(h, 7)).sub(1.5f).mul(scale).intoArray(target, to + 11 * L);
                scale = scale(scales, w, o, v, 3).mul(factor);
                code(up(d, 13), up(h, 15)).sub(1.5f).mul(scale).intoArray(target, to + 12 * L);
                code(up(d, 5), up(h, 7)).sub(1.5f).mul(scale).intoArray(target, to + 13 * L);
                code(down(d, 3), down(h, 1)).sub(1.5f).mul(scale).intoArray(target, to + 14 * L);
                code(down(d, 11), down(h, 9)).sub(1.5f).mul(scale).intoArray(target, to + 15 * L);
            }
        }
    }
}
