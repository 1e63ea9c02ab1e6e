package moka.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * A state that each token of a sequence changes: made once for a forward pass and layer. Columns of a state lie in panels of {@link #panelWidth} of them, so that
 * what a worker goes through a prompt with stays in the first cache: {@code [columns / width][rows][width]}.
 */
public sealed interface StatePlan {
    /** Panels of the layer's state, those of all heads: each can be worked on by itself. */
    int panels();

    /** Layer of the cache. */
    int layer();

    /** Where the state begins in the layer's: a float's index. */
    int stateAt();

    /** Columns of a panel: 32 or 16 where that divides them, else all. */
    static int panelWidth(int columns) {
        return columns % 32 == 0 ? 32 : columns % 16 == 0 ? 16 : columns;
    }

    /**
     * The state space of Mamba-2: each head decays as a whole. For head {@code h} of group {@code g}
     *
     * <pre>
     *   S[n][p] = kept[h] S[n][p] + step[h] B[g][n] x[h][p]
     *   y[h][p] = sum over n of C[g][n] S[n][p] + D[h] x[h][p]
     * </pre>
     *
     * A row costs {@code 5 * heads * stateSize * headLength} operations. The state is {@code [heads]} of panels of {@code stateSize} rows.
     *
     * @param mixed {@code [t][heads * headLength + 2 * groups * stateSize]}: x, B, C
     * @param step {@code [t][heads]}
     * @param kept {@code [t][heads]}: {@code e^(step A)}
     * @param y {@code [t][heads * headLength]}
     * @param skip D: {@code [heads]}, float32
     * @see <a href="https://arxiv.org/abs/2405.21060">Transformers are SSMs</a>
     */
    record Heads(
            Activations mixed,
            Activations step,
            Activations kept,
            Activations y,
            int groups,
            int stateSize,
            MemorySegment skip,
            int layer,
            int stateAt)
            implements StatePlan {
        public int heads() {
            return step.columns();
        }

        public int headLength() {
            return y.columns() / heads();
        }

        @Override
        public int panels() {
            return y.columns() / panelWidth(headLength());
        }
    }

    /**
     * The state space of Mamba: for channel {@code c} and state value {@code n}
     *
     * <pre>
     *   h[n][c] = e^(step[c] A[n][c]) h[n][c] + step[c] B[n] x[c]
     *   y[c] = sum over n of C[n] h[n][c] + D[c] x[c]
     * </pre>
     *
     * A row costs {@code channels * stateSize} exponentials. The state is panels of {@code stateSize} rows.
     *
     * @param x {@code [t][channels]}; y takes its place
     * @param step {@code [t][channels]}
     * @param b {@code [t][stateSize]}
     * @param c {@code [t][stateSize]}
     * @param decay A, negative, float32 in panels as the state
     * @param skip D: {@code [channels]}, float32
     * @see <a href="https://arxiv.org/abs/2312.00752">Mamba</a>
     */
    record Channels(
            Activations x, Activations step, Activations b, Activations c, MemorySegment decay, MemorySegment skip, int layer, int stateAt)
            implements StatePlan {
        public int stateSize() {
            return b.columns();
        }

        @Override
        public int panels() {
            return x.columns() / panelWidth(x.columns());
        }
    }

    /**
     * The gated delta rule: a state of each value head learns to give {@code v} for {@code k}.
     *
     * <pre>
     *   S[i][:] = kept[i] S[i][:]
     *   S[i][:] += k[i] beta (v[:] - sum over j of k[j] S[j][:])
     *   y[:] = sum over i of q[i] S[i][:]
     * </pre>
     *
     * where {@code kept} is one value a head, or one a key value (Kimi). A row costs {@code 7 * heads * keyLength * valueLength} operations. The state is
     * {@code [heads]} of panels of {@code keyLength} rows.
     *
     * @param mixed {@code [t][keyHeads * keyLength (q), keyHeads * keyLength (k), heads * valueLength (v)]}: heads of q and k scaled as they are to be used
     * @param kept {@code [t][heads]} or {@code [t][heads * keyLength]}
     * @param beta {@code [t][heads]}
     * @param y {@code [t][heads * valueLength]}
     * @param tiled whether value head {@code h} belongs to key head {@code h % keyHeads} instead of {@code h / (heads / keyHeads)}
     * @see <a href="https://arxiv.org/abs/2412.06464">Gated Delta Networks</a>
     * @see <a href="https://arxiv.org/abs/2510.26692">Kimi Linear</a>
     */
    record Delta(
            Activations mixed,
            Activations kept,
            Activations beta,
            Activations y,
            int keyHeads,
            int keyLength,
            boolean tiled,
            int layer,
            int stateAt)
            implements StatePlan {
        public int heads() {
            return beta.columns();
        }

        public int valueLength() {
            return y.columns() / heads();
        }

        /** Whether each key value decays by itself. */
        public boolean keptByRow() {
            return kept.columns() > heads();
        }

        /** The key head of a value head. */
        public int keyHead(int head) {
            return tiled ? head % keyHeads : head / (heads() / keyHeads);
        }

        @Override
        public int panels() {
            return y.columns() / panelWidth(valueLength());
        }
    }
}
