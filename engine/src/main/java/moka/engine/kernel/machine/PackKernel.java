package moka.engine.kernel.machine;

import java.util.List;
import java.util.stream.IntStream;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Packs 16 rows of a file into a panel ({@link PanelFormat}): dwords are transposed four at a time ({@link SixteenRows}). Reads nothing outside the
 * rows.
 *
 * <p>Sixteen streams some kilobytes apart are more than the processor foresees. So the memory of the next 16 rows, which follow each other in the file,
 * is asked for from front to back while these are packed: from memory to the cache, Zen 5, November 2026, one thread of a busy machine, GB/s without and
 * with: Q8_0 15 and 21, Q4_0 11 and 27, Q4_K 18 and 22 (from cache to cache 50 to 80).
 *
 * <p>Two-byte elements may be split: the first elements of the dwords of 16 rows, then the second.
 *
 * <p>{@code f(rows, rowStride, panel, blocks, -, -)}.
 */
final class PackKernel {
    private static final SixteenRows ROWS = new SixteenRows(General.RDI, General.R8, General.R9, General.R10, General.RSI, General.R11);
    private static final General PANEL = General.RDX;
    private static final General NEXT = General.RBX;

    private PackKernel() {}

    static Assembler emit(PanelFormat format, Target target) {
        return emit(new Block(format, dwords(format.runDwords())), false, target);
    }

    /**
     * Packs the dwords that {@link Scales} reads of each block, to where they are in a panel, and nothing else; {@code blocks} times.
     *
     * @param bytes to ask for with each block, from {@code ahead} on
     */
    static void scales(Assembler a, PanelFormat format, SixteenRows rows, General panel, General blocks, General ahead, int bytes) {
        var block = new Block(format, format.scales().dwords());
        Label nextBlock = a.here();
        RowsAhead.ask(a, ahead, bytes);
        packDwords(a, block, rows, panel, false);
        a.subtract(blocks, 1);
        a.jump(Condition.NOT_EQUAL, nextBlock);
    }

    /** Elements of two or four bytes, 16 bytes of a row at a time. */
    static Assembler emit(boolean splitPairs, Target target) {
        return emit(new Block(16, 0, 0, 0, dwords(4)), splitPairs, target);
    }

    /**
     * A block of the file.
     *
     * @param dwords which dwords of the run are packed, each with the three behind it
     */
    private record Block(int bytes, int narrowOffset, int narrowBytes, int runOffset, List<Integer> dwords) {
        Block(PanelFormat format, List<Integer> dwords) {
            this(format.blockBytes(), format.narrowOffset(), format.narrowBytes(), format.runOffset(), dwords);
        }

        int panelBytes() {
            return PanelFormat.ROWS * bytes;
        }
    }

    /** All dwords of a run, by fours; the last four may overlap those before. */
    private static List<Integer> dwords(int runDwords) {
        return IntStream.range(0, (runDwords + 3) / 4).mapToObj(i -> Math.min(4 * i, runDwords - 4)).toList();
    }

    private static Assembler emit(Block block, boolean splitPairs, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, NEXT);
        frame.enter(a);
        ROWS.start(a, General.RDI);
        a.address(NEXT, ROWS.twelfth().at(ROWS.stride(), 4, 0));
        Label nextBlock = a.here();
        for (int at = 0; at < block.panelBytes(); at += 64) {
            a.prefetch(NEXT.at(at));
        }
        a.add(NEXT, block.panelBytes());
        pack(a, block, ROWS, PANEL, splitPairs);
        a.subtract(General.RCX, 1);
        a.jump(Condition.NOT_EQUAL, nextBlock);
        frame.leave(a);
        return a;
    }

    /** One block; rows and panel move on. */
    private static void pack(Assembler a, Block block, SixteenRows rows, General panel, boolean splitPairs) {
        for (int row = 0; row < PanelFormat.ROWS && block.narrowBytes() > 0; row++) {
            if (block.narrowBytes() == 2) {
                a.load16(General.RAX, rows.at(row, block.narrowOffset()));
                a.store16(panel.at(2 * row), General.RAX);
            } else {
                a.load8(General.RAX, rows.at(row, block.narrowOffset()));
                a.store8(panel.at(row), General.RAX);
            }
        }
        packDwords(a, block, rows, panel, splitPairs);
    }

    private static void packDwords(Assembler a, Block block, SixteenRows rows, General panel, boolean splitPairs) {
        for (int dword : block.dwords()) {
            for (int part = 0; part < a.level().parts(); part++) {
                Vector[] dwords = rows.transposed(a, block.runOffset() + 4 * dword, part);
                store(a, dwords, panel, PanelFormat.ROWS * block.narrowBytes() + 64 * dword, splitPairs, part);
            }
        }
        rows.advance(a, block.bytes());
        a.add(panel, block.panelBytes());
    }

    /** Four dwords of 16 rows, or of one of two parts of them. */
    private static void store(Assembler a, Vector[] dwords, General panel, int target, boolean splitPairs, int part) {
        int firstRow = part * a.level().lanes();
        for (int i = 0; i < 4; i++) {
            if (splitPairs) {
                a.store(Instruction.VPMOVDW, panel.at(target + 64 * i + 2 * firstRow), dwords[i]);
                a.vector(Instruction.VPSRLD, dwords[i], dwords[i], 16);
                a.store(Instruction.VPMOVDW, panel.at(target + 64 * i + 32 + 2 * firstRow), dwords[i]);
            } else {
                a.store(Instruction.VMOVDQU32, panel.at(target + 64 * i + 4 * firstRow), dwords[i]);
            }
        }
    }
}
