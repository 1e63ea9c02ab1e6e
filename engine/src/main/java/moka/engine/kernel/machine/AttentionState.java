package moka.engine.kernel.machine;

/** The line of state that the online softmax keeps for each query: what it is made of, by byte. */
public final class AttentionState {
    /** Bytes of a line. */
    public static final int BYTES = 64;
    /** float: largest score so far. */
    public static final int LARGEST = 0;
    /** float: sum of the exponentials so far. */
    public static final int SUM = 4;
    /** float: what earlier sums and results are to be multiplied with. */
    public static final int FACTOR = 8;
    /** int: first key of the block that the query sees. */
    public static final int FIRST_KEY = 32;
    /** int: first key of the block after it that the query does not see. */
    public static final int END_KEY = 36;
    /** float: position of the block's first key minus that of the query. */
    public static final int DISTANCE = 40;
    /** float: slope of the linear bias. */
    public static final int SLOPE = 44;

    private AttentionState() {}
}
