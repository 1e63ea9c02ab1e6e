package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import moka.engine.kernel.WeightMatrix;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/** The routines for weights without integer codes, of one {@link FloatKind}. */
final class FloatKernels implements WeightKernels {
    private final TensorType type;
    private final FloatKind kind;
    private final int mostTokens;
    private final int mostPanels;
    private final String instruction;
    private final LazyRoutine pack;
    private final @Nullable LazyRoutine rows;
    private final LazyRoutine[][] tile = new LazyRoutine[3][RowAddresses.MOST + 1];

    FloatKernels(TensorType type, FloatKind kind, KernelCode kernelCode, CodeStore code) {
        this.type = type;
        this.kind = kind;
        instruction = kernelCode.instruction(kind);
        mostTokens = kernelCode.floatTokens();
        mostPanels = kernelCode.panels();
        rows = kernelCode.multipliesFloatRows() ? code.later(() -> kernelCode.floatRows(kind)) : null;
        pack = code.later(() -> kernelCode.pack(kind == FloatKind.F16 || kind == FloatKind.BF16));
        for (int i = 1; i <= mostPanels; i++) {
            int panels = i;
            for (int j = 1; j <= mostTokens; j++) {
                int tokens = j;
                tile[panels][tokens] = code.later(() -> kernelCode.floatTile(kind, panels, tokens));
            }
        }
    }

    @Override
    public String description() {
        return instruction + (kind == FloatKind.BF16_PAIRS ? ", panels of 16 rows" : ", panels of 16 rows of " + kind);
    }

    @Override
    public InputForm inputForm() {
        return kind == FloatKind.BF16_PAIRS ? InputForm.BFLOATS : InputForm.FLOATS;
    }

    @Override
    public long panelBytes(int columns) {
        // Packing works on 16 bytes of a row at a time.
        return (long) PanelFormat.ROWS * packedRowBytes(columns);
    }

    private long packedRowBytes(int columns) {
        return (long) columns * kind.bytes() + 15 & -16;
    }

    @Override
    public boolean packsQuickly() {
        return type == kind.type();
    }

    @Override
    public void pack(WeightMatrix weights, int panel, long target, WorkerScratch scratch) {
        int firstRow = panel * PanelFormat.ROWS;
        int rows = Math.min(PanelFormat.ROWS, weights.rows() - firstRow);
        long rowBytes = weights.rowBytes();
        long packedRowBytes = packedRowBytes(weights.columns());
        boolean asItIs = type == kind.type();
        if (asItIs && rows == PanelFormat.ROWS && rowBytes == packedRowBytes) {
            pack.call(weights.data().address() + firstRow * rowBytes, rowBytes, target, rowBytes / 16, 0, 0);
            return;
        }
        MemorySegment staged = scratch.rows(PanelFormat.ROWS * packedRowBytes).fill((byte) 0);
        var values = new float[asItIs ? 0 : weights.columns()];
        for (int row = 0; row < rows; row++) {
            long source = (firstRow + row) * rowBytes;
            if (asItIs) {
                MemorySegment.copy(weights.data(), source, staged, row * packedRowBytes, rowBytes);
            } else {
                TensorFormats.of(type).decode(weights.data(), source, values.length, values, 0);
                MemorySegment.copy(values, 0, staged, ValueLayout.JAVA_FLOAT, row * packedRowBytes, values.length);
            }
        }
        pack.call(staged.address(), packedRowBytes, target, packedRowBytes / 16, 0, 0);
    }

    @Override
    public void multiply(Tokens tokens, Results results, int columns, Panels panels, WorkerScratch scratch) {
        MemorySegment parameters = scratch.parameters();
        long panelBytes = panelBytes(columns);
        int steps = (int) (panelBytes / kind.stepBytes());
        int count = panels.count();
        int most = tokens.count() == 1 ? 1 : mostPanels;
        for (int panel = 0; panel < count; panel += most) {
            int pair = Math.min(most, count - panel);
            int row = panels.firstRow() + panel * PanelFormat.ROWS;
            long bias = results.bias() == 0 ? 0 : results.bias() + 4L * row;
            int secondMask = pair == 2 ? panels.mask(panel + 1) : 0;
            int tiles = tokens.count() / mostTokens;
            for (int part = 0; part < 2; part++) {
                int done = part * tiles * mostTokens;
                int width = part == 0 ? mostTokens : tokens.count() - done;
                int times = part == 0 ? tiles : 1;
                if (width > 0 && times > 0) {
                    TileTail.write(
                            parameters, steps, times, bias, results.scale(), results.add(), panels.mask(panel), secondMask);
                    tile[pair][width].call(
                            panels.address() + panel * panelBytes,
                            tokens.address() + done * tokens.stride(),
                            tokens.stride(),
                            results.address() + done * results.stride() + 4L * row,
                            results.stride(),
                            parameters.address());
                }
            }
        }
    }

    @Override
    public Single single(int columns) {
        return new Single(tile[1][1], (int) (panelBytes(columns) / kind.stepBytes()), 1);
    }

    @Override
    public boolean multipliesInPlace(int columns) {
        return rows != null && type == kind.type() && type.rowBytes(columns) % FloatRowsKernel.LINE == 0;
    }

    @Override
    public void multiplyInPlace(WeightMatrix weights, int firstPanel, int endPanel, long next, Tokens token, Results results, WorkerScratch scratch) {
        int firstRow = firstPanel * PanelFormat.ROWS;
        long rowBytes = weights.rowBytes();
        long address = weights.data().address() + firstRow * rowBytes;
        long bias = results.bias() == 0 ? 0 : results.bias() + 4L * firstRow;
        MemorySegment parameters = scratch.parameters();
        TileTail.write(parameters, rowBytes / FloatRowsKernel.LINE, endPanel - firstPanel, bias, results.scale(), results.add(), 0xFFFF, 0);
        Objects.requireNonNull(rows).call(address, rowBytes, token.address(), results.address() + 4L * firstRow, next, parameters.address());
    }
}
