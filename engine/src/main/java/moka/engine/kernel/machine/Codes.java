package moka.engine.kernel.machine;

import java.util.List;
import java.util.stream.IntStream;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Operand;
import moka.engine.kernel.machine.x86.Vector;
import org.jspecify.annotations.Nullable;

/**
 * How the codes of a tensor type lie in the dwords of its block. Rows of a panel are transposed dword by dword: vector {@code v} of a block
 * holds dword {@code v} of 16 rows. A code is put together from bit planes; the unsigned result is {@code table[code]} where there is a table.
 *
 * <p>Codes are read in <em>quarters</em>: 4 consecutive columns of 16 rows, one byte each. A unit of 32 columns has 8.
 *
 * @param planes the first at position 0
 * @param table 16 unsigned bytes, or null
 * @param flip what is exclusive-ored to each byte (0x80 makes signed bytes unsigned), or 0
 */
public record Codes(List<Plane> planes, byte @Nullable [] table, int flip) {
    private static final Vector[] MASKS = {Vector.zmm(16), Vector.zmm(17)};
    private static final Vector TABLE = Vector.zmm(18);
    private static final Vector TEMPORARY = Vector.zmm(19);
    /** Where bits are spread without {@code vpmultishiftqb}: types that do it have one or two scales a block, which leave these free. */
    private static final Vector SECOND_TEMPORARY = Vector.zmm(24);

    private static final Vector FOUR_CODES = Vector.zmm(25);
    private static final Vector TWO_CODES = Vector.zmm(26);

    Codes(List<Plane> planes) {
        this(planes, null, 0);
    }

    /**
     * Some bits of a code.
     *
     * @param bits how many
     * @param position of the lowest in the code
     * @param place where they are
     */
    public record Plane(int bits, int position, Place place) {
        int mask() {
            return (1 << bits) - 1;
        }
    }

    /** Where the bits of a quarter are. */
    @FunctionalInterface
    public interface Place {
        Spot of(int unit, int quarter);
    }

    /**
     * @param dword vector of the block's run
     * @param shift lowest bit within each byte; or within each dword if {@code spread}
     * @param spread 0 where each byte holds one code's bits; else the distance in bits of the four codes, which follow each other in the dword
     */
    public record Spot(int dword, int shift, int spread) {
        Spot(int dword, int shift) {
            this(dword, shift, 0);
        }
    }

    /** Keeps the constants in registers, where there are few. */
    void assign(Assembler a) {
        for (int i = 0; i < planes.size(); i++) {
            if (planes.get(i).bits() < 8) {
                a.assign(MASKS[i]);
            }
        }
        if (table != null) {
            a.assign(TABLE);
        }
    }

    /** Loads what {@link #emit} needs in registers 16 to 19, or to 26 where bits are spread; destroys {@code RAX}. */
    void constants(Assembler a) {
        for (int i = 0; i < planes.size(); i++) {
            Plane plane = planes.get(i);
            if (plane.bits() < 8) {
                Registers.broadcast(a, MASKS[i], (plane.mask() << plane.position()) * 0x01010101);
            }
        }
        if (flip != 0) {
            Registers.broadcast(a, MASKS[1], flip * 0x01010101);
        }
        if (table != null) {
            Registers.broadcast(a, TABLE, table);
        } else if (spread() != 0 && !a.level().multishift()) {
            Registers.broadcast(a, FOUR_CODES, (1 << 4 * spread()) - 1);
            Registers.broadcast(a, TWO_CODES, ((1 << 2 * spread()) - 1) * 0x00010001);
        } else if (spread() != 0) {
            // Byte j of each dword takes the bits from spread * j of its dword.
            byte[] control = new byte[16];
            for (int j = 0; j < 16; j++) {
                control[j] = (byte) ((j & 4) * 8 + (j & 3) * spread());
            }
            Registers.broadcast(a, TABLE, control);
        }
    }

    /** The largest code. */
    int largest() {
        if (table != null) {
            return IntStream.range(0, 16).map(i -> table[i] & 0xFF).max().orElseThrow();
        }
        return planes.stream().mapToInt(plane -> plane.mask() << plane.position()).sum();
    }

    /** The same codes less 128, as signed bytes. */
    Codes signed() {
        if (table == null) {
            return new Codes(planes, null, flip ^ 0x80);
        }
        byte[] signed = table.clone();
        for (int i = 0; i < signed.length; i++) {
            signed[i] ^= (byte) 0x80;
        }
        return new Codes(planes, signed, 0);
    }

    private int spread() {
        return planes.stream().mapToInt(plane -> plane.place().of(0, 0).spread()).max().orElse(0);
    }

    /** {@code target} = the codes of a quarter; the block's run of dwords begins at {@code base + displacement}. */
    void emit(Assembler a, General base, int displacement, int unit, int quarter, Vector target) {
        for (int i = 0; i < planes.size(); i++) {
            Plane plane = planes.get(i);
            Spot spot = plane.place().of(unit, quarter);
            Memory memory = base.at(displacement + 64 * spot.dword());
            if (spot.spread() != 0) {
                a.vector(Instruction.VPSRLD, TEMPORARY, memory, spot.shift());
                spread(a, spot.spread());
                if (plane.position() > 0) {
                    a.vector(Instruction.VPSLLD, TEMPORARY, TEMPORARY, plane.position());
                }
                merge(a, target, TEMPORARY, i);
            } else {
                plane(a, i, memory, spot.shift(), target);
            }
        }
        look(a, target);
    }

    /** {@code target} = codes whose planes' bits are in the bytes of {@code sources}, in each from the bit of {@code shifts} on. */
    void emit(Assembler a, Vector[] sources, int[] shifts, Vector target) {
        for (int i = 0; i < planes.size(); i++) {
            plane(a, i, sources[i], shifts[i], target);
        }
        look(a, target);
    }

    /** Puts the bits of a plane to their place. */
    private void plane(Assembler a, int index, Operand source, int shift, Vector target) {
        Plane plane = planes.get(index);
        int right = shift - plane.position();
        if (plane.bits() == 8 && flip != 0) {
            a.vector(Instruction.VPXORD, target, MASKS[1], source);
        } else if (plane.bits() == 8) {
            a.vector(Instruction.VMOVDQU32, target, source);
        } else if (right == 0) {
            merge(a, target, source, index);
        } else {
            a.vector(right > 0 ? Instruction.VPSRLD : Instruction.VPSLLD, TEMPORARY, source, Math.abs(right));
            merge(a, target, TEMPORARY, index);
        }
    }

    private void look(Assembler a, Vector target) {
        if (table != null) {
            a.vector(Instruction.VPSHUFB, target, TABLE, target);
        }
    }

    /** Each dword's lowest four codes to its four bytes; bits above them may be anything. */
    private static void spread(Assembler a, int distance) {
        if (a.level().multishift()) {
            a.vector(Instruction.VPMULTISHIFTQB, TEMPORARY, TABLE, TEMPORARY);
            return;
        }
        // Two codes to the upper half, then one of each half to its upper byte.
        a.vector(Instruction.VPANDD, TEMPORARY, TEMPORARY, FOUR_CODES);
        a.vector(Instruction.VPSLLD, SECOND_TEMPORARY, TEMPORARY, 16 - 2 * distance);
        a.vector(Instruction.VPORD, TEMPORARY, TEMPORARY, SECOND_TEMPORARY);
        a.vector(Instruction.VPANDD, TEMPORARY, TEMPORARY, TWO_CODES);
        a.vector(Instruction.VPSLLD, SECOND_TEMPORARY, TEMPORARY, 8 - distance);
        a.vector(Instruction.VPORD, TEMPORARY, TEMPORARY, SECOND_TEMPORARY);
    }

    private static void merge(Assembler a, Vector target, Operand bits, int plane) {
        if (plane == 0) {
            a.vector(Instruction.VPANDD, target, MASKS[plane], bits);
        } else {
            a.vector(Instruction.VPTERNLOGD, target, MASKS[plane], bits, Registers.A_OR_B_AND_C);
        }
    }
}
