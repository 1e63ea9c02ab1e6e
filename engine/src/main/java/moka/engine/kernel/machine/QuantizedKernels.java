package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import moka.engine.kernel.WeightMatrix;
import org.jspecify.annotations.Nullable;

/**
 * The routines for weights with integer codes of one panel format.
 *
 * <p>Up to {@link #STREAM_MOST} tokens are multiplied straight from the panels, some at a time; for more, a pair of panels is unpacked into the
 * second-level cache first. Both give the same bits.
 */
final class QuantizedKernels implements WeightKernels {
    /**
     * Tokens up to which unpacking does not pay. GMAC/s with weights in memory (Zen 5, 512 x 1024, tiles and streams), 13, 15 and 18 tokens: Q4_0 160,
     * 178, 207 and 208, 217, 223; Q4_K 160, 183, 194 and 212, 212, 227; Q8_0 152, 162, 188 and 178, 192, 203; Q6_K 155, 165, 181 and 152, 157, 171; with
     * 24 tokens they are equal or tiles better.
     */
    static final int STREAM_MOST = 18;

    /** Of unpacked panels at once: a third of a second-level cache of 1 MiB (with half of it, 8192 columns lose 10 %). */
    private static final long UNPACKED_BYTES = 320 << 10;

    private static final int MOST_PAIRS = 16;
    /** Of activations that are used together: most of a first-level cache of 32 or 48 KiB. */
    private static final long ACTIVATION_BYTES = 32 << 10;

    private final PanelFormat format;
    private final int streamTokens;
    private final int tileTokens;
    private final int tilePanels;
    private final boolean tilesPairs;
    private final String instruction;
    private final @Nullable RowSplitter splitter;
    private final LazyRoutine pack;
    private final LazyRoutine unpack;
    private final @Nullable RowsInPlace inPlace;
    private final LazyRoutine[] stream = new LazyRoutine[RowAddresses.MOST + 1];
    private final LazyRoutine[][] tile = new LazyRoutine[3][RowAddresses.MOST + 1];

    /** @param splitter how rows are split where the format is one of our own, or null: it is the type's */
    QuantizedKernels(PanelFormat format, @Nullable RowSplitter splitter, KernelCode kernelCode, CodeStore code) {
        this.format = format;
        this.splitter = splitter;
        streamTokens = kernelCode.streamTokens(format);
        tileTokens = kernelCode.tileTokens(format);
        tilePanels = kernelCode.panels();
        tilesPairs = kernelCode.tilesPairs();
        instruction = kernelCode.instruction(format);
        pack = code.later(() -> kernelCode.pack(format));
        unpack = code.later(() -> kernelCode.unpack(format));
        inPlace = splitter == null && kernelCode.multipliesRows(format) ? new RowsInPlace(format, kernelCode, code) : null;
        for (int i = 1; i <= streamTokens; i++) {
            int tokens = i;
            stream[tokens] = code.later(() -> kernelCode.stream(format, tokens));
        }
        for (int i = 1; i <= tileTokens; i++) {
            int tokens = i;
            for (int j = 1; j <= tilePanels; j++) {
                int panels = j;
                tile[panels][tokens] = code.later(() -> kernelCode.tile(format, panels, tokens));
            }
        }
    }

    @Override
    public String description() {
        return instruction + ", panels of 16 rows" + (splitter == null ? "" : ", " + (16 * format.blockBytes() / format.blockElements() + 1) / 2 + " bits a weight");
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
    public boolean packsQuickly() {
        return splitter == null;
    }

    @Override
    public void pack(WeightMatrix weights, int panel, long target, WorkerScratch scratch) {
        int firstRow = panel * PanelFormat.ROWS;
        int rows = Math.min(PanelFormat.ROWS, weights.rows() - firstRow);
        if (splitter != null) {
            packSplit(splitter, weights, firstRow, rows, target, scratch);
            return;
        }
        long rowBytes = weights.rowBytes();
        long source = rows < PanelFormat.ROWS ? filledUp(weights, firstRow, rows, scratch) : weights.data().address() + firstRow * rowBytes;
        pack.call(source, rowBytes, target, weights.columns() / format.blockElements(), 0, 0);
    }

    /** A copy of the last rows, with zeros behind it. @return its address */
    private static long filledUp(WeightMatrix weights, int firstRow, int rows, WorkerScratch scratch) {
        long rowBytes = weights.rowBytes();
        MemorySegment staged = scratch.rows(PanelFormat.ROWS * rowBytes);
        MemorySegment.copy(weights.data(), firstRow * rowBytes, staged, 0, rows * rowBytes);
        staged.asSlice(rows * rowBytes, (PanelFormat.ROWS - rows) * rowBytes).fill((byte) 0);
        return staged.address();
    }

    private void packSplit(RowSplitter splitter, WeightMatrix weights, int firstRow, int rows, long target, WorkerScratch scratch) {
        long rowBytes = splitter.rowBytes(weights.columns());
        MemorySegment staged = scratch.rows(PanelFormat.ROWS * rowBytes);
        for (int row = 0; row < rows; row++) {
            splitter.split(weights, firstRow + row, staged, row * rowBytes);
        }
        staged.asSlice(rows * rowBytes, (PanelFormat.ROWS - rows) * rowBytes).fill((byte) 0);
        pack.call(staged.address(), rowBytes, target, weights.columns() / format.blockElements(), 0, 0);
    }

    @Override
    public boolean multipliesInPlace(int columns) {
        return inPlace != null && RowsInPlace.takes(columns);
    }

    @Override
    public void multiplyInPlace(WeightMatrix weights, int firstPanel, int endPanel, long next, Tokens token, Results results, WorkerScratch scratch) {
        Objects.requireNonNull(inPlace).multiply(weights, firstPanel, endPanel, next, token, results, scratch);
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
        int step = tokens.count() <= streamTokens ? Math.max(whole, 1) : 1;
        for (int panel = 0; panel < count; panel += panel < whole ? step : 1) {
            int run = panel < whole ? Math.min(step, whole - panel) : 1;
            int row = panels.firstRow() + panel * PanelFormat.ROWS;
            long bias = results.bias() == 0 ? 0 : results.bias() + 4L * row;
            int mask = panels.mask(panel + run - 1);
            TileTail.write(parameters, blocks, run, bias, results.scale(), results.add(), mask, 0);
            for (int t = 0; t < tokens.count(); t += streamTokens) {
                stream[Math.min(streamTokens, tokens.count() - t)].call(
                        panels.address() + panel * format.panelBytes(columns),
                        tokens.address() + t * tokens.stride(),
                        tokens.stride(),
                        results.address() + t * results.stride() + 4L * row,
                        results.stride(),
                        parameters.address());
            }
        }
    }

    /**
     * Some pairs of panels are unpacked at a time, as many as fit in the second-level cache; then some tiles of tokens, which fit in the first-level
     * cache, meet all of them. So activations, which are in the third-level cache at best, are read once for all pairs. Tiles are about equally wide: a
     * tile of one or two tokens takes nearly as long as one of four.
     */
    private void tile(Tokens tokens, Results results, int columns, Panels panels, WorkerScratch scratch) {
        int units = columns / ActivationRow.UNIT;
        long pairBytes = 2L * units * format.recordBytes();
        int step = 2 * Math.clamp(UNPACKED_BYTES / pairBytes, 1, MOST_PAIRS);
        long unpacked = scratch.unpacked(step / 2 * pairBytes).address();
        int tiles = (tokens.count() + tileTokens - 1) / tileTokens;
        // A single pair meets all tokens by one call: nothing is used again.
        int tilesOfRun = step == 2 ? tiles : (int) Math.max(1, ACTIVATION_BYTES / (tileTokens * tokens.stride()));
        int width = tokens.count() / tiles;
        int wide = tokens.count() % tiles; // tiles with a token more
        for (int panel = 0; panel < panels.count(); panel += step) {
            int end = Math.min(panel + step, panels.count());
            unpack(panels, panel, end, columns, unpacked);
            var some = new Unpacked(panel, end, unpacked, end < panels.count() ? panels.address() + end * format.panelBytes(columns) : panels.next());
            for (int tile = 0; tile < wide; tile += tilesOfRun) {
                run(tokens, results, panels, some, new Tiles(tile, tile * (width + 1), width + 1, Math.min(tilesOfRun, wide - tile)), columns, scratch);
            }
            for (int tile = wide; tile < tiles; tile += tilesOfRun) {
                run(tokens, results, panels, some, new Tiles(tile, tile * width + wide, width, Math.min(tilesOfRun, tiles - tile)), columns, scratch);
            }
        }
    }

    /** Panels of a matrix as records. @param next address of the panels that are unpacked after them, or 0 */
    private record Unpacked(int firstPanel, int endPanel, long address, long next) {}

    /** Tiles of equally many tokens. */
    private record Tiles(int first, int firstToken, int width, int count) {}

    /** Panels to records, pair by pair; the records of a pair's panels alternate where tiles take two. */
    private void unpack(Panels panels, int firstPanel, int endPanel, int columns, long target) {
        int recordBytes = format.recordBytes();
        long groupBytes = (long) tilePanels * (columns / ActivationRow.UNIT) * recordBytes;
        for (int panel = firstPanel; panel < endPanel; panel++) {
            int index = panel - firstPanel;
            unpack.call(
                    panels.address() + panel * format.panelBytes(columns),
                    target + index / tilePanels * groupBytes + (long) (index % tilePanels) * recordBytes,
                    (long) Math.min(tilePanels, endPanel - (panel - index % tilePanels)) * recordBytes,
                    columns / format.blockElements(),
                    0,
                    0);
        }
    }

    /**
     * Some tiles of tokens with all unpacked panels, by as few calls as can be: a call takes 50 to 100 ns beside its work (what it is told, and a barrier behind
     * it that its last stores have to pass), a twentieth of what two tiles with a pair of 2048 columns take.
     */
    private void run(Tokens tokens, Results results, Panels panels, Unpacked some, Tiles tiles, int columns, WorkerScratch scratch) {
        int count = some.endPanel() - some.firstPanel();
        int whole = panels.mask(some.endPanel() - 1) == 0xFFFF ? count : count - 1;
        for (int panel = 0; panel < count; ) {
            int together = Math.min(tilePanels, count - panel);
            int pairs = tilesPairs ? Math.max(1, (whole - panel) / together) : 1;
            run(tokens, results, panels, some, panel, together, pairs, tiles, columns, scratch);
            panel += together * pairs;
        }
    }

    /** Likewise with some pairs of panels, or single panels. @param first of the unpacked panels @param together 1 or 2 */
    private void run(
            Tokens tokens, Results results, Panels panels, Unpacked some, int first, int together, int pairs, Tiles tiles, int columns, WorkerScratch scratch) {
        int units = columns / ActivationRow.UNIT;
        int panel = some.firstPanel() + first;
        int row = panels.firstRow() + panel * PanelFormat.ROWS;
        long bias = results.bias() == 0 ? 0 : results.bias() + 4L * row;
        long masks = Parameters.pair(panels.mask(panel), together == 2 ? panels.mask(panel + 1) : 0);
        // What was asked for by the tiles before.
        int allPairs = (some.endPanel() - some.firstPanel() + tilePanels - 1) / tilePanels;
        long asked = (long) units * TileKernel.aheadBytes(format) * (tiles.first() * allPairs + first / tilePanels * tiles.count());
        long aheadEnd = some.next() == 0 ? 0 : some.next() + (some.endPanel() - some.firstPanel()) * format.panelBytes(columns);
        long parameters = scratch.parameters().address();
        TileTail.write(parameters, units, tiles.count(), bias, results.scale(), results.add(), masks, some.next() + asked);
        TileKernel.write(parameters, aheadEnd, pairs, (long) together * units * format.recordBytes());
        tile[together][tiles.width()].call(
                some.address() + (long) first * units * format.recordBytes(),
                tokens.address() + tiles.firstToken() * tokens.stride(),
                tokens.stride(),
                results.address() + tiles.firstToken() * results.stride() + 4L * row,
                results.stride(),
                parameters);
    }

    @Override
    public Single single(int columns) {
        return new Single(stream[1], columns / format.blockElements(), Integer.MAX_VALUE);
    }
}
