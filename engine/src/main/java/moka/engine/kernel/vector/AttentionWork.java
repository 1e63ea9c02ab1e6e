package moka.engine.kernel.vector;

import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * Attention of one layer, by two regions: each row rotates its queries and keys and stores keys and values; then each
 * key-value head of each block of tokens mixes values. Blocks depend on the positions alone, never on the number of threads.
 */
final class AttentionWork {
    private final WorkerTeam team;
    private final HeadRotation rotation;
    private final HeadAttention heads;

    private @Nullable AttentionPlan plan;
    private Span[] spans = {};
    private final WorkerTeam.Region storing = this::store;
    private final WorkerTeam.Region mixing = this::mix;

    AttentionWork(
            WorkerTeam team, int lanes, Scratch[] scratches, InputRows inputs, Elements elements, Tiles tiles) {
        this.team = team;
        rotation = new HeadRotation(scratches, inputs, elements);
        heads = new HeadAttention(lanes, scratches, elements, tiles);
    }

    void run(AttentionPlan plan, Span[] spans) {
        this.plan = plan;
        this.spans = spans;
        int rows = 0;
        int blocks = 0;
        for (Span span : spans) {
            check(plan, span);
            rows += span.rowCount();
            blocks += plan.headCount() == 0 ? 0 : blocks(plan, span);
        }
        team.run(rows, storing);
        team.run(blocks * plan.kvHeadCount(), mixing);
    }

    private static void check(AttentionPlan plan, Span span) {
        int end = span.firstRow() + span.rowCount();
        if (span.firstRow() < 0
                || span.rowCount() < 0
                || span.firstPosition() < 0
                || end > plan.queries().rows()
                || end > plan.keys().rows()
                || end > plan.values().rows()
                || end > plan.output().rows()) {
            throw new IllegalArgumentException(
                    span.rowCount() + " rows from " + span.firstRow() + " at position " + span.firstPosition()
                            + ": the activations have room for " + plan.queries().rows());
        }
        if (plan.kvHeadCount() < 1 || plan.headCount() % plan.kvHeadCount() != 0) {
            throw new IllegalArgumentException(
                    plan.headCount() + " heads are no multiple of " + plan.kvHeadCount() + " key-value heads");
        }
        if (plan.queries().columns() < plan.headCount() * plan.headLength()
                || plan.keys().columns() < plan.kvHeadCount() * plan.headLength()
                || plan.values().columns() < plan.kvHeadCount() * plan.valueLength()
                || plan.output().columns() < plan.headCount() * plan.valueLength()) {
            throw new IllegalArgumentException("rows of " + plan.queries().columns() + " query, "
                    + plan.keys().columns() + " key, " + plan.values().columns() + " value and "
                    + plan.output().columns() + " output values for " + plan.headCount() + " heads of "
                    + plan.headLength());
        }
    }

    private static int blocks(AttentionPlan plan, Span span) {
        int tokens = HeadAttention.tokens(plan, span);
        return (span.rowCount() + tokens - 1) / tokens;
    }

    private void store(int chunk, int worker) {
        AttentionPlan now = java.util.Objects.requireNonNull(plan);
        int index = chunk;
        int s = 0;
        while (index >= spans[s].rowCount()) {
            index -= spans[s++].rowCount();
        }
        rotation.store(now, spans[s], index, worker);
    }

    /** Later blocks see more positions: largest first. */
    private void mix(int chunk, int worker) {
        AttentionPlan now = java.util.Objects.requireNonNull(plan);
        int index = chunk / now.kvHeadCount();
        int s = 0;
        while (index >= blocks(now, spans[s])) {
            index -= blocks(now, spans[s++]);
        }
        int block = blocks(now, spans[s]) - 1 - index;
        int tokens = HeadAttention.tokens(now, spans[s]);
        int first = block * tokens;
        int count = Math.min(tokens, spans[s].rowCount() - first);
        heads.attend(now, spans[s], chunk % now.kvHeadCount(), first, count, worker);
    }
}
