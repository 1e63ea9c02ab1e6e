package moka.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;
import moka.engine.architecture.Graph;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.Kernels;

/**
 * A model's forward pass with the memory of its activations. What a sequence keeps lies in its session, so one pass serves all sessions of a
 * model, in turn: whoever runs it holds the model's lock until the results are read.
 */
final class ForwardPass {
    /** Rows whose logits are computed together. */
    static final int HEAD_ROWS = 16;

    private static final BooleanSupplier NEVER = () -> false;
    private static final int[] NO_IDS = new int[HEAD_ROWS];

    private final Graph body;
    private final Graph head;
    private final Activations hidden;
    private final Activations headInput;
    private final Activations logits;

    /** Adds the steps of a family to two empty graphs. */
    interface Builder {
        Activations body(Graph graph);

        Activations head(Activations input, Graph graph);
    }

    ForwardPass(Kernels kernels, Arena arena, int maxRows, boolean longContext, Builder builder) {
        body = new Graph(kernels, arena, maxRows, longContext);
        head = new Graph(kernels, arena, Math.min(HEAD_ROWS, maxRows), longContext);
        hidden = builder.body(body);
        headInput = head.rows(hidden.columns());
        logits = builder.head(headInput, head);
    }

    int maxRows() {
        return body.maxRows();
    }

    int maxHeadRows() {
        return head.maxRows();
    }

    /** Tokens to hidden states. @return false if it was cancelled: the rows are then worthless */
    boolean run(int[] ids, int first, int count, BooleanSupplier cancelled, Span... spans) {
        return body.run(ids, first, count, cancelled, spans);
    }

    /** Values of a hidden state. */
    int width() {
        return hidden.columns();
    }

    /** Copies hidden states out, one after another without gaps. */
    void readHidden(int firstRow, int count, MemorySegment target) {
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(hidden.segment(), hidden.offset(firstRow + i), target, 4L * i * width(), 4L * width());
        }
    }

    /** Logits of hidden states of the last run. */
    void runHead(int firstRow, int rows) {
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(
                    hidden.segment(), hidden.offset(firstRow + i), headInput.segment(), headInput.offset(i), 4L * width());
        }
        head.run(NO_IDS, 0, rows, NEVER);
    }

    /** Logits of hidden states that were copied out by {@link #readHidden}. */
    void runHead(MemorySegment states, int firstRow, int rows) {
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(
                    states, 4L * (firstRow + i) * width(), headInput.segment(), headInput.offset(i), 4L * width());
        }
        head.run(NO_IDS, 0, rows, NEVER);
    }

    /** Copies a row of logits out. */
    void readLogits(int row, MemorySegment target) {
        MemorySegment.copy(logits.segment(), logits.offset(row), target, 0, 4L * logits.columns());
    }
}
