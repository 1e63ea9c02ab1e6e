package moka.engine.kernel.machine.x86;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Encodes x86-64 instructions one after another. Vector instructions are encoded as EVEX (AVX-512) or, at levels without it, made of those of AVX2
 * by {@link Lowering} and encoded as VEX; jumps always have 32-bit distances. Operands stand in Intel's order: destination first.
 *
 * <p>Only as much is checked as catches slips: operands that an encoding cannot express. Not thread-safe.
 */
public final class Assembler {
    private final boolean evex;
    private final Level level;
    private final @Nullable Lowering lowering;
    private byte[] code = new byte[4096];
    private int size;
    private Mask mask = Mask.K0;
    private boolean zeroing;
    private int part;

    /** @param evex whether vector instructions are encoded as EVEX; as VEX otherwise, one to one */
    public Assembler(boolean evex) {
        this.evex = evex;
        level = evex ? Level.AVX512VBMI : Level.AVX2;
        lowering = null;
    }

    /** @param level which instructions there are: those of AVX-512 that the level lacks are made of others */
    public Assembler(Level level) {
        this.level = level;
        evex = level.evex();
        lowering = evex ? null : new Lowering(this);
    }

    /** Which instructions there are. */
    public Level level() {
        return level;
    }

    /** The code, with its literals; every label used must be bound. */
    public byte[] toBytes() {
        if (lowering != null) {
            lowering.finish();
        }
        return Arrays.copyOf(code, size);
    }

    /** Bytes so far. */
    public int size() {
        return size;
    }

    // ---- vector instructions

    /** The next vector instruction works on the lanes of a mask: others are kept, or zeroed. */
    public Assembler masked(Mask mask, boolean zeroing) {
        return masked(mask, zeroing, 0);
    }

    /** Likewise; where vectors have 8 lanes, part 1 takes the lanes 8 to 15 of a mask made by {@link #moveMask}. */
    public Assembler masked(Mask mask, boolean zeroing, int part) {
        this.mask = mask;
        this.zeroing = zeroing;
        this.part = part;
        return this;
    }

    /** {@code destination = operation(source, last)}; where the instruction accumulates, destination is read too. */
    public void vector(Instruction instruction, Vector destination, Vector source, Operand last) {
        if (lowering != null) {
            lowering.vector(instruction, destination, source, last, takeMask(), zeroing, part);
        } else {
            encode(instruction, destination, source, last);
        }
    }

    /** Likewise, with an immediate byte. */
    public void vector(Instruction instruction, Vector destination, Vector source, Operand last, int immediate) {
        if (lowering != null) {
            lowering.vector(instruction, destination, source, last, immediate);
        } else {
            encodeImmediate(instruction, destination, source, last, immediate);
        }
    }

    /** {@code destination = operation(source)}. */
    public void vector(Instruction instruction, Vector destination, Operand source) {
        if (lowering != null) {
            lowering.vector(instruction, destination, source, takeMask(), zeroing, part);
        } else {
            encode(instruction, destination, source);
        }
    }

    /** {@code destination = operation(source, immediate)}: shifts too. */
    public void vector(Instruction instruction, Vector destination, Operand source, int immediate) {
        if (lowering != null) {
            lowering.vector(instruction, destination, source, immediate);
        } else if (instruction.extension >= 0) {
            encodeShift(instruction, destination, source, immediate);
        } else {
            encodeImmediate(instruction, destination, null, source, immediate);
        }
    }

    /** Writes to memory or to a narrower register: moves and narrowing conversions. */
    public void store(Instruction instruction, Operand destination, Vector source) {
        if (lowering != null) {
            lowering.store(instruction, destination, source, -1, takeMask(), part);
        } else {
            encodeStore(instruction, destination, source);
        }
    }

    /** Likewise, with an immediate byte. */
    public void store(Instruction instruction, Operand destination, Vector source, int immediate) {
        if (lowering != null) {
            lowering.store(instruction, destination, source, immediate, null, 0);
        } else {
            encodeStoreImmediate(instruction, destination, source, immediate);
        }
    }

    /** {@code destination = lanes for which the comparison holds}. */
    public void compare(Instruction instruction, Mask destination, Vector left, Operand right, int predicate) {
        if (lowering != null) {
            lowering.compare(destination, left, right, predicate, takeMask());
        } else {
            emit(instruction, instruction.opcode, destination.ordinal(), left.number(), right, bits(left, left, right));
            byte8(predicate);
        }
    }

    /**
     * A register that is not written afterwards, or as another one: all lanes, as many as vectors have at this level. Costs {@code RAX} where it is
     * loaded; without AVX-512 it stays in memory.
     *
     * @return false where the level has registers enough: the caller loads it
     */
    public boolean literal(Vector target, int[] lanes) {
        if (lowering != null) {
            lowering.constant(target, lanes);
        }
        return lowering != null;
    }

    /** These stay in registers, even where there are too few for all. */
    public void assign(Vector... vectors) {
        if (lowering != null) {
            lowering.assign(vectors);
        }
    }

    /** How many registers sequences may use within themselves, where there are too few: 2 unless said. */
    public void reserve(int registers) {
        if (lowering != null) {
            lowering.reserve(registers);
        }
    }

    /** Saves a register of this very name, at any level. */
    public void storeSaved(Memory destination, Vector register) {
        encodeStore(Instruction.VMOVUPS, destination, register);
    }

    /** Loads a register of this very name, at any level. */
    public void loadSaved(Vector register, Memory source) {
        encode(Instruction.VMOVUPS, register, source);
    }

    /** Bytes of the stack that the code uses from {@code RSP} on. */
    public int stackBytes() {
        return lowering == null ? 0 : Lowering.STACK_BYTES;
    }

    private @Nullable Mask takeMask() {
        Mask taken = mask == Mask.K0 ? null : mask;
        mask = Mask.K0;
        return taken;
    }

    // ---- one instruction each, for Lowering too

    void encode(Instruction instruction, Vector destination, Vector source, Operand last) {
        emit(instruction, instruction.opcode, destination.number(), source.number(), last, bits(destination, source, last));
    }

    void encode(Instruction instruction, Vector destination, Operand source) {
        emit(instruction, instruction.opcode, destination.number(), 0, source, bits(destination, destination, source));
    }

    void encodeImmediate(Instruction instruction, Vector destination, @Nullable Vector source, Operand last, int immediate) {
        int second = source == null ? 0 : source.number();
        emit(instruction, instruction.opcode, destination.number(), second, last, bits(destination, destination, last));
        byte8(immediate);
    }

    void encodeShift(Instruction instruction, Vector destination, Operand source, int count) {
        emit(instruction, instruction.opcode, instruction.extension, destination.number(), source, bits(destination, destination, source));
        byte8(count);
    }

    void encodeStore(Instruction instruction, Operand destination, Vector source) {
        emit(instruction, instruction.storeOpcode(), source.number(), 0, destination, bits(source, source, destination));
    }

    void encodeStoreImmediate(Instruction instruction, Operand destination, Vector source, int immediate) {
        encodeStore(instruction, destination, source);
        byte8(immediate);
    }

    void encodeMaskedStore(Memory destination, Vector lanes, Vector source) {
        emit(Instruction.VMASKMOVPS, Instruction.VMASKMOVPS.storeOpcode(), source.number(), lanes.number(), destination, source.bits());
    }

    /** {@code destination = lanes ? second : first}. */
    void encodeBlend(Vector destination, Vector first, Vector second, Vector lanes) {
        emit(Instruction.VBLENDVPS, Instruction.VBLENDVPS.opcode, destination.number(), first.number(), second, destination.bits());
        byte8(lanes.number() << 4);
    }

    /** {@code mask = low 32 bits of source}. */
    public void moveMask(Mask destination, General source) {
        if (lowering != null) {
            lowering.moveMask(destination, source);
            return;
        }
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
            case Literal l -> 0;
        };
        int b = switch (last) {
            case Vector v -> v.number() >> 3 & 1;
            case General g -> g.number() >> 3;
            case Memory m -> m.base().number() >> 3;
            case Literal l -> 0;
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
            vex(register, x, b, second, i.map, i.prefix, length, i.vexW());
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
            case Literal l -> {
                byte8(middle | 5);
                distance(l.label());
            }
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

    /** Into the second-level cache. */
    public void prefetchSecond(Memory line) {
        general(0x0F18, 2, line, false);
    }

    /** Asks for a line that will be written: no other processor's caches keep it. */
    public void prefetchToWrite(Memory line) {
        general(0x0F0D, 1, line, false);
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
            case Literal l -> throw new IllegalArgumentException("no literals here");
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

    void int32(int value) {
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
