package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.machine.CodeMemory.Builder;
import moka.engine.tensor.TensorFormat;
import org.jspecify.annotations.Nullable;

/**
 * The routines for weights with integer codes, generated together for one panel format.
 *
 * <p>Up to {@link #STREAM_MOST} tokens are multiplied straight from the panels, six at a time; for more, a pair of panels is unpacked into the
 * second-level cache first. Both give the same bits.
 */
final class QuantizedKernels implements WeightKernels {
    /** Tokens up to which unpacking does not pay. */
    static final int STREAM_MOST = 12;

    private final PanelFormat format;
    private final TensorFormat.@Nullable IntegerForm form;
    private final CodeMemory code;
    private final Routine pack;
    private final Routine unpack;
    private final Routine[] stream = new Routine[RowAddresses.MOST + 1];
    private final Routine[][] tile = new Routine[3][RowAddresses.MOST + 1];

    /** @param form how rows are split into codes and scales where the format is a plain one, or null: the format is the type's own */
    QuantizedKernels(PanelFormat format, TensorFormat.@Nullable IntegerForm form, SystemMemory system)
            throws CodeMemory.RefusedException {
        this.format = format;
        this.form = form;
        boolean windows = system.windowsCalls();
        var builder = new Builder();
        int packAt = builder.add(PackKernel.emit(format, windows));
        int unpackAt = builder.add(UnpackKernel.emit(format, windows));
        int[] streamAt = new int[RowAddresses.MOST + 1];
        int[][] tileAt = new int[3][RowAddresses.MOST + 1];
        for (int tokens = 1; tokens <= RowAddresses.MOST; tokens++) {
            streamAt[tokens] = builder.add(StreamKernel.emit(format, tokens, windows));
            for (int panels = 1; panels <= 2; panels++) {
                tileAt[panels][tokens] = builder.add(TileKernel.emit(format, panels, tokens, windows));
            }
        }
        code = builder.build(system);
        pack = code.routine(packAt);
        unpack = code.routine(unpackAt);
        for (int tokens = 1; tokens <= RowAddresses.MOST; tokens++) {
            stream[tokens] = code.routine(streamAt[tokens]);
            for (int panels = 1; panels <= 2; panels++) {
                tile[panels][tokens] = code.routine(tileAt[panels][tokens]);
            }
        }
    }

    @Override
    public String description() {
        return form == null ? "vpdpbusd, panels of 16 rows" : "vpdpbusd, panels of 16 rows of 8-bit codes";
    }

    @Override
    public InputForm inputForm() {
        return InputForm.BYTES;
    }

    @Override
    public long panelBytes(int columns) {
        return format.panelBytes(columns);
    }

    @Override
    public void pack(WeightMatrix weights, int panel, long target, WorkerScratch scratch) {
        int firstRow = panel * PanelFormat.ROWS;
        int rows = Math.min(PanelFormat.ROWS, weights.rows() - firstRow);
        if (form != null) {
            packCodes(form, weights, firstRow, rows, target);
            return;
        }
        long rowBytes = weights.rowBytes();
        long source = weights.data().address() + firstRow * rowBytes;
        if (rows < PanelFormat.ROWS) {
            MemorySegment staged = scratch.rows(PanelFormat.ROWS * rowBytes);
            MemorySegment.copy(weights.data(), firstRow * rowBytes, staged, 0, rows * rowBytes);
            staged.asSlice(rows * rowBytes, (PanelFormat.ROWS - rows) * rowBytes).fill((byte) 0);
            source = staged.address();
        }
        pack.call(source, rowBytes, target, weights.columns() / format.blockElements(), 0, 0);
    }

    /** Writes plain panels: float32 scales and minimums, codes made unsigned. */
    private void packCodes(TensorFormat.IntegerForm form, WeightMatrix weights, int firstRow, int rows, long target) {
        int columns = weights.columns();
        int groups = columns / form.groupLength();
        int groupsOfUnit = ActivationRow.UNIT / form.groupLength();
        var codes = new byte[columns];
        var scales = new float[groups];
        var minimums = new float[groups];
        MemorySegment panel = SystemMemory.view(target, format.panelBytes(columns)).fill((byte) 0);
        int codesAt = 64 * groupsOfUnit * (form.hasMinimums() ? 2 : 1);
        for (int row = 0; row < rows; row++) {
            form.split(weights.data(), (firstRow + row) * weights.rowBytes(), columns, codes, 0, scales, minimums, 0);
            for (int unit = 0; unit < columns / ActivationRow.UNIT; unit++) {
                long block = (long) unit * format.panelBlockBytes() + 4 * row;
                for (int group = 0; group < groupsOfUnit; group++) {
                    int index = unit * groupsOfUnit + group;
                    panel.set(ValueLayout.JAVA_FLOAT, block + 64 * group, scales[index]);
                    if (form.hasMinimums()) {
                        panel.set(ValueLayout.JAVA_FLOAT, block + 64 * (groupsOfUnit + group), minimums[index]);
                    }
                }
                for (int i = 0; i < ActivationRow.UNIT; i++) {
                    byte code = (byte) (codes[unit * ActivationRow.UNIT + i] ^ 0x80);
                    panel.set(ValueLayout.JAVA_BYTE, block + codesAt + 64 * (i / 4) + i % 4, code);
                }
            }
        }
    }

    @Override
    public void multiply(Tokens tokens, Results results, int columns, Panels panels, WorkerScratch scratch) {
        if (tokens.count() <= STREAM_MOST) {
            stream(tokens, results, columns, panels, scratch);
        } else {
            tile(tokens, results, columns, panels, scratch);
        }
    }

    private void stream(Tokens tokens, Results results, int columns, Panels panels, WorkerScratch scratch) {
        int count = panels.count();
        boolean ragged = panels.mask(count - 1) != 0xFFFF;
        int whole = ragged ? count - 1 : count;
        int blocks = columns / format.blockElements();
        MemorySegment parameters = scratch.parameters();
        // Panel by panel where there are more tokens than one kernel takes, so that a panel is read from memory once.
        int step = tokens.count() <= RowAddresses.MOST ? Math.max(whole, 1) : 1;
        for (int panel = 0; panel < count; panel += panel < whole ? step : 1) {
            int run = panel < whole ? Math.min(step, whole - panel) : 1;
            int row = panels.firstRow() + panel * PanelFormat.ROWS;
            long bias = results.bias() == 0 ? 0 : results.bias() + 4L * row;
            int mask = panels.mask(panel + run - 1);
            TileTail.write(parameters, blocks, run, bias, results.scale(), results.add(), mask, 0);
            for (int t = 0; t < tokens.count(); t += RowAddresses.MOST) {
                stream[Math.min(RowAddresses.MOST, tokens.count() - t)].call(
                        panels.address() + panel * format.panelBytes(columns),
                        tokens.address() + t * tokens.stride(),
                        tokens.stride(),
                        results.address() + t * results.stride() + 4L * row,
                        results.stride(),
                        parameters.address());
            }
        }
    }

    private void tile(Tokens tokens, Results results, int columns, Panels panels, WorkerScratch scratch) {
        int count = panels.count();
        int units = columns / ActivationRow.UNIT;
        int recordBytes = format.recordBytes();
        MemorySegment parameters = scratch.parameters();
        long unpacked = scratch.unpacked(2L * units * recordBytes).address();
        for (int panel = 0; panel < count; panel += 2) {
            int pair = Math.min(2, count - panel);
            for (int p = 0; p < pair; p++) {
                unpack.call(
                        panels.address() + (panel + p) * format.panelBytes(columns),
                        unpacked + (long) p * recordBytes,
                        (long) pair * recordBytes,
                        columns / format.blockElements(),
                        0,
                        0);
            }
            int row = panels.firstRow() + panel * PanelFormat.ROWS;
            long bias = results.bias() == 0 ? 0 : results.bias() + 4L * row;
            int firstMask = panels.mask(panel);
            int secondMask = pair == 2 ? panels.mask(panel + 1) : 0;
            int tiles = tokens.count() / RowAddresses.MOST;
            int rest = tokens.count() % RowAddresses.MOST;
            long output = results.address() + 4L * row;
            TileTail.write(parameters, units, tiles, bias, results.scale(), results.add(), firstMask, secondMask);
            if (tiles > 0) {
                tile[pair][RowAddresses.MOST].call(
                        unpacked, tokens.address(), tokens.stride(), output, results.stride(), parameters.address());
            }
            if (rest > 0) {
                int done = tiles * RowAddresses.MOST;
                TileTail.write(parameters, units, 1, bias, results.scale(), results.add(), firstMask, secondMask);
                tile[pair][rest].call(
                        unpacked,
                        tokens.address() + done * tokens.stride(),
                        tokens.stride(),
                        output + done * results.stride(),
                        results.stride(),
                        parameters.address());
            }
        }
    }

    @Override
    public void close() {
        code.close();
    }
}
