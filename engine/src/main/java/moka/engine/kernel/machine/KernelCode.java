package moka.engine.kernel.machine;

import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.Projection.GateFunction;
import moka.gguf.TensorType;

/**
 * Writes the routines that kernels consist of, for one kind of processor. All take six longs and give one; what they are and where data
 * lies is told at the x86 kernels that this names, and is the same for all processors: so is, but for NaN, every bit of the results.
 */
public interface KernelCode {
    /** What the set is called after {@code machine-}. */
    String name();

    /** The instruction of products with a format's codes, for people. */
    String instruction(PanelFormat format);

    /** The instruction of products of a kind of floats, for people. */
    String instruction(FloatKind kind);

    /** How weights of a type without integer codes are kept. */
    FloatKind floatKind(TensorType type);

    /** Most tokens that {@link #stream} takes, up to {@link RowAddresses#MOST}. */
    int streamTokens(PanelFormat format);

    /** Most tokens that {@link #tile} takes. */
    int tileTokens(PanelFormat format);

    /** Most tokens that {@link #floatTile} takes. */
    int floatTokens();

    /** Most panels that {@link #tile}, {@link #floatTile} and {@link #scores} take: 1 or 2. */
    int panels();

    /** Whether {@link #tile} takes pairs of panels that follow each other. */
    boolean tilesPairs();

    /** Most vectors of 16 elements that {@link #mix} takes, even. */
    int mixedVectors();

    /** Most queries that {@link #mix} takes. */
    int mixedQueries();

    /** {@link ProductRateKernel}. */
    byte[] productRate();

    /** {@link PackKernel}. */
    byte[] pack(PanelFormat format);

    /** {@link PackKernel} of elements of two or four bytes. */
    byte[] pack(boolean splitPairs);

    /** Whether there is {@link #rows} for a format. */
    boolean multipliesRows(PanelFormat format);

    /** {@link RowsKernel}. */
    byte[] rows(PanelFormat format);

    /** Whether there is {@link #floatRows}. */
    boolean multipliesFloatRows();

    /** {@link FloatRowsKernel}. */
    byte[] floatRows(FloatKind kind);

    /** {@link UnpackKernel}. */
    byte[] unpack(PanelFormat format);

    /** {@link StreamKernel}. */
    byte[] stream(PanelFormat format, int tokens);

    /** {@link TileKernel}. */
    byte[] tile(PanelFormat format, int panels, int tokens);

    /** {@link FloatKernel}. */
    byte[] floatTile(FloatKind kind, int panels, int tokens);

    /** {@link Lookahead}: {@code f(address, lines, -, -, -, -)} asks for lines of 64 bytes. */
    byte[] prefetch();

    /** {@link Parameters.Writer}: {@code f(address, first, second, third, fourth, -)} writes four words. */
    byte[] write();

    /** {@link QuantizeKernel}. */
    byte[] quantize();

    /** {@link RowKernels#rmsNorm}. */
    byte[] rmsNorm();

    /** {@link RowKernels#layerNorm}. */
    byte[] layerNorm();

    /** {@link RowKernels#addRows}. */
    byte[] addRows();

    /** {@link RowKernels#gate}. */
    byte[] gate(GateFunction function);

    /** {@link RowKernels#toBfloat16}, where a {@link FloatKind} wants it. */
    byte[] toBfloat16();

    /** {@link AttentionInputCode#rotate}. */
    byte[] rotate(boolean halves);

    /** {@link AttentionInputCode#storeKey}. */
    byte[] storeKey(ElementType type);

    /** {@link AttentionInputCode#storeValue}. */
    byte[] storeValue(ElementType type);

    /** {@link AttentionProducts#scores}, for up to {@link RowAddresses#MOST} queries. */
    byte[] scores(ElementType type, int panels, int queries);

    /** {@link AttentionProducts#mix}. */
    byte[] mix(ElementType type, int vectors, int queries);

    /** {@link SoftmaxCode#softmax}. */
    byte[] softmax(boolean softCap);

    /** {@link SoftmaxCode#combine}. */
    byte[] combine();

    /** {@link AttentionInputCode#widen}. */
    byte[] widen();

    /** Columns of a panel that {@link #state} takes at a time. @param width of the panel */
    int stateColumns(StateForm form, int width);

    /** {@link HeadsCode}, {@link ChannelsCode}, {@link DeltaCode}. @param width columns of a panel: 16 or 32 */
    byte[] state(StateForm form, int width);

    /** {@link StateRowCode#convolve}. */
    byte[] convolve(int length, boolean silu);

    /** {@link StateRowCode#discretize}. */
    byte[] discretize(boolean withKept);
}
