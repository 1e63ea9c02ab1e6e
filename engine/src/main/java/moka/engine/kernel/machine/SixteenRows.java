package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Addresses of the 16 rows of a panel at a constant distance, by six registers: rows 0, 4, 8 and 12, the distance, and three times the distance.
 * Uses vector registers 0 to 7.
 */
record SixteenRows(General first, General fourth, General eighth, General twelfth, General stride, General threeStrides) {
    /** Sets the registers; {@code stride} holds the distance already. */
    void start(Assembler a, General from) {
        if (from != first) {
            a.move(first, from);
        }
        a.address(fourth, first.at(stride, 4, 0));
        a.address(eighth, fourth.at(stride, 4, 0));
        a.address(twelfth, eighth.at(stride, 4, 0));
        a.address(threeStrides, stride.at(stride, 2, 0));
    }

    Memory at(int row, int displacement) {
        General base = switch (row / 4) {
            case 0 -> first;
            case 1 -> fourth;
            case 2 -> eighth;
            default -> twelfth;
        };
        return ofFour(base, stride, threeStrides, row % 4, displacement);
    }

    /** Of four rows at a constant distance, by the address of the first, the distance, and three times the distance. */
    static Memory ofFour(General first, General stride, General threeStrides, int row, int displacement) {
        return switch (row) {
            case 0 -> first.at(displacement);
            case 1 -> first.at(stride, 1, displacement);
            case 2 -> first.at(stride, 2, displacement);
            default -> first.at(threeStrides, 1, displacement);
        };
    }

    /** Moves all rows on. */
    void advance(Assembler a, int bytes) {
        a.add(first, bytes);
        a.add(fourth, bytes);
        a.add(eighth, bytes);
        a.add(twelfth, bytes);
    }

    /**
     * Four dwords of the rows, or of one of two parts of them, as four vectors whose lanes are rows. Loading row {@code 4l + j} into 16-byte lane
     * {@code l} of register {@code j} makes it a 4 × 4 transposition within lanes, which needs no shuffle across them.
     *
     * @param displacement of the first dword
     * @return registers 0 to 3
     */
    Vector[] transposed(Assembler a, int displacement, int part) {
        int lanes = a.level().lanes();
        int firstRow = part * lanes;
        Vector[] in = new Vector[4];
        Vector[] half = new Vector[4];
        for (int j = 0; j < 4; j++) {
            in[j] = Vector.zmm(j);
            half[j] = Vector.zmm(4 + j);
            a.vector(Instruction.VMOVDQU32, in[j].as(128), at(firstRow + j, displacement));
            for (int lane = 1; lane < lanes / 4; lane++) {
                a.vector(Instruction.VINSERTI32X4, in[j], in[j], at(firstRow + 4 * lane + j, displacement), lane);
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
        return in;
    }
}
