package moka.engine.kernel.machine.aarch64;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Every form of every instruction over many registers, offsets and constants: its text for an assembler, and our bytes. */
final class EncodingForms {
    private static final int[][] REGISTERS = {{0, 1, 2}, {7, 8, 9}, {15, 16, 17}, {31, 30, 24}, {5, 26, 13}, {18, 3, 31}};
    private static final General[][] GENERALS = {
        {General.X0, General.X1}, {General.X9, General.X17}, {General.X28, General.X2}, {General.X15, General.X19}
    };
    private static final Set<Instruction> BYTES = EnumSet.of(
            Instruction.AND, Instruction.BIC, Instruction.ORR, Instruction.EOR, Instruction.BSL, Instruction.SUB_16B, Instruction.USHL_16B);

    private final Map<String, byte[]> forms = new LinkedHashMap<>();

    private EncodingForms() {}

    /** Prints the texts, for an assembler to record. */
    public static void main(String[] arguments) {
        all().keySet().forEach(System.out::println);
    }

    /** Text to bytes. */
    static Map<String, byte[]> all() {
        var made = new EncodingForms();
        for (Instruction instruction : Instruction.values()) {
            made.instruction(instruction);
        }
        made.vectors();
        made.memory();
        made.general();
        return made.forms;
    }

    private void put(String text, Consumer<Assembler> code) {
        var a = new Assembler();
        code.accept(a);
        byte[] before = forms.put(text, a.toBytes());
        if (before != null) {
            throw new IllegalStateException("twice: " + text);
        }
    }

    private void instruction(Instruction instruction) {
        String name = instruction.name().toLowerCase(Locale.ROOT).replaceFirst("_.*", "");
        for (int[] r : REGISTERS) {
            Vector d = Vector.v(r[0]);
            Vector n = Vector.v(r[1]);
            Vector m = Vector.v(r[2]);
            switch (instruction.form()) {
                case THREE -> put(three(instruction, name, r), a -> a.vector(instruction, d, n, m));
                case TWO -> put(two(instruction, name, r), a -> a.vector(instruction, d, n));
                case LEFT, RIGHT -> {
                    int bits = instruction.bits();
                    for (int by : instruction.form() == Instruction.Form.LEFT ? new int[] {0, 1, bits - 1, r[0] % bits} : new int[] {1, bits, bits / 2}) {
                        forms.remove(shift(instruction, name, r, by));
                        put(shift(instruction, name, r, by), a -> a.shift(instruction, d, n, by));
                    }
                }
                case LANE -> {
                    for (int lane = 0; lane < 4; lane++) {
                        int it = lane;
                        String text = instruction == Instruction.SDOT_LANE
                                ? "sdot v%d.4s, v%d.16b, v%d.4b[%d]".formatted(r[0], r[1], r[2], lane)
                                : "%s v%d.4s, v%d.4s, v%d.s[%d]".formatted(name, r[0], r[1], r[2], lane);
                        put(text, a -> a.lane(instruction, d, n, m, it));
                    }
                }
            }
        }
    }

    private static String three(Instruction instruction, String name, int[] r) {
        String arrangement = BYTES.contains(instruction) ? "16b" : instruction.name().contains("_") ? arrangement(instruction) : "4s";
        return switch (instruction) {
            case SDOT, SMMLA -> "%s v%d.4s, v%d.16b, v%d.16b".formatted(name, r[0], r[1], r[2]);
            case TBL -> "tbl v%d.16b, {v%d.16b}, v%d.16b".formatted(r[0], r[1], r[2]);
            default -> "%s v%d.%s, v%d.%s, v%d.%s".formatted(name, r[0], arrangement, r[1], arrangement, r[2], arrangement);
        };
    }

    private static String two(Instruction instruction, String name, int[] r) {
        return switch (instruction) {
            case FCVTL -> "fcvtl v%d.4s, v%d.4h".formatted(r[0], r[1]);
            case FCVTL2 -> "fcvtl2 v%d.4s, v%d.8h".formatted(r[0], r[1]);
            case FCVTN -> "fcvtn v%d.4h, v%d.4s".formatted(r[0], r[1]);
            case FCVTN2 -> "fcvtn2 v%d.8h, v%d.4s".formatted(r[0], r[1]);
            case SQXTN_4H -> "sqxtn v%d.4h, v%d.4s".formatted(r[0], r[1]);
            case SQXTN2_8H -> "sqxtn2 v%d.8h, v%d.4s".formatted(r[0], r[1]);
            case SQXTN_8B -> "sqxtn v%d.8b, v%d.8h".formatted(r[0], r[1]);
            case SQXTN2_16B -> "sqxtn2 v%d.16b, v%d.8h".formatted(r[0], r[1]);
            case ADDV, UMAXV, FMAXV -> "%s s%d, v%d.4s".formatted(name, r[0], r[1]);
            case SHLL_4S -> "shll v%d.4s, v%d.4h, #16".formatted(r[0], r[1]);
            case SHLL2_4S -> "shll2 v%d.4s, v%d.8h, #16".formatted(r[0], r[1]);
            default -> "%s v%d.4s, v%d.4s".formatted(name, r[0], r[1]);
        };
    }

    private static String shift(Instruction instruction, String name, int[] r, int by) {
        String to = arrangement(instruction);
        String from = switch (to) {
            case "8h" -> name.endsWith("2") ? "16b" : "8b";
            case "4s" -> name.contains("shll") ? name.endsWith("2") ? "8h" : "4h" : "4s";
            default -> to;
        };
        return "%s v%d.%s, v%d.%s, #%d".formatted(name, r[0], to, r[1], from, by);
    }

    private static String arrangement(Instruction instruction) {
        return instruction.name().replaceFirst(".*_", "").toLowerCase(Locale.ROOT);
    }

    private void vectors() {
        for (int[] r : REGISTERS) {
            Vector d = Vector.v(r[0]);
            Vector n = Vector.v(r[1]);
            put("mov v%d.16b, v%d.16b".formatted(r[0], r[1]), a -> a.move(d, n));
            put("movi v%d.4s, #0".formatted(r[0]), a -> a.zero(d));
            for (int lane = 0; lane < 4; lane++) {
                int it = lane;
                put("dup v%d.4s, v%d.s[%d]".formatted(r[0], r[1], lane), a -> a.broadcast(d, n, it));
            }
            for (int bytes : new int[] {0, 4, 8, 15}) {
                put("ext v%d.16b, v%d.16b, v%d.16b, #%d".formatted(r[0], r[1], r[2], bytes), a -> a.extract(d, n, Vector.v(r[2]), bytes));
            }
            for (General[] g : GENERALS) {
                String w = "w" + g[0].number();
                String x = "x" + g[0].number();
                put("dup v%d.4s, %s".formatted(r[0], w), a -> a.broadcast(d, g[0]));
                put("fmov d%d, %s".formatted(r[0], x), a -> a.setLow(d, g[0]));
                put("mov v%d.d[1], %s".formatted(r[0], x), a -> a.setHigh(d, g[0]));
            }
        }
    }

    private void memory() {
        for (int i = 0; i < REGISTERS.length; i++) {
            int r = REGISTERS[i][0];
            Vector v = Vector.v(r);
            for (General base : new General[] {General.X0, General.X27, General.SP}) {
                for (int units : new int[] {0, 1, 77, 4095}) {
                    put("ldr q%d, %s".formatted(r, at(base, 16 * units)), a -> a.load(v, base.at(16 * units)));
                    put("str q%d, %s".formatted(r, at(base, 16 * units)), a -> a.store(v, base.at(16 * units)));
                    put("ldr d%d, %s".formatted(r, at(base, 8 * units)), a -> a.load64(v, base.at(8 * units)));
                    put("str d%d, %s".formatted(r, at(base, 8 * units)), a -> a.store64(v, base.at(8 * units)));
                    put("ldr s%d, %s".formatted(r, at(base, 4 * units)), a -> a.load32(v, base.at(4 * units)));
                    put("str s%d, %s".formatted(r, at(base, 4 * units)), a -> a.store32(v, base.at(4 * units)));
                }
                for (int offset : new int[] {-256, -16, 1, 255}) {
                    put("ldur q%d, %s".formatted(r, at(base, offset)), a -> a.load(v, base.at(offset)));
                    put("stur q%d, %s".formatted(r, at(base, offset)), a -> a.store(v, base.at(offset)));
                }
                String b = base == General.SP ? "sp" : "x" + base.number();
                put("ld1r {v%d.4s}, [%s]".formatted(r, b), a -> a.loadBroadcast(v, base));
                for (int lane = 0; lane < 8; lane++) {
                    int it = lane;
                    put("st1 {v%d.h}[%d], [%s]".formatted(r, lane, b), a -> a.storeLane16(v, it, base));
                    if (lane < 4) {
                        put("ld1 {v%d.s}[%d], [%s]".formatted(r, lane, b), a -> a.loadLane(v, it, base));
                        put("st1 {v%d.s}[%d], [%s]".formatted(r, lane, b), a -> a.storeLane(v, it, base));
                    }
                }
            }
            int m = REGISTERS[i][1];
            int offset = 16 * i;
            put("stp d%d, d%d, [sp, #-%d]!".formatted(r, m, 64 + offset), a -> a.storePair(v, Vector.v(m), 64 + offset, true));
            put("stp d%d, d%d, [sp, #%d]".formatted(r, m, offset), a -> a.storePair(v, Vector.v(m), offset, false));
            put("ldp d%d, d%d, [sp], #%d".formatted(r, m, 64 + offset), a -> a.loadPair(v, Vector.v(m), 64 + offset, true));
            put("ldp d%d, d%d, [sp, #%d]".formatted(r, m, offset), a -> a.loadPair(v, Vector.v(m), offset, false));
        }
        for (General[] g : GENERALS) {
            String x = "x" + g[0].number();
            String w = "w" + g[0].number();
            for (int units : new int[] {0, 1, 77, 4095}) {
                put("ldr %s, %s".formatted(x, at(g[1], 8 * units)), a -> a.load(g[0], g[1].at(8 * units)));
                put("str %s, %s".formatted(x, at(g[1], 8 * units)), a -> a.store(g[0], g[1].at(8 * units)));
                put("ldr %s, %s".formatted(w, at(g[1], 4 * units)), a -> a.load32(g[0], g[1].at(4 * units)));
                put("ldrh %s, %s".formatted(w, at(g[1], 2 * units)), a -> a.load16(g[0], g[1].at(2 * units)));
                put("strh %s, %s".formatted(w, at(g[1], 2 * units)), a -> a.store16(g[0], g[1].at(2 * units)));
                put("ldrb %s, %s".formatted(w, at(g[1], units)), a -> a.load8(g[0], g[1].at(units)));
                put("strb %s, %s".formatted(w, at(g[1], units)), a -> a.store8(g[0], g[1].at(units)));
                put("prfm pldl1keep, %s".formatted(at(g[1], 8 * units)), a -> a.prefetch(g[1].at(8 * units + units % 8)));
            }
            put("ldur %s, %s".formatted(x, at(g[1], -8)), a -> a.load(g[0], g[1].at(-8)));
            put("stp %s, x%d, [sp, #16]".formatted(x, g[1].number()), a -> a.storePair(g[0], g[1], 16));
            put("ldp %s, x%d, [sp, #-64]".formatted(x, g[1].number()), a -> a.loadPair(g[0], g[1], -64));
        }
    }

    private void general() {
        for (General[] g : GENERALS) {
            String x = "x" + g[0].number();
            String y = "x" + g[1].number();
            put("mov %s, %s".formatted(x, y), a -> a.move(g[0], g[1]));
            put("mov %s, sp".formatted(x), a -> a.move(g[0], General.SP));
            put("mov sp, %s".formatted(x), a -> a.move(General.SP, g[0]));
            put("movz %s, #0".formatted(x), a -> a.set(g[0], 0));
            put("movz %s, #65535".formatted(x), a -> a.set(g[0], 0xFFFF));
            put("movz %s, #9, lsl #48".formatted(x), a -> a.set(g[0], 9L << 48));
            for (int value : new int[] {1, 4095}) {
                put("add %s, %s, #%d".formatted(x, y, value), a -> a.add(g[0], g[1], value));
                put("sub %s, %s, #%d".formatted(x, y, value), a -> a.add(g[0], g[1], -value));
                put("subs %s, %s, #%d".formatted(x, x, value), a -> a.subtractAndTest(g[0], value));
                put("cmp %s, #%d".formatted(x, value), a -> a.compare(g[0], value));
            }
            put("add %s, %s, #3, lsl #12".formatted(x, y), a -> a.add(g[0], g[1], 3 << 12));
            put("sub %s, %s, #4095, lsl #12".formatted(x, y), a -> a.add(g[0], g[1], -(4095 << 12)));
            put("add %s, %s, x5".formatted(x, y), a -> a.add(g[0], g[1], General.X5, 0));
            put("add %s, %s, x5, lsl #63".formatted(x, y), a -> a.add(g[0], g[1], General.X5, 63));
            put("cmp %s, %s".formatted(x, y), a -> a.compare(g[0], g[1]));
            put("mul %s, %s, x7".formatted(x, y), a -> a.multiply(g[0], g[1], General.X7));
        }
        put("add sp, sp, #2032", a -> a.add(General.SP, 2032));
        put("sub sp, sp, #2048", a -> a.add(General.SP, -2048));
        put("ret", Assembler::ret);
    }

    private static String at(General base, int offset) {
        String name = base == General.SP ? "sp" : "x" + base.number();
        return offset == 0 ? "[" + name + "]" : "[" + name + ", #" + offset + "]";
    }
}
