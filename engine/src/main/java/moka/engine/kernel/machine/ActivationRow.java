package moka.engine.kernel.machine;

/**
 * The layout of one row of activations rounded to 8 bits: a record of one cache line for each 32 columns (a <em>unit</em>), then a trailer.
 *
 * <pre>
 *   0  32 codes, signed bytes
 *  32  exponent: (s + 40) &lt;&lt; 23, to be added to the bits of a float
 *  36  minus the sum of codes 0..15, int; 40: of codes 16..31; 44: of all
 *  48  sum of codes 0..15 times 2^(s + 40), float; 52: of codes 16..31; 56: of all
 *  60  unused
 * </pre>
 *
 * A value is {@code code * 2^s * d}, with {@code d} of the whole row such that its largest magnitude has code ±127 at {@code s = 0}. Scales of
 * units differ by powers of two only: a multiplication by one is an integer addition on the exponent, which the processor does beside the
 * multiplications; a unit then uses at least the codes up to ±64. The trailer holds {@code d * 2^-40} as its first float: kernels
 * work 2^40 too high, so that exponents are never negative and a lane that is zero stays (almost) zero.
 */
public final class ActivationRow {
    /** Columns that share an exponent. */
    public static final int UNIT = 32;

    public static final int RECORD_BYTES = 64;
    public static final int TRAILER_BYTES = 64;

    public static final int EXPONENT = 32;
    public static final int NEGATIVE_SUM_LOW = 36;
    public static final int NEGATIVE_SUM_HIGH = 40;
    public static final int NEGATIVE_SUM = 44;
    public static final int SCALED_SUM_LOW = 48;
    public static final int SCALED_SUM_HIGH = 52;
    public static final int SCALED_SUM = 56;

    /** By how many powers of two sums are too high until the trailer's factor. */
    public static final int EXPONENT_BIAS = 40;

    private ActivationRow() {}

    /** Bytes of a row. */
    static long bytes(int columns) {
        return (long) columns / UNIT * RECORD_BYTES + TRAILER_BYTES;
    }
}
