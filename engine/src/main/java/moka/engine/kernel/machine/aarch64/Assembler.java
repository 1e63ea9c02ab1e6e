package moka.engine.kernel.machine.aarch64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes AArch64 instructions: words of 32 bits, little-endian. What cannot be encoded (an offset too large or not aligned) is an
 * {@link IllegalArgumentException}.
 */
public final class Assembler {
    private int[] words = new int[256];
    private int count;
    private final List<Jump> jumps = new ArrayList<>();

    /** A branch whose distance is filled in at the end. */
    private record Jump(int place, Label target, int bits, int shift) {}

    /** Conditions after {@link #compare} and {@link #subtractAndTest}: of signed numbers. */
    public enum Condition {
        EQUAL(0),
        NOT_EQUAL(1),
        GREATER_OR_EQUAL(10),
        LESS(11),
        GREATER(12),
        LESS_OR_EQUAL(13);

        private final int code;

        Condition(int code) {
            this.code = code;
        }
    }

    /** The finished code. */
    public byte[] toBytes() {
        for (Jump jump : jumps) {
            int distance = jump.target().place - jump.place();
            require(jump.target().place >= 0, "a label that was never bound", 0);
            require(distance >= -(1 << jump.bits() - 1) && distance < 1 << jump.bits() - 1, "a jump over so many instructions", distance);
            words[jump.place()] |= (distance & (1 << jump.bits()) - 1) << jump.shift();
        }
        jumps.clear();
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putInt(words[i]);
        }
        return bytes.array();
    }

    // ---- vectors

    /** {@code target = first op second}. */
    public void vector(Instruction instruction, Vector target, Vector first, Vector second) {
        require(instruction.form() == Instruction.Form.THREE, instruction + " does not take three registers", 0);
        emit(instruction.word() | second.number() << 16 | first.number() << 5 | target.number());
    }

    /** {@code target = op source}. */
    public void vector(Instruction instruction, Vector target, Vector source) {
        require(instruction.form() == Instruction.Form.TWO, instruction + " does not take two registers", 0);
        emit(instruction.word() | source.number() << 5 | target.number());
    }

    /** {@code target = source} shifted by {@code bits}. */
    public void shift(Instruction instruction, Vector target, Vector source, int bits) {
        int size = instruction.bits();
        boolean left = instruction.form() == Instruction.Form.LEFT;
        require(left || instruction.form() == Instruction.Form.RIGHT, instruction + " is no shift", 0);
        require(left ? bits >= 0 && bits < size : bits > 0 && bits <= size, instruction + ": a shift by", bits);
        // The field is size + left shift, or 2 size - right shift; the size's own bit is in the word.
        emit(instruction.word() | (left ? bits : size - bits) << 16 | source.number() << 5 | target.number());
    }

    /** {@code target = target op (first, lane of second)}: 32 bits, for {@code SDOT} four bytes. */
    public void lane(Instruction instruction, Vector target, Vector first, Vector second, int lane) {
        require(instruction.form() == Instruction.Form.LANE, instruction + " takes no lane", 0);
        require(lane >= 0 && lane < 4, "a lane", lane);
        emit(instruction.word() | (lane & 1) << 21 | (lane >> 1) << 11 | second.number() << 16 | first.number() << 5 | target.number());
    }

    /** {@code target = source}. */
    public void move(Vector target, Vector source) {
        vector(Instruction.ORR, target, source, source);
    }

    /** {@code target = 0}. */
    public void zero(Vector target) {
        emit(0x4F000400 | target.number());
    }

    /** All lanes = a lane. */
    public void broadcast(Vector target, Vector source, int lane) {
        emit(0x4E040400 | lane << 19 | source.number() << 5 | target.number());
    }

    /** All lanes = the low half of a general register. */
    public void broadcast(Vector target, General source) {
        emit(0x4E040C00 | source.number() << 5 | target.number());
    }

    /** The low half of the vector = the register, the high half = 0. */
    public void setLow(Vector target, General source) {
        emit(0x9E670000 | source.number() << 5 | target.number());
    }

    /** The high half of the vector = the register. */
    public void setHigh(Vector target, General source) {
        emit(0x4E181C00 | source.number() << 5 | target.number());
    }

    /** {@code target = (first, second)} from byte {@code bytes} on. */
    public void extract(Vector target, Vector first, Vector second, int bytes) {
        require(bytes >= 0 && bytes < 16, "an extraction from byte", bytes);
        emit(0x6E000000 | second.number() << 16 | bytes << 11 | first.number() << 5 | target.number());
    }

    // ---- vectors and memory

    /** 16 bytes. */
    public void load(Vector target, Memory from) {
        memory(0x3DC00000, target.number(), from, 16);
    }

    /** 16 bytes. */
    public void store(Vector source, Memory to) {
        memory(0x3D800000, source.number(), to, 16);
    }

    /** 8 bytes; the others = 0. */
    public void load64(Vector target, Memory from) {
        memory(0xFD400000, target.number(), from, 8);
    }

    /** 8 bytes. */
    public void store64(Vector source, Memory to) {
        memory(0xFD000000, source.number(), to, 8);
    }

    /** 4 bytes; the others = 0. */
    public void load32(Vector target, Memory from) {
        memory(0xBD400000, target.number(), from, 4);
    }

    /** 4 bytes. */
    public void store32(Vector source, Memory to) {
        memory(0xBD000000, source.number(), to, 4);
    }

    /** All lanes = 4 bytes; no offset. */
    public void loadBroadcast(Vector target, General from) {
        emit(0x4D40C800 | from.number() << 5 | target.number());
    }

    /** Lane {@code lane} = 4 bytes; no offset. */
    public void loadLane(Vector target, int lane, General from) {
        emit(0x0D408000 | lane >> 1 << 30 | (lane & 1) << 12 | from.number() << 5 | target.number());
    }

    /** 4 bytes of lane {@code lane}; no offset. */
    public void storeLane(Vector source, int lane, General to) {
        emit(0x0D008000 | lane >> 1 << 30 | (lane & 1) << 12 | to.number() << 5 | source.number());
    }

    /** 2 bytes of the lane of 16 bits {@code lane}; no offset. */
    public void storeLane16(Vector source, int lane, General to) {
        emit(0x0D004000 | lane >> 2 << 30 | (lane >> 1 & 1) << 12 | (lane & 1) << 11 | to.number() << 5 | source.number());
    }

    /** Pairs of 64 bits at {@code sp + offset}; moves the stack pointer down first if {@code push}. */
    public void storePair(Vector first, Vector second, int offset, boolean push) {
        emit((push ? 0x6D800000 : 0x6D000000) | pair(push ? -offset : offset) | second.number() << 10 | 31 << 5 | first.number());
    }

    /** The way back: moves the stack pointer up after if {@code pop}. */
    public void loadPair(Vector first, Vector second, int offset, boolean pop) {
        emit((pop ? 0x6CC00000 : 0x6D400000) | pair(offset) | second.number() << 10 | 31 << 5 | first.number());
    }

    // ---- general registers

    public void storePair(General first, General second, int offset) {
        emit(0xA9000000 | pair(offset) | second.number() << 10 | 31 << 5 | first.number());
    }

    public void loadPair(General first, General second, int offset) {
        emit(0xA9400000 | pair(offset) | second.number() << 10 | 31 << 5 | first.number());
    }

    private static int pair(int offset) {
        require(offset % 8 == 0 && offset >= -512 && offset < 512, "an offset of a pair", offset);
        return (offset / 8 & 0x7F) << 15;
    }

    public void move(General target, General source) {
        if (source == General.SP || target == General.SP) {
            emit(0x91000000 | source.number() << 5 | target.number());
        } else {
            emit(0xAA0003E0 | source.number() << 16 | target.number());
        }
    }

    /** Any constant, in one to four instructions. */
    public void set(General target, long value) {
        boolean first = true;
        for (int i = 0; i < 4; i++) {
            int part = (int) (value >>> 16 * i) & 0xFFFF;
            if (part != 0 || value == 0 && i == 0) {
                emit((first ? 0xD2800000 : 0xF2800000) | i << 21 | part << 5 | target.number());
                first = false;
            }
        }
    }

    /** {@code target += value}. */
    public void add(General target, int value) {
        add(target, target, value);
    }

    /** {@code target = source + value}: below 2^24 in either direction. */
    public void add(General target, General source, int value) {
        int base = value < 0 ? 0xD1000000 : 0x91000000;
        int size = Math.abs(value);
        require(size < 1 << 24, "an addition of", value);
        General from = source;
        if (size >> 12 != 0) {
            emit(base | 1 << 22 | (size >> 12) << 10 | from.number() << 5 | target.number());
            from = target;
        }
        if ((size & 0xFFF) != 0 || size == 0 && from != target) {
            emit(base | (size & 0xFFF) << 10 | from.number() << 5 | target.number());
        }
    }

    /** {@code target = first + (second << shift)}. */
    public void add(General target, General first, General second, int shift) {
        require(first != General.SP && target != General.SP, "no stack pointer here", 0);
        emit(0x8B000000 | second.number() << 16 | shift << 10 | first.number() << 5 | target.number());
    }

    /** {@code target -= value}, and conditions. */
    public void subtractAndTest(General target, int value) {
        require(value >= 0 && value < 4096, "a subtraction of", value);
        emit(0xF1000000 | value << 10 | target.number() << 5 | target.number());
    }

    public void compare(General first, General second) {
        emit(0xEB00001F | second.number() << 16 | first.number() << 5);
    }

    public void compare(General first, int value) {
        require(value >= 0 && value < 4096, "a comparison with", value);
        emit(0xF100001F | value << 10 | first.number() << 5);
    }

    /** {@code target = first * second}. */
    public void multiply(General target, General first, General second) {
        emit(0x9B007C00 | second.number() << 16 | first.number() << 5 | target.number());
    }

    /** {@code target = source >>> bits}. */
    public void shiftRight(General target, General source, int bits) {
        require(bits >= 0 && bits < 64, "a shift by", bits);
        emit(0xD340FC00 | bits << 16 | source.number() << 5 | target.number());
    }

    /** 8 bytes. */
    public void load(General target, Memory from) {
        memory(0xF9400000, target.number(), from, 8);
    }

    /** 8 bytes. */
    public void store(General source, Memory to) {
        memory(0xF9000000, source.number(), to, 8);
    }

    /** 4 bytes, without sign. */
    public void load32(General target, Memory from) {
        memory(0xB9400000, target.number(), from, 4);
    }

    public void load16(General target, Memory from) {
        memory(0x79400000, target.number(), from, 2);
    }

    public void store16(General source, Memory to) {
        memory(0x79000000, source.number(), to, 2);
    }

    public void load8(General target, Memory from) {
        memory(0x39400000, target.number(), from, 1);
    }

    public void store8(General source, Memory to) {
        memory(0x39000000, source.number(), to, 1);
    }

    /** Asks for the line; the offset is rounded down to 8 bytes. */
    public void prefetch(Memory at) {
        memory(0xF9800000, 0, new Memory(at.base(), at.offset() & -8), 8);
    }

    // ---- flow

    public Label label() {
        return new Label();
    }

    /** A label bound here. */
    public Label here() {
        Label label = new Label();
        bind(label);
        return label;
    }

    public void bind(Label label) {
        require(label.place < 0, "a label bound twice", label.place);
        label.place = count;
    }

    public void jump(Label target) {
        jumps.add(new Jump(count, target, 26, 0));
        emit(0x14000000);
    }

    public void jump(Condition condition, Label target) {
        jumps.add(new Jump(count, target, 19, 5));
        emit(0x54000000 | condition.code);
    }

    public void jumpIfZero(General register, Label target) {
        jumps.add(new Jump(count, target, 19, 5));
        emit(0xB4000000 | register.number());
    }

    public void jumpIfNotZero(General register, Label target) {
        jumps.add(new Jump(count, target, 19, 5));
        emit(0xB5000000 | register.number());
    }

    /** Jumps if a bit is 0. */
    public void jumpIfClear(General register, int bit, Label target) {
        require(bit >= 0 && bit < 64, "a bit", bit);
        jumps.add(new Jump(count, target, 14, 5));
        emit(0x36000000 | bit >> 5 << 31 | (bit & 31) << 19 | register.number());
    }

    public void ret() {
        emit(0xD65F03C0);
    }

    // ---- encoding

    /** With a scaled offset without sign, else with one of 9 bits. */
    private void memory(int word, int register, Memory memory, int size) {
        int offset = memory.offset();
        int base = memory.base().number() << 5;
        if (offset >= 0 && offset % size == 0 && offset / size < 4096) {
            emit(word | offset / size << 10 | base | register);
        } else {
            require(offset >= -256 && offset < 256, "an offset", offset);
            emit(word & ~(1 << 24) | (offset & 0x1FF) << 12 | base | register);
        }
    }

    private static void require(boolean condition, String what, int value) {
        if (!condition) {
            throw new IllegalArgumentException("not encodable: " + what + " " + value);
        }
    }

    private void emit(int word) {
        if (count == words.length) {
            words = Arrays.copyOf(words, 2 * count);
        }
        words[count++] = word;
    }
}
