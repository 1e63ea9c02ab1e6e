package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Label;

/**
 * Products of rows, where they lie in the file, with one row of activations, 16 rows after 16 rows: their integer sums ({@link RowProductsCode}), their
 * scales, with rows as lanes ({@link PackKernel#scales}), then both together ({@link RowScalesCode}). What lies between stays in the first-level
 * cache. What follows is asked for meanwhile ({@link RowsAhead}).
 *
 * <p>{@code f(-, -, -, -, -, parameters)}. The parameters are those of {@link TileTail}, where steps are turns of {@link RowScalesCode#turnBlocks} blocks
 * and count is how often 16 rows; then longs:
 *
 * <pre>
 *   64  address of the first row; 72: bytes of a row
 *   80  address of the activations
 *   88  address of as many bytes as there are columns: the activations' codes in another order
 *   96  address of the sums of 16 rows; 104: bytes from one row's to the next
 *  112  address of a panel for the scales
 *  120  columns / {@link RowTerms#COLUMNS}
 *  128  blocks of a row
 *  136  address of the output of the first row
 *  144  address of what is read after the last rows
 *  152  address of what is asked for first; 160: behind the last rows
 * </pre>
 */
final class RowsKernel {
    static final int ROWS = 64;
    static final int ROW_BYTES = 72;
    static final int ACTIVATIONS = 80;
    static final int CODES = 88;
    static final int SUMS = 96;
    static final int SUMS_STRIDE = 104;
    static final int SCALES = 112;
    static final int COLUMN_STEPS = 120;
    static final int BLOCKS = 128;
    static final int OUTPUT = 136;
    static final int NEXT = 144;
    static final int AHEAD_FROM = 152;
    static final int AHEAD_TO = 160;

    private static final General PARAMETERS = General.R9;
    private static final General AHEAD = General.RBP;
    private static final General AHEAD_END = General.R14;
    private static final SixteenRows FILE = new SixteenRows(General.RDI, General.R8, General.R10, General.R11, General.RSI, General.R12);
    private static final General PANEL = General.RDX;
    private static final General BLOCKS_LEFT = General.RCX;

    private RowsKernel() {}

    /** Bytes of a block of the panel for the scales: as far as they reach, in whole lines where there are dwords. */
    static int scalesBytes(PanelFormat format) {
        return format.scales().dwords().isEmpty() ? PanelFormat.ROWS * format.narrowBytes() : format.panelBlockBytes();
    }

    static Assembler emit(PanelFormat format, RowTerms terms, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, General.RBX, General.RBP, General.R12, General.R13, General.R14, General.R15);
        frame.enter(a);
        RowProductsCode.constants(a, format, terms);
        new ScaleReader(format.scales()).constants(a);
        TileTail.loadMasks(a, PARAMETERS);
        RowProductsCode.sortCodes(a, terms, PARAMETERS);
        a.load(AHEAD, PARAMETERS.at(AHEAD_FROM));
        a.load(AHEAD_END, PARAMETERS.at(AHEAD_TO));
        Label nextRows = a.here();
        RowProductsCode.emit(a, format, terms, PARAMETERS, AHEAD, () -> turnAhead(a));
        if (!format.scales().dwords().isEmpty()) {
            packScales(a, format);
        }
        RowScalesCode.emit(a, format, PARAMETERS, AHEAD);
        moveOn(a, nextRows);
        frame.leave(a);
        return a;
    }

    /** Behind the last rows, what is asked for is elsewhere. */
    private static void turnAhead(Assembler a) {
        Label within = a.label();
        a.compare(AHEAD, AHEAD_END);
        a.jump(Condition.LESS, within);
        a.load(AHEAD, PARAMETERS.at(NEXT));
        a.set(AHEAD_END, Long.MAX_VALUE);
        a.bind(within);
    }

    private static void packScales(Assembler a, PanelFormat format) {
        a.load(FILE.stride(), PARAMETERS.at(ROW_BYTES));
        a.load(FILE.first(), PARAMETERS.at(ROWS));
        FILE.start(a, FILE.first());
        a.load(PANEL, PARAMETERS.at(SCALES));
        a.load(BLOCKS_LEFT, PARAMETERS.at(BLOCKS));
        PackKernel.scales(a, format, FILE, PANEL, BLOCKS_LEFT, AHEAD, RowsAhead.bytesOfBlock(format));
    }

    private static void moveOn(Assembler a, Label nextRows) {
        a.load(General.RDX, PARAMETERS.at(ROW_BYTES));
        a.shiftLeft(General.RDX, 4);
        a.load(General.RAX, PARAMETERS.at(ROWS));
        a.add(General.RAX, General.RDX);
        a.store(PARAMETERS.at(ROWS), General.RAX);
        a.load(General.RAX, PARAMETERS.at(OUTPUT));
        a.add(General.RAX, 4 * PanelFormat.ROWS);
        a.store(PARAMETERS.at(OUTPUT), General.RAX);
        Label withoutBias = a.label();
        a.load(General.RAX, PARAMETERS.at(TileTail.BIAS));
        a.test(General.RAX, General.RAX);
        a.jump(Condition.EQUAL, withoutBias);
        a.add(General.RAX, 4 * PanelFormat.ROWS);
        a.store(PARAMETERS.at(TileTail.BIAS), General.RAX);
        a.bind(withoutBias);
        a.load(General.RAX, PARAMETERS.at(TileTail.COUNT));
        a.subtract(General.RAX, 1);
        a.store(PARAMETERS.at(TileTail.COUNT), General.RAX);
        a.test(General.RAX, General.RAX);
        a.jump(Condition.NOT_EQUAL, nextRows);
    }
}
