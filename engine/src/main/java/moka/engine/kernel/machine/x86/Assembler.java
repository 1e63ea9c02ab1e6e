package moka.engine.kernel.machine.x86;

import java.util.Arrays;

/**
 * Encodes x86-64 instructions one after another. Vector instructions are encoded as EVEX (AVX-512) or, where made so, as VEX (AVX2); jumps
 * always have 32-bit distances. Operands stand in Intel's order: destination first.
 *
 * <p>Only as much is checked as catches slips: operands that an encoding cannot express. Not thread-safe.
 */
public final class Assembler {
    private final boolean evex;
    private byte[] code = new byte[4096];
    private int size;
    private Mask mask = Mask.K0;
    private boolean zeroing;

    /** @param evex whether vector instructions are encoded as EVEX; VEX otherwise */
    public Assembler(boolean evex) {
        this.evex = evex;
    }

    /** The code so far; every label used must be bound. */
    public byte[] toBytes() {
        return Arrays.copyOf(code, size);
    }

    /** Bytes so far. */
    public int size() {
        return size;
    }

    // ---- vector instructions

    /** The next vector instruction works on the lanes of a mask: others are kept, or zeroed. */
    public Assembler masked(Mask mask, boolean zeroing) {
        this.mask = mask;
        this.zeroing = zeroing;
        return this;
    }

    /** {@code destination = operation(source, last)}; where the instruction accumulates, destination is read too. */
    public void vector(Instruction instruction, Vector destination, Vector source, Operand last) {
        emit(instruction, instruction.opcode, destination.number(), source.number(), last, bits(destination, source, last));
    }

    /** Likewise, with an immediate byte. */
    public void vector(Instruction instruction, Vector destination, Vector source, Operand last, int immediate) {
        vector(instruction, destination, source, last);
        byte8(immediate);
    }

    /** {@code destination = operation(source)}. */
    public void vector(Instruction instruction, Vector destination, Operand source) {
        emit(instruction, instruction.opcode, destination.number(), 0, source, bits(destination, destination, source));
    }

    /** {@code destination = operation(source, immediate)}: shifts too. */
    public void vector(Instruction instruction, Vector destination, Operand source, int immediate) {
        int bits = bits(destination, destination, source);
        if (instruction.extension >= 0) {
            emit(instruction, instruction.opcode, instruction.extension, destination.number(), source, bits);
        } else {
            emit(instruction, instruction.opcode, destination.number(), 0, source, bits);
        }
        byte8(immediate);
    }

    /** Writes to memory or to a narrower register: moves and narrowing conversions. */
    public void store(Instruction instruction, Operand destination, Vector source) {
        emit(instruction, instruction.storeOpcode(), source.number(), 0, destination, bits(source, source, destination));
    }

    /** Likewise, with an immediate byte. */
    public void store(Instruction instruction, Operand destination, Vector source, int immediate) {
        store(instruction, destination, source);
        byte8(immediate);
    }

    /** {@code destination = lanes for which the comparison holds}. */
    public void compare(Instruction instruction, Mask destination, Vector left, Operand right, int predicate) {
        emit(instruction, instruction.opcode, destination.ordinal(), left.number(), right, bits(left, left, right));
        byte8(predicate);
    }

    /** {@code mask = low 32 bits of source}. */
    public void moveMask(Mask destination, General source) {
        vex(destination.ordinal(), 0, source.number() > 7 ? 1 : 0, 0, 1, 3, 0, 0);
        byte8(0x92);
        byte8(0xC0 | destination.ordinal() << 3 | source.number() & 7);
    }

    /** Ends the use of upper halves, before a return. */
    public void zeroUpper() {
        vex(0, 0, 0, 0, 1, 0, 0, 0);
        byte8(0x77);
    }

    private static int bits(Vector a, Vector b, Operand c) {
        return Math.max(Math.max(a.bits(), b.bits()), c instanceof Vector v ? v.bits() : 0);
    }

    private void emit(Instruction i, int opcode, int register, int second, Operand last, int bits) {
        int length = bits / 256; // 0, 1, 2 as L'L counts
        int x = switch (last) {
            case Vector v -> v.number() >> 4;
            case General g -> 0;
            case Memory m -> m.index() == null ? 0 : m.index().number() >> 3;
        };
        int b = switch (last) {
            case Vector v -> v.number() >> 3 & 1;
            case General g -> g.number() >> 3;
            case Memory m -> m.base().number() >> 3;
        };
        boolean broadcast = last instanceof Memory m && m.broadcast();
        if (evex) {
            byte8(0x62);
            byte8((register >> 3 & 1 ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | (register >> 4 ^ 1) << 4 | i.map);
            byte8(i.w << 7 | (~second & 15) << 3 | 4 | i.prefix);
            byte8((zeroing ? 128 : 0) | length << 5 | (broadcast ? 16 : 0) | (second >> 4 ^ 1) << 3 | mask.ordinal());
        } else {
            if (register > 15 || second > 15 || last instanceof Vector v && v.number() > 15 || mask != Mask.K0 || broadcast || bits > 256) {
                throw new IllegalArgumentException(i + ": not to be had without AVX-512");
            }
            vex(register, x, b, second, i.map, i.prefix, length, 0);
        }
        mask = Mask.K0;
        zeroing = false;
        byte8(opcode);
        modrm(register, last, evex ? i.tuple.unit(bits, broadcast) : 1);
    }

    /** VEX prefix; the two-byte form where it can express the operands. */
    private void vex(int register, int x, int b, int second, int map, int prefix, int length, int w) {
        int r = register >> 3 & 1 ^ 1;
        int last = (~second & 15) << 3 | length << 2 | prefix;
        if (x == 0 && b == 0 && map == 1 && w == 0) {
            byte8(0xC5);
            byte8(r << 7 | last);
        } else {
            byte8(0xC4);
            byte8(r << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | map);
            byte8(w << 7 | last);
        }
    }

    /** ModRM, SIB and displacement; 8-bit displacements count in {@code unit} bytes. */
    private void modrm(int register, Operand operand, int unit) {
        int middle = (register & 7) << 3;
        switch (operand) {
            case Vector v -> byte8(0xC0 | middle | v.number() & 7);
            case General g -> byte8(0xC0 | middle | g.number() & 7);
            case Memory m -> {
                int base = m.base().number() & 7;
                int displacement = m.displacement();
                boolean fits = displacement % unit == 0 && displacement / unit == (byte) (displacement / unit);
                // Base 5 (rbp, r13) without a displacement means something else.
                int mode = displacement == 0 && base != 5 ? 0 : fits ? 1 : 2;
                General index = m.index();
                if (index != null || base == 4) {
                    byte8(mode << 6 | middle | 4);
                    int scale = Integer.numberOfTrailingZeros(m.scale());
                    byte8(scale << 6 | (index == null ? 4 : index.number() & 7) << 3 | base);
                } else {
                    byte8(mode << 6 | middle | base);
                }
                if (mode == 1) {
                    byte8(displacement / unit);
                } else if (mode == 2) {
                    int32(displacement);
                }
            }
        }
    }

    // ---- general registers, 64 bits unless said

    public void move(General destination, General source) {
        general(0x8B, destination.number(), source, true);
    }

    public void load(General destination, Memory source) {
        general(0x8B, destination.number(), source, true);
    }

    /** Loads 32 bits, zero-extended. */
    public void load32(General destination, Memory source) {
        general(0x8B, destination.number(), source, false);
    }

    /** Loads 16 bits, zero-extended. */
    public void load16(General destination, Memory source) {
        general(0x0FB7, destination.number(), source, false);
    }

    /** Loads 8 bits, zero-extended. */
    public void load8(General destination, Memory source) {
        general(0x0FB6, destination.number(), source, false);
    }

    public void store(Memory destination, General source) {
        general(0x89, source.number(), destination, true);
    }

    /** Stores the low 32 bits. */
    public void store32(Memory destination, General source) {
        general(0x89, source.number(), destination, false);
    }

    /** Stores the low 16 bits. */
    public void store16(Memory destination, General source) {
        byte8(0x66);
        general(0x89, source.number(), destination, false);
    }

    /** Stores the low 8 bits of {@code RAX} to {@code RBX}, {@code R8} and above. */
    public void store8(Memory destination, General source) {
        if (source.number() > 3 && source.number() < 8) {
            throw new IllegalArgumentException("the low byte of " + source + " cannot be named here");
        }
        general(0x88, source.number(), destination, false);
    }

    public void address(General destination, Memory source) {
        general(0x8D, destination.number(), source, true);
    }

    /** Sets a register to a value, by the shortest of three forms. */
    public void set(General destination, long value) {
        int number = destination.number();
        if (value >= 0 && value <= 0xFFFF_FFFFL) {
            if (number > 7) {
                byte8(0x41);
            }
            byte8(0xB8 | number & 7);
            int32((int) value);
        } else if (value == (int) value) {
            general(0xC7, 0, destination, true);
            int32((int) value);
        } else {
            byte8(0x48 | number >> 3);
            byte8(0xB8 | number & 7);
            int32((int) value);
            int32((int) (value >>> 32));
        }
    }

    public void add(General destination, General source) {
        general(0x03, destination.number(), source, true);
    }

    public void subtract(General destination, General source) {
        general(0x2B, destination.number(), source, true);
    }

    /** Low 64 bits of the product. */
    public void multiply(General destination, General source) {
        general(0x0FAF, destination.number(), source, true);
    }

    public void compare(General left, General right) {
        general(0x3B, left.number(), right, true);
    }

    public void test(General left, General right) {
        general(0x85, right.number(), left, true);
    }

    public void add(General destination, int value) {
        arithmetic(0, destination, value);
    }

    public void and(General destination, int value) {
        arithmetic(4, destination, value);
    }

    public void subtract(General destination, int value) {
        arithmetic(5, destination, value);
    }

    public void compare(General left, int value) {
        arithmetic(7, left, value);
    }

    public void shiftLeft(General destination, int count) {
        general(0xC1, 4, destination, true);
        byte8(count);
    }

    /** Shifts by the low six bits of {@code RCX}. */
    public void shiftLeftByCl(General destination) {
        general(0xD3, 4, destination, true);
    }

    public void shiftRight(General destination, int count) {
        general(0xC1, 5, destination, true);
        byte8(count);
    }

    private void arithmetic(int extension, General destination, int value) {
        if (value == (byte) value) {
            general(0x83, extension, destination, true);
            byte8(value);
        } else {
            general(0x81, extension, destination, true);
            int32(value);
        }
    }

    public void push(General register) {
        if (register.number() > 7) {
            byte8(0x41);
        }
        byte8(0x50 | register.number() & 7);
    }

    public void pop(General register) {
        if (register.number() > 7) {
            byte8(0x41);
        }
        byte8(0x58 | register.number() & 7);
    }

    /** Asks for the line to be brought into all caches. */
    public void prefetch(Memory line) {
        general(0x0F18, 1, line, false);
    }

    public void cpuid() {
        byte8(0x0F);
        byte8(0xA2);
    }

    /** {@code edx:eax} = the extended control register that {@code ecx} names. */
    public void xgetbv() {
        byte8(0x0F);
        byte8(0x01);
        byte8(0xD0);
    }

    public void ret() {
        byte8(0xC3);
    }

    /** Calls the Linux kernel: number in {@code rax}, arguments in {@code rdi, rsi, rdx, r10, r8, r9}; loses {@code rcx} and {@code r11}. */
    public void syscall() {
        byte8(0x0F);
        byte8(0x05);
    }

    private void general(int opcode, int register, Operand operand, boolean wide) {
        int x = operand instanceof Memory m && m.index() != null ? m.index().number() >> 3 : 0;
        int b = switch (operand) {
            case General g -> g.number() >> 3;
            case Memory m -> m.base().number() >> 3;
            case Vector v -> throw new IllegalArgumentException(v + " is no general register");
        };
        int rex = (wide ? 8 : 0) | (register >> 3) << 2 | x << 1 | b;
        if (rex != 0) {
            byte8(0x40 | rex);
        }
        if (opcode > 0xFF) {
            byte8(opcode >> 8);
        }
        byte8(opcode);
        modrm(register, operand, 1);
    }

    // ---- jumps

    /** Conditions of jumps, by their code. */
    public enum Condition {
        BELOW(2),
        NOT_BELOW(3),
        EQUAL(4),
        NOT_EQUAL(5),
        LESS(12),
        NOT_LESS(13),
        NOT_GREATER(14),
        GREATER(15);

        private final int code;

        Condition(int code) {
            this.code = code;
        }
    }

    /** A label to be bound later. */
    public Label label() {
        return new Label();
    }

    /** A label bound here. */
    public Label here() {
        Label label = new Label();
        bind(label);
        return label;
    }

    /** Puts a label here. */
    public void bind(Label label) {
        label.position = size;
        for (int reference : label.references) {
            patch(reference, size - reference - 4);
        }
    }

    public void jump(Label target) {
        byte8(0xE9);
        distance(target);
    }

    public void jump(Condition condition, Label target) {
        byte8(0x0F);
        byte8(0x80 | condition.code);
        distance(target);
    }

    /** Goes on at an address. */
    public void jump(General target) {
        general(0xFF, 4, target, false);
    }

    /** Fills up to a multiple of {@code bytes} with one-byte no-operations: before loops and constants. */
    public void align(int bytes) {
        while (size % bytes != 0) {
            byte8(0x90);
        }
    }

    private void distance(Label target) {
        if (target.position < 0) {
            target.references.add(size);
            int32(0);
        } else {
            int32(target.position - size - 4);
        }
    }

    private void patch(int at, int value) {
        for (int i = 0; i < 4; i++) {
            code[at + i] = (byte) (value >> 8 * i);
        }
    }

    private void int32(int value) {
        for (int i = 0; i < 4; i++) {
            byte8(value >> 8 * i);
        }
    }

    private void byte8(int value) {
        if (size == code.length) {
            code = Arrays.copyOf(code, 2 * size);
        }
        code[size++] = (byte) value;
    }
}
