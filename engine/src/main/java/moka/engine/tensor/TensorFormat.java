package moka.engine.tensor;

import java.lang.foreign.MemorySegment;
import moka.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * What the bytes of one tensor type mean: the scalar, exact definition that every fast kernel is held against. Implementations
 * are stateless, one type a file, registered in {@link TensorFormats}.
 *
 * <p>Elements and offsets are always whole blocks. Segments are little-endian; offsets are bytes, unaligned.
 */
public interface TensorFormat {
    TensorType type();

    /** The form to which the fast path rounds the other side of a product. */
    ActivationType activation();

    /** Decodes {@code elements} values from {@code source} at {@code offset} to {@code target}: exact float32. */
    void decode(MemorySegment source, long offset, int elements, float[] target, int targetOffset);

    /**
     * How the values split into integers and scales, or {@code null} for types that do not (floats and plain integers): the
     * description from which fast kernels are made.
     */
    default @Nullable IntegerForm integerForm() {
        return null;
    }

    /** Whether {@link #quantize} works: every type with a round-to-nearest rule; searching quantizers come from elsewhere. */
    default boolean quantizes() {
        return false;
    }

    /** Rounds values to nearest: bytes equal to the reference. @throws UnsupportedOperationException if there is no such rule */
    default void quantize(float[] source, int sourceOffset, int elements, MemorySegment target, long offset) {
        throw new UnsupportedOperationException(type() + " has no round-to-nearest quantizer");
    }

    /**
     * Values as {@code scale[group] * code[i] - minimum[group]}, exactly: codes are signed bytes, groups are 16 or 32 consecutive
     * elements, scales and minimums are float32.
     */
    interface IntegerForm {
        /** Consecutive elements that share a scale: 16 or 32. */
        int groupLength();

        /** Whether minimums are other than 0. */
        boolean hasMinimums();

        /** Smallest and largest code that can occur: tells how many bits a lane needs and whether short sums overflow. */
        int smallestCode();

        int largestCode();

        /**
         * Splits whole blocks.
         *
         * @param codes receives {@code elements} codes from {@code codesOffset}
         * @param scales receives {@code elements / groupLength} scales from {@code groupOffset}
         * @param minimums likewise; left untouched where there are none
         */
        void split(
                MemorySegment source,
                long offset,
                int elements,
                byte[] codes,
                int codesOffset,
                float[] scales,
                float[] minimums,
                int groupOffset);
    }
}
