package moka.engine.kernel.machine;

import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.machine.x86.Assembler;
import moka.gguf.TensorType;

/** The routines for x86-64. */
record X86Code(Target target) implements KernelCode {
    private ByteProducts products(PanelFormat format) {
        return ByteProducts.of(format, target.level());
    }

    private boolean evex() {
        return target.level().evex();
    }

    @Override
    public String name() {
        return target.level().toString();
    }

    @Override
    public String instruction(PanelFormat format) {
        return products(format).run() == 0 ? "vpdpbusd" : "vpmaddubsw";
    }

    @Override
    public String instruction(FloatKind kind) {
        return kind == FloatKind.BF16_PAIRS ? "vdpbf16ps" : "vfmadd231ps";
    }

    @Override
    public FloatKind floatKind(TensorType type) {
        return FloatKind.of(type, target.bfloat16());
    }

    @Override
    public int streamTokens(PanelFormat format) {
        return products(format).streamTokens(target.level());
    }

    @Override
    public int tileTokens(PanelFormat format) {
        return products(format).tileTokens(target.level());
    }

    @Override
    public int floatTokens() {
        return evex() ? RowAddresses.MOST : 3;
    }

    @Override
    public int panels() {
        return evex() ? 2 : 1;
    }

    @Override
    public boolean tilesPairs() {
        return true;
    }

    @Override
    public int mixedVectors() {
        return evex() ? 4 : 2;
    }

    @Override
    public int mixedQueries() {
        return evex() ? RowAddresses.MOST : 3;
    }

    @Override
    public byte[] productRate() {
        return ProductRateKernel.emit(target).toBytes();
    }

    @Override
    public byte[] pack(PanelFormat format) {
        return PackKernel.emit(format, target).toBytes();
    }

    @Override
    public byte[] pack(boolean splitPairs) {
        return PackKernel.emit(splitPairs, target).toBytes();
    }

    @Override
    public boolean multipliesRows(PanelFormat format) {
        return evex() && target.level().byteProducts() && RowTerms.of(format).isPresent();
    }

    @Override
    public byte[] rows(PanelFormat format) {
        return RowsKernel.emit(format, RowTerms.of(format).orElseThrow(), target).toBytes();
    }

    @Override
    public boolean multipliesFloatRows() {
        return evex();
    }

    @Override
    public byte[] floatRows(FloatKind kind) {
        return FloatRowsKernel.emit(kind, target).toBytes();
    }

    @Override
    public byte[] unpack(PanelFormat format) {
        return UnpackKernel.emit(products(format), target).toBytes();
    }

    @Override
    public byte[] stream(PanelFormat format, int tokens) {
        return StreamKernel.emit(products(format), tokens, target).toBytes();
    }

    @Override
    public byte[] tile(PanelFormat format, int panels, int tokens) {
        return TileKernel.emit(products(format), panels, tokens, target).toBytes();
    }

    @Override
    public byte[] floatTile(FloatKind kind, int panels, int tokens) {
        return FloatKernel.emit(kind, panels, tokens, target).toBytes();
    }

    @Override
    public byte[] prefetch() {
        return Lookahead.prefetch(target).toBytes();
    }

    @Override
    public byte[] write() {
        return Parameters.write(target).toBytes();
    }

    @Override
    public byte[] quantize() {
        return QuantizeKernel.emit(target).toBytes();
    }

    @Override
    public byte[] rmsNorm() {
        return RowKernels.rmsNorm(target).toBytes();
    }

    @Override
    public byte[] layerNorm() {
        return RowKernels.layerNorm(target).toBytes();
    }

    @Override
    public byte[] addRows() {
        return RowKernels.addRows(target).toBytes();
    }

    @Override
    public byte[] gate(GateFunction function) {
        return RowKernels.gate(function, target).toBytes();
    }

    @Override
    public byte[] toBfloat16() {
        return target.bfloat16() ? RowKernels.toBfloat16(target).toBytes() : new byte[0];
    }

    @Override
    public byte[] rotate(boolean halves) {
        return AttentionInputCode.rotate(halves, target).toBytes();
    }

    @Override
    public byte[] storeKey(ElementType type) {
        return AttentionInputCode.storeKey(type, target).toBytes();
    }

    @Override
    public byte[] storeValue(ElementType type) {
        return AttentionInputCode.storeValue(type, target).toBytes();
    }

    @Override
    public byte[] scores(ElementType type, int panels, int queries) {
        return AttentionProducts.scores(type, panels, queries, target).toBytes();
    }

    @Override
    public byte[] mix(ElementType type, int vectors, int queries) {
        return AttentionProducts.mix(type, vectors, queries, target).toBytes();
    }

    @Override
    public byte[] softmax(boolean softCap) {
        return SoftmaxCode.softmax(softCap, target).toBytes();
    }

    @Override
    public byte[] combine() {
        return SoftmaxCode.combine(target).toBytes();
    }

    @Override
    public byte[] widen() {
        return AttentionInputCode.widen(target).toBytes();
    }

    @Override
    public int stateColumns(StateForm form, int width) {
        return switch (form) {
            case HEADS -> HeadsCode.columns(target, width);
            case CHANNELS -> ChannelsCode.columns(target, width);
            case DELTA, DELTA_BY_ROW -> DeltaCode.columns(target, width);
        };
    }

    @Override
    public byte[] state(StateForm form, int width) {
        Assembler code = switch (form) {
            case HEADS -> HeadsCode.emit(target, width);
            case CHANNELS -> ChannelsCode.emit(target, width);
            case DELTA -> DeltaCode.emit(target, width, false);
            case DELTA_BY_ROW -> DeltaCode.emit(target, width, true);
        };
        return code.toBytes();
    }

    @Override
    public byte[] convolve(int length, boolean silu) {
        return StateRowCode.convolve(length, silu, target).toBytes();
    }

    @Override
    public byte[] discretize(boolean withKept) {
        return StateRowCode.discretize(withKept, target).toBytes();
    }
}
