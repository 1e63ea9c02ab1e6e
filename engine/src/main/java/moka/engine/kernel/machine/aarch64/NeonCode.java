package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.machine.FloatKind;
import moka.engine.kernel.machine.KernelCode;
import moka.engine.kernel.machine.PanelFormat;
import moka.engine.kernel.machine.StateForm;
import moka.gguf.TensorType;

/**
 * The routines for AArch64 with NEON and the dot product extension.
 *
 * @param matrix whether there are products of 8-bit matrices, {@code smmla}
 */
public record NeonCode(boolean matrix) implements KernelCode {
    /** What registers hold: see the routines. */
    private static final int MOST_TOKENS = 6;

    @Override
    public String name() {
        return matrix ? "neon-i8mm" : "neon-dotprod";
    }

    @Override
    public String instruction(PanelFormat format) {
        return matrix ? "sdot and smmla" : "sdot";
    }

    @Override
    public String instruction(FloatKind kind) {
        return "fmla";
    }

    @Override
    public FloatKind floatKind(TensorType type) {
        return switch (type) {
            case F16 -> FloatKind.F16;
            case BF16 -> FloatKind.BF16;
            default -> FloatKind.F32;
        };
    }

    @Override
    public int streamTokens(PanelFormat format) {
        return MOST_TOKENS;
    }

    @Override
    public int tileTokens(PanelFormat format) {
        return matrix ? MOST_TOKENS : TileCode.MOST_TOKENS;
    }

    @Override
    public int floatTokens() {
        return FloatTileCode.MOST_TOKENS;
    }

    @Override
    public int panels() {
        return 1;
    }

    @Override
    public boolean tilesPairs() {
        return false;
    }

    @Override
    public int mixedVectors() {
        return 4;
    }

    @Override
    public int mixedQueries() {
        return MOST_TOKENS;
    }

    @Override
    public byte[] productRate() {
        return ProductRateCode.emit(matrix);
    }

    @Override
    public byte[] pack(PanelFormat format) {
        return PackCode.emit(format);
    }

    @Override
    public byte[] pack(boolean splitPairs) {
        return PackCode.emit(splitPairs);
    }

    @Override
    public boolean multipliesRows(PanelFormat format) {
        return false;
    }

    @Override
    public byte[] rows(PanelFormat format) {
        throw noRows();
    }

    @Override
    public boolean multipliesFloatRows() {
        return false;
    }

    @Override
    public byte[] floatRows(FloatKind kind) {
        throw noRows();
    }

    private static IllegalStateException noRows() {
        return new IllegalStateException("rows are packed before they are multiplied");
    }

    @Override
    public byte[] unpack(PanelFormat format) {
        return UnpackCode.emit(format, matrix);
    }

    @Override
    public byte[] stream(PanelFormat format, int tokens) {
        return StreamCode.emit(format, tokens);
    }

    @Override
    public byte[] tile(PanelFormat format, int panels, int tokens) {
        return matrix ? MatrixTileCode.emit(format, tokens) : TileCode.emit(format, tokens);
    }

    @Override
    public byte[] floatTile(FloatKind kind, int panels, int tokens) {
        return FloatTileCode.emit(kind, tokens);
    }

    @Override
    public byte[] prefetch() {
        var a = new Assembler();
        Label next = a.here();
        a.prefetch(General.X0.at(0));
        a.add(General.X0, 64);
        a.subtractAndTest(General.X1, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        a.ret();
        return a.toBytes();
    }

    @Override
    public byte[] write() {
        var a = new Assembler();
        General[] words = {General.X1, General.X2, General.X3, General.X4};
        for (int i = 0; i < words.length; i++) {
            a.store(words[i], General.X0.at(8 * i));
        }
        a.ret();
        return a.toBytes();
    }

    @Override
    public byte[] quantize() {
        return QuantizeCode.emit();
    }

    @Override
    public byte[] rmsNorm() {
        return RowCode.rmsNorm();
    }

    @Override
    public byte[] layerNorm() {
        return RowCode.layerNorm();
    }

    @Override
    public byte[] addRows() {
        return RowCode.addRows();
    }

    @Override
    public byte[] gate(GateFunction function) {
        return RowCode.gate(function);
    }

    @Override
    public byte[] toBfloat16() {
        return new byte[0];
    }

    @Override
    public byte[] rotate(boolean halves) {
        return AttentionInput.rotate(halves);
    }

    @Override
    public byte[] storeKey(ElementType type) {
        return AttentionInput.storeKey(type);
    }

    @Override
    public byte[] storeValue(ElementType type) {
        return AttentionInput.storeValue(type);
    }

    @Override
    public byte[] scores(ElementType type, int panels, int queries) {
        return AttentionProducts.scores(type, queries);
    }

    @Override
    public byte[] mix(ElementType type, int vectors, int queries) {
        return AttentionProducts.mix(type, vectors, queries);
    }

    @Override
    public byte[] softmax(boolean softCap) {
        return SoftmaxCode.softmax(softCap);
    }

    @Override
    public byte[] combine() {
        return SoftmaxCode.combine();
    }

    @Override
    public byte[] widen() {
        return AttentionInput.widen();
    }

    @Override
    public int stateColumns(StateForm form, int width) {
        return StateCode.COLUMNS;
    }

    @Override
    public byte[] state(StateForm form, int width) {
        return StateCode.emit(form, width);
    }

    @Override
    public byte[] convolve(int length, boolean silu) {
        return StateRowCode.convolve(length, silu);
    }

    @Override
    public byte[] discretize(boolean withKept) {
        return StateRowCode.discretize(withKept);
    }
}
