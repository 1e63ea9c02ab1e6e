package moka.engine.kernel.machine;

import moka.engine.kernel.StatePlan;

/** What a routine for a state reads at the address of its first argument: 64-bit numbers, in this order. Strides are bytes from a token to the next. */
public enum StateParameter {
    TOKENS,
    /** Rows of the state: a multiple of 4. */
    ROWS,
    /** State before. */
    SOURCE,
    /** State afterwards. */
    TARGET,
    /** Values that enter: x, or v. For {@link StatePlan.Channels} y takes their place. */
    VALUES,
    VALUES_STRIDE,
    /** What enters by row: B, or k. */
    INTO,
    /** What is read by row: C, or q. */
    OUT,
    /** Of both. */
    ROWS_STRIDE,
    /** Step, or beta: a float a token; for {@link StatePlan.Channels} one a column. */
    STEP,
    STEP_STRIDE,
    /** What is kept: a float a token, or one a row; for {@link StatePlan.Channels} A in panels. */
    KEPT,
    KEPT_STRIDE,
    RESULT,
    RESULT_STRIDE,
    /** D: a float; for {@link StatePlan.Channels} one a column. */
    SKIP;

    /** Byte of the parameter. */
    public int offset() {
        return 8 * ordinal();
    }
}
