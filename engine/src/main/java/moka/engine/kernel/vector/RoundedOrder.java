package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntBinaryOperator;

/**
 * Activations rounded to whole numbers ("codes") for kernels that multiply in 16-bit lanes. An arranged period holds, one behind the other:
 *
 * <ul>
 *   <li>starts, if the kernel wants them: for each 16-bit lane {@code start} times the sum of its codes, which takes off what is added to each code of the weights
 *   <li>the codes, in the order in which the kernel meets them
 *   <li>float32 sums of 16 or 32 activations (as rounded), if the kernel has minimums to multiply them with: group 0, 4, 1, 5, 2, 6, 3, 7, and the next eight so
 *   <li>float32 scales, each as often as the kernel has lanes for it
 * </ul>
 *
 * @param period elements after which the order repeats
 * @param places where in the period each element goes
 * @param codeBytes 1 or 2
 * @param most the largest magnitude of a code: what becomes of the largest activation of a group. So chosen by each kernel that its 16-bit sums hold
 * @param together elements that share a scale, a multiple of 32
 * @param start what the starts multiply with, 0 if there are none
 * @param startLanes lanes that have a start
 * @param summed elements of a sum, 16 or 32; 0 if there are none
 * @param copies how often a scale is repeated
 */
record RoundedOrder(
        int period, int[] places, int codeBytes, int most, int together, int start, int startLanes, int summed, int copies)
        implements Arrangement {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

    /** Elements that are rounded together. */
    private static final int GROUP = 16;

    /** Groups of smaller activations count as zeros: their scale would have no reciprocal. */
    private static final float LEAST = 1e-30f;

    /** Added to a number of few bits and taken off again, it rounds to a whole one. */
    private static final float WHOLE = 0x1.8p23f;

    /** Bytes in file order, a scale for each 32. */
    static RoundedOrder bytes(int period) {
        return new RoundedOrder(period, places(period, period, (vector, lane) -> lane), 1, 127, 32, 0, 0, 0, 1);
    }

    /**
     * Blocks of 32 as split nibbles, one block in each 128 bits, less 8: nibbles of bytes 0 and 1 of the 16-bit lanes, low before high. A scale for each block, in the four 32-bit
     * lanes of the block.
     *
     * @param lanes 32-bit lanes of a vector
     */
    static RoundedOrder splitNibbles(int lanes, int most) {
        int[] places = places(8 * lanes, 2 * lanes, (vector, lane) -> {
            int bytes = 2 * lane + vector / 2;
            return bytes / 16 * 32 + vector % 2 * 16 + bytes % 16;
        });
        return new RoundedOrder(8 * lanes, places, 2, most, 32, -8, 2 * lanes, 0, 4);
    }

    /** Super-blocks of four times 64 elements in 32 bytes: low nibbles 32 elements, high ones the next; of each first the even bytes, then the odd ones. One scale, and sums. */
    static RoundedOrder groupNibbles(int lanes, int most) {
        int[] places = places(256, 2 * lanes, (vector, lane) -> {
            int bytes = vector / 4 * 4 * lanes + 2 * lane + vector % 2;
            return bytes / 32 * 64 + vector % 4 / 2 * 32 + bytes % 32;
        });
        return new RoundedOrder(256, places, 2, most, 256, 0, 0, 32, 1);
    }

    /**
     * Super-blocks of two halves of four times 32 elements, 64 bytes a part; of each first the even bytes, then the odd ones. One scale.
     *
     * @param summed elements of a sum, or 0
     */
    static RoundedOrder halves(int lanes, int most, int summed) {
        int[] places = places(256, 2 * lanes, (vector, lane) -> {
            int bytes = vector / 8 * 4 * lanes + 2 * lane + vector % 2;
            return bytes / 32 * 128 + vector % 8 / 2 * 32 + bytes % 32;
        });
        return new RoundedOrder(256, places, 2, most, 256, 0, 0, summed, 1);
    }

    /** @param elementAt element that lane so and so of vector so and so has */
    private static int[] places(int period, int lanes, IntBinaryOperator elementAt) {
        var places = new int[period];
        for (int i = 0; i < period; i++) {
            places[elementAt.applyAsInt(i / lanes, i % lanes)] = i;
        }
        return places;
    }

    private int sumsAt() {
        return 2 * startLanes + period * codeBytes;
    }

    private int scalesAt() {
        return sumsAt() + (summed > 0 ? 4 * period / summed : 0);
    }

    private int words() {
        return scalesAt() / 4 + period / together * copies;
    }

    /** Vectors of 16-bit codes begin at cache lines; what that leaves free is zero. */
    @Override
    public int arrangedPeriod() {
        return codeBytes == 1 ? words() : (words() + 15) & -16;
    }

    @Override
    public void arrange(float[] x, int offset, int columns, MemorySegment target, long targetOffset) {
        long to = targetOffset;
        for (int at = 0; at < columns; at += period) {
            for (int first = 0; first < period; first += together) {
                round(x, offset + at, first, columns - at, target, to);
            }
            if (startLanes > 0) {
                putStarts(target, to);
            }
            for (int word = words(); word < arrangedPeriod(); word++) {
                target.set(FLOAT, to + 4L * word, 0);
            }
            to += 4L * arrangedPeriod();
        }
    }

    /** Rounds the elements of a period that share a scale; {@code count} are left of the row. */
    private void round(float[] x, int offset, int first, int count, MemorySegment target, long to) {
        int present = Math.clamp(count - first, 0, together);
        float largest = largest(x, offset + first, present);
        float inverse = largest < LEAST ? 0 : most / largest;
        float scale = largest / most;
        float sum = 0;
        for (int begin = first; begin < first + together; begin += GROUP) {
            sum += putCodes(x, offset + begin, begin, Math.clamp(count - begin, 0, GROUP), inverse, target, to + 2L * startLanes);
            int end = begin + GROUP;
            if (summed > 0 && end % summed == 0) {
                int group = end / summed - 1;
                target.set(FLOAT, to + sumsAt() + 4L * (group / 8 * 8 + group % 4 * 2 + group % 8 / 4), sum * scale);
                sum = 0;
            }
        }
        for (int copy = 0; copy < copies; copy++) {
            target.set(FLOAT, to + scalesAt() + 4L * (first / together * copies + copy), scale);
        }
    }

    /** Rounds 16 elements, of which {@code count} are there. @return the sum of their codes */
    private float putCodes(float[] x, int from, int element, int count, float inverse, MemorySegment target, long to) {
        float sum = 0;
        for (int i = 0; i < GROUP; i++) {
            float code = i < count ? x[from + i] * inverse + WHOLE - WHOLE : 0;
            sum += code;
            long at = to + (long) codeBytes * places[element + i];
            if (codeBytes == 1) {
                target.set(ValueLayout.JAVA_BYTE, at, (byte) code);
            } else {
                target.set(SHORT, at, (short) code);
            }
        }
        return sum;
    }

    private static float largest(float[] x, int from, int count) {
        float largest = 0;
        for (int i = from; i < from + count; i++) {
            largest = Math.max(largest, Math.abs(x[i]));
        }
        return largest;
    }

    private void putStarts(MemorySegment target, long to) {
        for (int lane = 0; lane < startLanes; lane++) {
            int sum = 0;
            for (int i = lane; i < period; i += startLanes) {
                sum += target.get(SHORT, to + 2L * (startLanes + i));
            }
            target.set(SHORT, to + 2L * lane, (short) (start * sum));
        }
    }

    @Override
    public boolean same(Arrangement other) {
        return this == other
                || other instanceof RoundedOrder it
                        && period == it.period
                        && codeBytes == it.codeBytes
                        && most == it.most
                        && together == it.together
                        && start == it.start
                        && startLanes == it.startLanes
                        && summed == it.summed
                        && copies == it.copies
                        && Arrays.equals(places, it.places);
    }
}
