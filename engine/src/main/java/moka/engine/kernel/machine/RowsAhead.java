package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;

/**
 * What the kernel of rows in place asks for ahead: while 16 rows are multiplied, as many bytes as they have, in small steps, whatever is done with the
 * rows at hand, so that memory never waits. Each step asks for about the part that its time is of all.
 *
 * <p>Zen 5, November 2026, one thread, 2048 columns, from a mapped file, GB/s: products asking 8 KiB ahead and nobody else Q8_0 24, Q4_0 22, Q4_K 26; all in
 * step 30, 30, 33; panels 36.
 */
final class RowsAhead {
    /** How far ahead at most: of products, which take longer than they ask for, less remains. */
    private static final long MOST_BYTES = 40 << 10;

    private RowsAhead() {}

    /** Bytes from the first row to what is asked for first. */
    static long distance(long rowBytes) {
        return Math.min(MOST_BYTES, PanelFormat.ROWS * rowBytes);
    }

    /** Asks for the lines of some bytes from {@code ahead} on, and moves it behind them. */
    static void ask(Assembler a, General ahead, int bytes) {
        for (int at = 0; at < bytes; at += 64) {
            a.prefetch(ahead.at(at));
        }
        if (bytes > 0) {
            a.add(ahead, bytes);
        }
    }

    private static int rowBytes(PanelFormat format) {
        return blocks(format) * format.blockBytes();
    }

    private static int blocks(PanelFormat format) {
        return RowTerms.COLUMNS / format.blockElements();
    }

    /** Bytes that {@link RowProductsCode} asks for with {@link RowTerms#COLUMNS} columns of a row. */
    static int bytesOfRow(PanelFormat format) {
        return rowBytes(format) * (format.scales().dwords().isEmpty() ? 58 : 44) / 64;
    }

    /** Bytes that {@link PackKernel#scales} asks for with each block of columns. */
    static int bytesOfBlock(PanelFormat format) {
        return format.scales().dwords().isEmpty() ? 0 : PanelFormat.ROWS * rowBytes(format) / 16 / blocks(format);
    }

    /** Bytes that {@link RowScalesCode} asks for with each turn. */
    static int bytesOfTurn(PanelFormat format) {
        int rest = PanelFormat.ROWS * (rowBytes(format) - bytesOfRow(format)) - blocks(format) * bytesOfBlock(format);
        return rest / (blocks(format) / RowScalesCode.turnBlocks(format));
    }
}
