package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Packs 16 rows of a file into a panel ({@link PanelFormat}): dwords are transposed four at a time. Loading row {@code 4l + j} into 16-byte lane
 * {@code l} of register {@code j} makes it a 4 × 4 transposition within lanes, which needs no shuffle across them. Reads nothing outside
 * the rows.
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
    private static final General[] BASES = {General.RDI, General.R8, General.R9, General.R10};
    private static final General STRIDE = General.RSI;
    private static final General THREE_STRIDES = General.R11;
    private static final General PANEL = General.RDX;
    private static final General NEXT = General.RBX;

    private PackKernel() {}

    static Assembler emit(PanelFormat format, Target target) {
        return emit(
                format.blockBytes(), format.narrowOffset(), format.narrowBytes(), format.runOffset(), false, target);
    }

    /** Elements of two or four bytes, 16 bytes of a row at a time. */
    static Assembler emit(boolean splitPairs, Target target) {
        return emit(16, 0, 0, 0, splitPairs, target);
    }

    private static Assembler emit(
            int blockBytes, int narrowOffset, int narrowBytes, int runOffset, boolean splitPairs, Target target) {
        int runDwords = (blockBytes - narrowBytes) / 4;
        int run = PanelFormat.ROWS * narrowBytes;
        var a = target.assembler();
        var frame = new Frame(target, NEXT);
        frame.enter(a);
        for (int i = 1; i < BASES.length; i++) {
            a.address(BASES[i], BASES[i - 1].at(STRIDE, 4, 0));
        }
        a.address(NEXT, BASES[3].at(STRIDE, 4, 0));
        a.address(THREE_STRIDES, STRIDE.at(STRIDE, 2, 0));
        Label nextBlock = a.here();
        for (int at = 0; at < PanelFormat.ROWS * blockBytes; at += 64) {
            a.prefetch(NEXT.at(at));
        }
        a.add(NEXT, PanelFormat.ROWS * blockBytes);
        for (int row = 0; row < PanelFormat.ROWS && narrowBytes > 0; row++) {
            if (narrowBytes == 2) {
                a.load16(General.RAX, at(row, narrowOffset));
                a.store16(PANEL.at(2 * row), General.RAX);
            } else {
                a.load8(General.RAX, at(row, narrowOffset));
                a.store8(PANEL.at(row), General.RAX);
            }
        }
        for (int dword = 0; dword < runDwords; dword += 4) {
            // The last four may overlap those before.
            int from = Math.min(dword, runDwords - 4);
            for (int part = 0; part < target.parts(); part++) {
                transpose(a, runOffset + 4 * from, run + 64 * from, splitPairs, part);
            }
        }
        for (General base : BASES) {
            a.add(base, blockBytes);
        }
        a.add(PANEL, PanelFormat.ROWS * blockBytes);
        a.subtract(General.RCX, 1);
        a.jump(Condition.NOT_EQUAL, nextBlock);
        frame.leave(a);
        return a;
    }

    /** Four dwords of 16 rows, or of one of two parts of them. */
    private static void transpose(Assembler a, int source, int target, boolean splitPairs, int part) {
        int lanes = a.level().lanes();
        int firstRow = part * lanes;
        Vector[] in = new Vector[4];
        Vector[] half = new Vector[4];
        for (int j = 0; j < 4; j++) {
            in[j] = Vector.zmm(j);
            half[j] = Vector.zmm(4 + j);
            a.vector(Instruction.VMOVDQU32, in[j].as(128), at(firstRow + j, source));
            for (int lane = 1; lane < lanes / 4; lane++) {
                a.vector(Instruction.VINSERTI32X4, in[j], in[j], at(firstRow + 4 * lane + j, source), lane);
            }
        }
        a.vector(Instruction.VPUNPCKLDQ, half[0], in[0], in[1]);
        a.vector(Instruction.VPUNPCKHDQ, half[1], in[0], in[1]);
        a.vector(Instruction.VPUNPCKLDQ, half[2], in[2], in[3]);
        a.vector(Instruction.VPUNPCKHDQ, half[3], in[2], in[3]);
        for (int i = 0; i < 2; i++) {
            a.vector(Instruction.VPUNPCKLQDQ, in[2 * i], half[i], half[i + 2]);
            a.vector(Instruction.VPUNPCKHQDQ, in[2 * i + 1], half[i], half[i + 2]);
        }
        for (int i = 0; i < 4; i++) {
            if (splitPairs) {
                a.store(Instruction.VPMOVDW, PANEL.at(target + 64 * i + (splitPairs ? 2 : 4) * firstRow), in[i]);
                a.vector(Instruction.VPSRLD, in[i], in[i], 16);
                a.store(Instruction.VPMOVDW, PANEL.at(target + 64 * i + 32 + 2 * firstRow), in[i]);
            } else {
                a.store(Instruction.VMOVDQU32, PANEL.at(target + 64 * i + (splitPairs ? 2 : 4) * firstRow), in[i]);
            }
        }
    }

    private static Memory at(int row, int displacement) {
        General base = BASES[row / 4];
        return switch (row % 4) {
            case 0 -> base.at(displacement);
            case 1 -> base.at(STRIDE, 1, displacement);
            case 2 -> base.at(STRIDE, 2, displacement);
            default -> base.at(THREE_STRIDES, 1, displacement);
        };
    }
}
