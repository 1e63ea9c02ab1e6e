package moka.engine.kernel.machine;

import moka.engine.kernel.StatePlan;

/** How a state changes. */
public enum StateForm {
    /** {@link StatePlan.Heads}. */
    HEADS,
    /** {@link StatePlan.Channels}. */
    CHANNELS,
    /** {@link StatePlan.Delta}, one value kept a head. */
    DELTA,
    /** {@link StatePlan.Delta}, one value kept a row. */
    DELTA_BY_ROW
}
