package moka.engine.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * A format of blocks whose values are {@code scale * code - minimum}. The file of a type says how one block splits
 * into these; decoding follows. Every product is exact in float32 (a 16-bit float times at most 13 bits) and one
 * difference is rounded, so that fused and unfused arithmetic give the same bits; Q8_K alone rounds its product.
 *
 * <p>Each call takes scratch memory for one block (under 1 KB).
 *
 * @param codes lengths and limits
 * @param splitter splits one block
 * @param quantizer rounds one block to nearest, or null where the type has no such rule
 */
record BlockFormat(
        TensorType type, ActivationType activation, Codes codes, Splitter splitter, @Nullable Quantizer quantizer)
        implements TensorFormat, TensorFormat.IntegerForm {

    BlockFormat(TensorType type, ActivationType activation, Codes codes, Splitter splitter) {
        this(type, activation, codes, splitter, null);
    }

    /**
     * @param groupLength consecutive elements that share a scale and a minimum
     * @param smallest smallest code that any bytes give
     * @param largest largest code
     * @param minimums whether there are minimums
     */
    record Codes(int groupLength, int smallest, int largest, boolean minimums) {
        static Codes symmetric(int groupLength, int smallest, int largest) {
            return new Codes(groupLength, smallest, largest, false);
        }

        static Codes affine(int groupLength, int largest) {
            return new Codes(groupLength, 0, largest, true);
        }
    }

    /** Splits the bytes of one block into codes, and scales and minimums of its groups. */
    @FunctionalInterface
    interface Splitter {
        void split(byte[] block, byte[] codes, float[] scales, float[] minimums);
    }

    /** Rounds the values of one block to nearest; every byte of the block is written. */
    @FunctionalInterface
    interface Quantizer {
        void quantize(float[] values, byte[] block);
    }

    @Override
    public int groupLength() {
        return codes.groupLength;
    }

    @Override
    public boolean hasMinimums() {
        return codes.minimums;
    }

    @Override
    public int smallestCode() {
        return codes.smallest;
    }

    @Override
    public int largestCode() {
        return codes.largest;
    }

    @Override
    public IntegerForm integerForm() {
        return this;
    }

    @Override
    public void decode(MemorySegment source, long offset, int elements, float[] target, int targetOffset) {
        checkWholeBlocks(elements);
        var scratch = new Scratch();
        for (int first = 0; first < elements; first += type.blockElements()) {
            scratch.split(source, offset + type.rowBytes(first));
            for (int group = 0; group < scratch.scales.length; group++) {
                scratch.decode(group, target, targetOffset + first);
            }
        }
    }

    @Override
    public void split(
            MemorySegment source,
            long offset,
            int elements,
            byte[] codesTarget,
            int codesOffset,
            float[] scales,
            float[] minimums,
            int groupOffset) {
        checkWholeBlocks(elements);
        var scratch = new Scratch();
        for (int first = 0; first < elements; first += type.blockElements()) {
            scratch.split(source, offset + type.rowBytes(first));
            int group = groupOffset + first / codes.groupLength;
            System.arraycopy(scratch.codes, 0, codesTarget, codesOffset + first, scratch.codes.length);
            System.arraycopy(scratch.scales, 0, scales, group, scratch.scales.length);
            if (codes.minimums) {
                System.arraycopy(scratch.minimums, 0, minimums, group, scratch.minimums.length);
            }
        }
    }

    @Override
    public boolean quantizes() {
        return quantizer != null;
    }

    @Override
    public void quantize(float[] source, int sourceOffset, int elements, MemorySegment target, long offset) {
        if (quantizer == null) {
            throw new UnsupportedOperationException(type + " has no round-to-nearest quantizer");
        }
        checkWholeBlocks(elements);
        var values = new float[type.blockElements()];
        var block = new byte[type.blockBytes()];
        for (int first = 0; first < elements; first += values.length) {
            System.arraycopy(source, sourceOffset + first, values, 0, values.length);
            quantizer.quantize(values, block);
            MemorySegment.copy(
                    block, 0, target, ValueLayout.JAVA_BYTE, offset + type.rowBytes(first), block.length);
        }
    }

    private void checkWholeBlocks(int elements) {
        if (elements % type.blockElements() != 0) {
            throw new IllegalArgumentException(
                    elements + " elements are no whole number of " + type + " blocks of " + type.blockElements());
        }
    }

    /** One block, split. Minimums stay 0 where there are none. */
    private final class Scratch {
        final byte[] block = new byte[type.blockBytes()];
        final byte[] codes = new byte[type.blockElements()];
        final float[] scales = new float[type.blockElements() / groupLength()];
        final float[] minimums = new float[scales.length];

        void split(MemorySegment source, long offset) {
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset, block, 0, block.length);
            splitter.split(block, codes, scales, minimums);
        }

        /**
         * Values of one group; {@code target} has those of the block from {@code targetOffset}. C2 vectorises the
         * loop.
         */
        void decode(int group, float[] target, int targetOffset) {
            float scale = scales[group];
            float minimum = minimums[group];
            int end = (group + 1) * groupLength();
            for (int i = group * groupLength(); i < end; i++) {
                target[targetOffset + i] = scale * codes[i] - minimum;
            }
        }
    }
}
