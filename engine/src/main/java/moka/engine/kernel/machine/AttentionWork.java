package moka.engine.kernel.machine;

import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KvStore;

/**
 * One call of attention: a layer's plan for the rows of one sequence, with the routines for the types of its cache.
 *
 * @param angles of the plan's rotation, for all positions up to the last row's: an address; 0 where there is none
 */
record AttentionWork(
        AttentionPlan plan, AttentionPlan.Span span, KeyRoutines keyRoutines, ValueRoutines valueRoutines, long angles) {
    /** Refuses rows that the plan's activations do not have, and heads that do not fit in them. */
    static void check(AttentionPlan plan, AttentionPlan.Span span) {
        int lastRow = span.firstRow() + span.rowCount();
        boolean rowsFit = span.firstRow() >= 0
                && span.rowCount() >= 0
                && span.firstPosition() >= 0
                && lastRow <= plan.queries().rows()
                && lastRow <= plan.keys().rows()
                && lastRow <= plan.values().rows()
                && lastRow <= plan.output().rows();
        boolean columnsFit = plan.queries().columns() >= plan.headCount() * plan.headLength()
                && plan.keys().columns() >= plan.kvHeadCount() * plan.headLength()
                && plan.values().columns() >= plan.kvHeadCount() * plan.valueLength()
                && plan.output().columns() >= plan.headCount() * plan.valueLength();
        if (!rowsFit || !columnsFit || plan.headCount() % plan.kvHeadCount() != 0) {
            throw new IllegalArgumentException("rows " + span.firstRow() + " to " + lastRow + " at position " + span.firstPosition()
                    + " do not fit attention of " + plan.headCount() + " x " + plan.headLength() + " queries and "
                    + plan.kvHeadCount() + " key and value heads");
        }
    }

    KvStore cache() {
        return span.cache();
    }

    int rowCount() {
        return span.rowCount();
    }

    /** Position of one of the span's rows. */
    int position(int row) {
        return span.firstPosition() + row;
    }

    /** Query heads that share a key head. */
    int groupLength() {
        return plan.headCount() / plan.kvHeadCount();
    }

    /** First position that a query at {@code position} sees. */
    int firstSeen(int position) {
        return plan.window() == 0 ? 0 : Math.max(0, position - plan.window() + 1);
    }
}
