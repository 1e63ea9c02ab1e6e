package moka.engine.kernel.machine.x86;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The vocabulary of AVX-512 in the instructions of AVX2, so that kernels are written once: 512-bit operands become 256-bit ones (and 256-bit ones 128-bit
 * ones); what AVX2 lacks becomes a sequence with the same result to the bit.
 *
 * <p>Kernels name 32 vector registers, of which there are 16. A named register gets one at its first appearance; a constant is none but a
 * literal behind the code; when registers run out, the next one gets a slot on the stack and is loaded and stored around each use. So
 * kernels name what is used most first ({@link #assign}). Masks are vectors of zeros and ones; a mask from a general register is made from
 * its bits where it is used.
 */
final class Lowering {
    /** What {@code RSP} must leave free while lowered code runs: 40 slots of a vector, then masks. */
    static final int STACK_BYTES = 40 * 32 + 8 * 8;

    private static final int MASK_SLOTS = 40 * 32;
    private static final int REGISTERS = 16;
    private static final int UNKNOWN = -1;
    private static final int CONSTANT = -2;
    private static final int SLOT = 100;

    private static final Set<Instruction> COMMUTATIVE = EnumSet.of(
            Instruction.VPADDD, Instruction.VPADDW, Instruction.VPANDD, Instruction.VPORD, Instruction.VPXORD, Instruction.VADDPS,
            Instruction.VMULPS, Instruction.VPMAXUD, Instruction.VPMAXSD, Instruction.VPMULLD, Instruction.VPMADDWD,
            Instruction.VFMADD231PS, Instruction.VFNMADD231PS);
    private static final Set<Instruction> ACCUMULATING =
            EnumSet.of(Instruction.VFMADD231PS, Instruction.VFNMADD231PS, Instruction.VFMADD213PS, Instruction.VPDPBUSD);

    private final Assembler a;
    /** For vector registers 0 to 31 and masks 32 to 39: a register, a slot, a constant. */
    private final int[] places = new int[40];
    private final Literal[] constants = new Literal[32];
    private final boolean[] maskInBits = new boolean[8];
    private final Map<String, Literal> literals = new LinkedHashMap<>();
    private int assigned;
    private int reserved = 2;
    private int scratch;
    private int slots;

    Lowering(Assembler a) {
        this.a = a;
        Arrays.fill(places, UNKNOWN);
    }

    // ---- registers

    /** How many registers are kept for what happens within one instruction. */
    void reserve(int count) {
        reserved = count;
    }

    /** Gives registers, as long as there are some. */
    void assign(Vector... vectors) {
        for (Vector vector : vectors) {
            place(vector.number());
        }
    }

    /** A constant, by its lanes of 32 bits: loaded where {@link #assign} gave it a register, else read from its place each time. */
    void constant(Vector target, int[] lanes) {
        int place = places[target.number()];
        Literal literal = literal(lanes);
        if (place >= 0 && place < SLOT) {
            constants[target.number()] = null;
            a.encode(Instruction.VMOVUPS, Vector.ymm(place), literal);
        } else {
            constants[target.number()] = literal;
            places[target.number()] = place < 0 ? CONSTANT : place;
        }
    }

    private Literal literal(int... lanes) {
        return literals.computeIfAbsent(Arrays.toString(lanes), text -> new Literal(a.label()));
    }

    /** Writes the literals behind the code. */
    void finish() {
        a.align(32);
        literals.forEach((text, literal) -> {
            a.bind(literal.label());
            for (String lane : text.substring(1, text.length() - 1).split(", ")) {
                a.int32(Integer.parseInt(lane));
            }
        });
        literals.clear();
    }

    private int place(int number) {
        if (places[number] < 0) {
            places[number] = assigned < REGISTERS - reserved ? assigned++ : SLOT + slots++;
        }
        return places[number];
    }

    private static int bits(Vector vector) {
        return vector.bits() == 512 ? 256 : 128;
    }

    /** An operand as it can be read: a register, memory or a literal. */
    private Operand read(Operand operand) {
        if (!(operand instanceof Vector v)) {
            return operand;
        }
        Literal constant = constants[v.number()];
        if (constant != null) {
            return constant;
        }
        int place = place(v.number());
        return place < SLOT ? new Vector(place, bits(v)) : slot(place);
    }

    private static Memory slot(int place) {
        return General.RSP.at(32 * (place - SLOT));
    }

    /** A register for use within this instruction. */
    private Vector scratch(int bits) {
        if (scratch < assigned) {
            throw new IllegalStateException("no register left: reserve more");
        }
        return new Vector(scratch--, bits);
    }

    private void begin() {
        scratch = REGISTERS - 1;
    }

    /** What was {@link #read}, in a register. */
    private Vector inRegister(Operand found, int bits) {
        if (found instanceof Vector v) {
            return v;
        }
        Vector loaded = scratch(bits);
        load(loaded, found);
        return loaded;
    }

    private void load(Vector target, Operand from) {
        if (from instanceof Memory m && m.broadcast()) {
            a.encode(Instruction.VBROADCASTSS, target, new Memory(m.base(), m.index(), m.scale(), m.displacement(), false));
        } else {
            a.encode(Instruction.VMOVUPS, target, from);
        }
    }

    /** What was {@link #read}, as the last operand of an instruction: memory that is to be repeated is loaded. */
    private Operand asLast(Operand found, int bits) {
        return found instanceof Memory m && m.broadcast() ? inRegister(m, bits) : found;
    }

    /** Where a result is computed: the register itself, or one that {@link #keep} stores. */
    private Vector target(Vector destination) {
        constants[destination.number()] = null;
        int place = place(destination.number());
        return place < SLOT ? new Vector(place, bits(destination)) : scratch(bits(destination));
    }

    private void keep(Vector destination, Vector computed) {
        int place = place(destination.number());
        if (place >= SLOT) {
            a.encodeStore(Instruction.VMOVUPS, slot(place), computed);
        }
    }

    // ---- masks

    /** A mask of a general register's low bits. */
    void moveMask(Mask mask, General source) {
        a.store32(General.RSP.at(MASK_SLOTS + 8 * mask.ordinal()), source);
        maskInBits[mask.ordinal()] = true;
    }

    private Vector mask(Mask mask, int part) {
        if (!maskInBits[mask.ordinal()]) {
            int place = place(32 + mask.ordinal());
            if (place < SLOT) {
                return Vector.ymm(place);
            }
            Vector loaded = scratch(256);
            load(loaded, slot(place));
            return loaded;
        }
        int[] bits = new int[8];
        for (int i = 0; i < 8; i++) {
            bits[i] = 1 << 8 * part + i;
        }
        Vector made = scratch(256);
        a.encode(Instruction.VPBROADCASTD, made, General.RSP.at(MASK_SLOTS + 8 * mask.ordinal()));
        a.encode(Instruction.VPANDD, made, made, literal(bits));
        a.encode(Instruction.VPCMPEQD, made, made, literal(bits));
        return made;
    }

    /** Predicates of {@code vpcmpd}: 1 less, 4 not equal, 5 not less. */
    void compare(Mask target, Vector left, Operand right, int predicate, @Nullable Mask within) {
        begin();
        maskInBits[target.ordinal()] = false;
        int place = place(32 + target.ordinal());
        Vector result = place < SLOT ? Vector.ymm(place) : scratch(256);
        switch (predicate) {
            case 1, 5 -> a.encode(Instruction.VPCMPGTD, result, inRegister(read(right), 256), asLast(read(left), 256));
            case 4 -> a.encode(Instruction.VPCMPEQD, result, inRegister(read(left), 256), asLast(read(right), 256));
            default -> throw new IllegalArgumentException("no comparison " + predicate);
        }
        if (predicate != 1) {
            a.encode(Instruction.VPXORD, result, result, literal(-1, -1, -1, -1, -1, -1, -1, -1));
        }
        if (within != null) {
            a.encode(Instruction.VPANDD, result, result, mask(within, 0));
        }
        if (place >= SLOT) {
            a.encodeStore(Instruction.VMOVUPS, slot(place), result);
        }
    }

    // ---- instructions

    /** Three operands; with a mask, lanes outside are zeroed or kept. */
    void vector(Instruction i, Vector destination, Vector source, Operand last, @Nullable Mask mask, boolean zeroing, int part) {
        begin();
        int bits = bits(destination);
        if (i == Instruction.VSCALEFPS) {
            scale(destination, source, last);
            return;
        }
        if (i == Instruction.VPXORD && source.equals(destination) && last.equals(destination)) {
            Vector result = target(destination);
            a.encode(i, result, result, result);
            keep(destination, result);
            return;
        }
        Operand first = read(source);
        Operand second = read(last);
        if (COMMUTATIVE.contains(i) && !(first instanceof Vector) && second instanceof Vector) {
            Operand swapped = first;
            first = second;
            second = swapped;
        }
        Vector left = inRegister(first, bits);
        Operand right = asLast(second, bits);
        Operand before = read(destination);
        Vector result = mask != null && !zeroing ? scratch(bits) : target(destination);
        if (ACCUMULATING.contains(i) && !result.equals(before)) {
            load(result, before);
        }
        a.encode(i, result, left, right);
        if (mask != null && zeroing) {
            a.encode(Instruction.VPANDD, result, result, mask(mask, part));
        } else if (mask != null) {
            Vector merged = target(destination);
            if (!merged.equals(before)) {
                load(merged, before);
            }
            a.encodeBlend(merged, merged, result, mask(mask, part));
            result = merged;
        }
        keep(destination, result);
    }

    /** {@code destination = source * 2^factor}, for whole factors of -252 to 252: by two multiplications with powers of two. */
    private void scale(Vector destination, Vector source, Operand factor) {
        Vector half = scratch(256);
        Vector rest = scratch(256);
        Operand exact = read(source);
        a.encode(Instruction.VCVTPS2DQ, rest, read(factor));
        a.encodeShift(Instruction.VPSRAD, half, rest, 1);
        a.encode(Instruction.VPSUBD, rest, rest, half);
        int[] bias = new int[8];
        Arrays.fill(bias, 127);
        for (Vector power : new Vector[] {half, rest}) {
            a.encode(Instruction.VPADDD, power, power, literal(bias));
            a.encodeShift(Instruction.VPSLLD, power, power, 23);
        }
        a.encode(Instruction.VMULPS, half, half, exact);
        Vector result = places[destination.number()] >= SLOT ? half : target(destination);
        a.encode(Instruction.VMULPS, result, half, rest);
        keep(destination, result);
    }

    /** Three operands and an immediate byte. */
    void vector(Instruction i, Vector destination, Vector source, Operand last, int immediate) {
        begin();
        int bits = bits(destination);
        if (i == Instruction.VPTERNLOGD) {
            if (immediate != 0xF8) {
                throw new IllegalArgumentException("no ternary operation " + immediate);
            }
            // a | (b & c)
            Operand first = read(source);
            Operand second = read(last);
            Vector both = scratch(bits);
            if (first instanceof Vector v) {
                a.encode(Instruction.VPANDD, both, v, asLast(second, bits));
            } else if (second instanceof Vector v) {
                a.encode(Instruction.VPANDD, both, v, first);
            } else {
                load(both, first);
                a.encode(Instruction.VPANDD, both, both, asLast(second, bits));
            }
            Operand before = read(destination);
            if (before instanceof Vector v) {
                a.encode(Instruction.VPORD, v, v, both);
            } else {
                a.encode(Instruction.VPORD, both, both, before);
                keep(destination, both);
            }
            return;
        }
        Vector left = inRegister(read(source), bits);
        Operand right = read(last);
        if (right instanceof Literal) {
            right = inRegister(right, bits);
        }
        Vector result = target(destination);
        a.encodeImmediate(i, result, left, right, immediate);
        keep(destination, result);
    }

    /** Moves, conversions, broadcasts. */
    void vector(Instruction i, Vector destination, Operand source, @Nullable Mask mask, boolean zeroing, int part) {
        begin();
        boolean move = i == Instruction.VMOVUPS || i == Instruction.VMOVDQU32;
        if (mask != null && !(move && zeroing)) {
            throw new IllegalArgumentException(i + ": not with a mask");
        }
        Operand from = read(source);
        if (mask != null) {
            Vector lanes = mask(mask, part);
            Vector result = target(destination);
            // Memory that the mask excludes must not be touched.
            if (source instanceof Memory m) {
                a.encode(Instruction.VMASKMOVPS, result, lanes, m);
            } else {
                a.encode(Instruction.VPANDD, result, lanes, from);
            }
            keep(destination, result);
            return;
        }
        int place = place(destination.number());
        if (move && from instanceof Vector v && place >= SLOT) {
            constants[destination.number()] = null;
            keep(destination, v);
            return;
        }
        Vector result = target(destination);
        if (!(move && result.equals(from))) {
            a.encode(i, result, from);
        }
        keep(destination, result);
    }

    /** Shifts, shuffles and rounding with an immediate byte. */
    void vector(Instruction i, Vector destination, Operand source, int immediate) {
        begin();
        int bits = bits(destination);
        boolean shift = i.extension >= 0;
        Operand from = read(source);
        Vector result = target(destination);
        if (from instanceof Literal || shift && !(from instanceof Vector) || from instanceof Memory m && m.broadcast()) {
            load(result, from);
            from = result;
        }
        if (shift) {
            a.encodeShift(i, result, (Vector) from, immediate);
        } else {
            a.encodeImmediate(i, result, null, from, immediate);
        }
        keep(destination, result);
    }

    /** To memory or to a narrower register. */
    void store(Instruction i, Operand destination, Vector source, int immediate, @Nullable Mask mask, int part) {
        begin();
        Vector from = inRegister(read(source), bits(source));
        if (mask != null) {
            a.encodeMaskedStore((Memory) destination, mask(mask, part), from);
        } else if (i == Instruction.VPMOVDW) {
            // The low words of each half to its low eight bytes, then those of both halves together.
            Vector words = scratch(256);
            int low = 0x05040100;
            int high = 0x0D0C0908;
            a.encode(Instruction.VPSHUFB, words, from, literal(low, high, low, high, low, high, low, high));
            a.encodeImmediate(Instruction.VPERMQ, words, null, words, 0x08);
            to(destination, words.as(128));
        } else if (destination instanceof Vector v) {
            Vector result = target(v).as(128);
            a.encodeStoreImmediate(i, result, from, immediate);
            keep(v, result);
        } else if (immediate >= 0) {
            a.encodeStoreImmediate(i, destination, from, immediate);
        } else {
            a.encodeStore(i, destination, from);
        }
    }

    private void to(Operand destination, Vector from) {
        if (destination instanceof Vector v) {
            int place = place(v.number());
            constants[v.number()] = null;
            if (place < SLOT) {
                a.encode(Instruction.VMOVUPS, Vector.xmm(place), from);
            } else {
                a.encodeStore(Instruction.VMOVUPS, slot(place), from);
            }
        } else {
            a.encodeStore(Instruction.VMOVUPS, destination, from);
        }
    }
}
