package moka.engine.kernel.machine;

import java.util.Arrays;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Products of unpacked panels ({@link UnpackKernel}), one or two at once, with up to six rows of activations at once: prefill. A tile of
 * 2 × 6 has 12 integer and 12 float sums in registers; a step of 4 columns loads 2 vectors of weights and 6 broadcasts for 12
 * {@code vpdpbusd}. Of what competes for the two multipliers, 8 of 9 operations are {@code vpdpbusd}: 89 % of the peak is the bound (the
 * activations' scale is an integer addition on the exponent; as a multiplication it would be 80 %). Measured with data in the first-level
 * cache on Zen 5: 2 × 6 and 3 × 4 89 %, 2 × 4 85 %, 1 × 12 76 % (broadcasts do not fit in registers).
 *
 * <p>While it multiplies, it asks for the panels that will be unpacked next, {@link #aheadBytes} a unit and tile: unpacking waits for memory, multiplying
 * does not touch it. Measured on Zen 5 with weights in memory, Q4_0, 512 x 1024, GMAC/s without and with (tiles of equal
 * width included): 13 tokens 141 and 181, 32 tokens 209 and 255, 128 tokens 256 and 290.
 *
 * <p>{@code f(records, activations, activationStride, output, outputStride, parameters)}; steps are units, count is tiles of tokens. Behind the parameters of
 * {@link TileTail} are:
 *
 * <pre>
 *  64  long   address behind what is read next
 *  72  long   how many pairs of panels, or single panels, follow each other: destroyed
 *  80  long   bytes from the records of a pair to those of the next
 *  88, 96     room for two addresses
 * </pre>
 */
final class TileKernel {
    private static final int AHEAD_END = 64;
    private static final int PAIRS = 72;
    private static final int PAIR_BYTES = 80;
    private static final int ACTIVATIONS = 88;
    private static final int OUTPUT = 96;

    private static final int LINE = 64;

    private TileKernel() {}

    /** Bytes that are asked for with each unit: all panels of five tiles of tokens, in whole lines. */
    static int aheadBytes(PanelFormat format) {
        int unitBytes = 2 * format.panelBlockBytes() / format.units();
        return (unitBytes + 5 * LINE - 1) / (5 * LINE) * LINE;
    }

    /**
     * Writes the parameters behind those of {@link TileTail}.
     *
     * @param aheadEnd address behind what is read next; 0 if nothing is
     * @param pairs how many pairs follow each other
     * @param pairBytes of their records
     */
    static void write(long parameters, long aheadEnd, long pairs, long pairBytes) {
        Parameters.write(parameters + AHEAD_END, aheadEnd, pairs, pairBytes, 0);
    }

    static Assembler emit(ByteProducts products, int panels, int tokens, Target target) {
        PanelFormat format = products.format();
        var a = target.assembler();
        var frame = new Frame(target, General.RBX, General.RBP, General.R12, General.R13, General.R14);
        General record = General.RAX;
        General parameters = General.R9;
        var rows = new RowAddresses(General.R10, General.RBP, General.RDX, tokens);
        var outputs = new RowAddresses(General.RCX, General.R12, General.R8, tokens);
        int vectors = panels * target.parts();
        var sums = new Sums(new Vector[vectors][tokens], new Vector[vectors][tokens], new Vector[vectors][tokens]);
        for (int v = 0; v < vectors; v++) {
            for (int t = 0; t < tokens; t++) {
                sums.integers[v][t] = Vector.zmm(v * tokens + t);
                sums.floats[v][t] = Vector.zmm((vectors + v) * tokens + t);
                sums.pairs[v][t] = products.widensOften() ? Vector.zmm((2 * vectors + v) * tokens + t) : sums.integers[v][t];
                a.assign(sums.integers[v][t], sums.floats[v][t], sums.pairs[v][t]);
            }
        }
        Vector[] weights = {Vector.zmm(24), Vector.zmm(25)};
        int groups = ActivationRow.UNIT / format.scales().groupLength();

        a.reserve(1);
        frame.enter(a);
        products.constants(a, Vector.zmm(31));
        TileTail.loadMasks(a, parameters);
        TileTail.loadBias(a, General.R13, parameters);
        a.load(General.R14, parameters.at(TileTail.AHEAD));
        a.store(parameters.at(ACTIVATIONS), General.RSI);
        a.store(parameters.at(OUTPUT), General.RCX);
        int ahead = aheadBytes(format);
        Label nextPair = a.here();
        a.load(General.RSI, parameters.at(ACTIVATIONS));
        a.load(General.RCX, parameters.at(OUTPUT));
        a.load(General.RBX, parameters.at(TileTail.COUNT));
        Label nextTile = a.here();
        keepAhead(a, parameters);
        rows.start(a, General.RSI);
        outputs.start(a, General.RCX);
        TileTail.expect(a, outputs, tokens, panels);
        a.move(record, General.RDI);
        a.load(General.R11, parameters.at(TileTail.STEPS));
        for (Vector[] some : sums.floats) {
            for (Vector sum : some) {
                Registers.zero(a, sum);
            }
        }
        a.align(32);
        Label nextUnit = a.here();
        for (int at = 0; at < ahead; at += LINE) {
            a.prefetchSecond(General.R14.at(at));
        }
        a.add(General.R14, ahead);
        for (int group = 0; group < groups; group++) {
            group(a, products, group, groups, record, rows, sums, weights);
        }
        a.add(record, panels * format.recordBytes());
        rows.advance(a, ActivationRow.RECORD_BYTES);
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, nextUnit);

        TileTail.emit(a, sums.floats, rows, outputs, General.R13, parameters, target.parts() == 1 ? weights : new Vector[] {weights[0]});
        // The next tile's rows: tokens strides further.
        for (int t = 0; t < tokens; t++) {
            a.add(General.RSI, General.RDX);
            a.add(General.RCX, General.R8);
        }
        a.subtract(General.RBX, 1);
        a.jump(Condition.NOT_EQUAL, nextTile);
        nextPair(a, parameters, 4 * PanelFormat.ROWS * panels);
        a.jump(Condition.NOT_EQUAL, nextPair);
        frame.leave(a);
        return a;
    }

    /** When all was asked for that is read next, what is asked for are records of the pair, which are in the cache. */
    private static void keepAhead(Assembler a, General parameters) {
        Label more = a.label();
        a.load(General.RAX, parameters.at(AHEAD_END));
        a.compare(General.R14, General.RAX);
        a.jump(Condition.LESS, more);
        a.move(General.R14, General.RDI);
        a.set(General.RAX, 0);
        a.store(parameters.at(AHEAD_END), General.RAX);
        a.bind(more);
    }

    /** Moves on to the next pair's records, rows of output and bias; the flags tell whether there is one. */
    private static void nextPair(Assembler a, General parameters, int outputBytes) {
        a.load(General.RAX, parameters.at(PAIR_BYTES));
        a.add(General.RDI, General.RAX);
        a.load(General.RAX, parameters.at(OUTPUT));
        a.add(General.RAX, outputBytes);
        a.store(parameters.at(OUTPUT), General.RAX);
        Label withoutBias = a.label();
        a.test(General.R13, General.R13);
        a.jump(Condition.EQUAL, withoutBias);
        a.add(General.R13, outputBytes);
        a.bind(withoutBias);
        a.load(General.RAX, parameters.at(PAIRS));
        a.subtract(General.RAX, 1);
        a.store(parameters.at(PAIRS), General.RAX);
    }

    /** Sums by vector (panel, and part of the panel) and token. */
    private record Sums(Vector[][] integers, Vector[][] floats, Vector[][] pairs) {}

    private static void group(
            Assembler a, ByteProducts products, int group, int groups, General record, RowAddresses rows, Sums sums, Vector[] weights) {
        PanelFormat format = products.format();
        int parts = a.level().parts();
        int vectors = sums.integers.length;
        int tokens = sums.integers[0].length;
        Scales scales = format.scales();
        int bytes = format.recordBytes();
        // One for each row of activations, where there are so many.
        Vector[] broadcasts = new Vector[tokens];
        Arrays.setAll(broadcasts, t -> Vector.zmm(a.level().evex() ? 26 + t % 6 : 26));
        int quarters = 8 / groups;
        if (products.run() == 0) {
            products.begin(a, rows, sums.integers[0], 0, group, groups);
            for (int v = 1; v < vectors; v++) {
                for (int t = 0; t < tokens; t++) {
                    a.vector(Instruction.VMOVDQU32, sums.integers[v][t], sums.integers[0][t]);
                }
            }
        }
        for (int i = 0; i < quarters; i++) {
            int quarter = group * quarters + i;
            if (products.run() == 0) {
                products(a, quarter, record, bytes, rows, sums.integers, weights, broadcasts);
                continue;
            }
            for (int v = 0; v < vectors; v++) {
                a.vector(Instruction.VMOVDQU32, weights[0], at(record, v, parts, bytes, 64 * quarter));
                products.prepare(a, weights[0], weights[1]);
                for (int t = 0; t < tokens; t++) {
                    a.vector(Instruction.VPBROADCASTD, broadcasts[t], rows.at(t, 4 * quarter));
                    products.multiply(
                            a, i, sums.integers[v][t], sums.pairs[v][t], weights[0], weights[1], broadcasts[t], Vector.zmm(31));
                }
            }
        }
        int used = products.run() == 0 ? vectors : 1;
        for (int v = 0; v < used; v++) {
            a.vector(Instruction.VMOVUPS, weights[v], at(record, v, parts, bytes, 512 + 64 * group));
        }
        for (int t = 0; t < tokens; t++) {
            Vector exponent = broadcasts[t];
            Vector[] integers = new Vector[vectors];
            for (int v = 0; v < vectors; v++) {
                integers[v] = sums.integers[v][t];
            }
            products.end(a, rows.at(t, ByteProducts.negativeSum(group, groups)), integers, exponent);
            a.vector(Instruction.VPBROADCASTD, exponent, rows.at(t, ActivationRow.EXPONENT));
            for (int v = 0; v < vectors; v++) {
                a.vector(Instruction.VCVTDQ2PS, integers[v], integers[v]);
                a.vector(Instruction.VPADDD, integers[v], integers[v], exponent);
                if (v < used) {
                    a.vector(Instruction.VFMADD231PS, sums.floats[v][t], integers[v], weights[v]);
                } else {
                    a.vector(Instruction.VFMADD231PS, sums.floats[v][t], integers[v], at(record, v, parts, bytes, 512 + 64 * group));
                }
            }
        }
        if (scales.hasMinimums()) {
            int minimums = 512 + 64 * (groups + group);
            for (int v = 0; v < used; v++) {
                a.vector(Instruction.VMOVUPS, weights[v], at(record, v, parts, bytes, minimums));
            }
            for (int t = 0; t < tokens; t++) {
                Vector sum = broadcasts[t];
                a.vector(Instruction.VBROADCASTSS, sum, rows.at(t, StreamKernel.scaledSum(group, groups)));
                for (int v = 0; v < vectors; v++) {
                    if (v < used) {
                        a.vector(StreamKernel.minimumInstruction(scales), sums.floats[v][t], weights[v], sum);
                    } else {
                        a.vector(StreamKernel.minimumInstruction(scales), sums.floats[v][t], sum, at(record, v, parts, bytes, minimums));
                    }
                }
            }
        }
    }

    /** Four columns by {@code vpdpbusd}. */
    private static void products(
            Assembler a, int quarter, General record, int bytes, RowAddresses rows, Vector[][] integers, Vector[] weights, Vector[] broadcasts) {
        int vectors = integers.length;
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VMOVDQU32, weights[v], at(record, v, a.level().parts(), bytes, 64 * quarter));
        }
        for (int t = 0; t < broadcasts.length; t++) {
            var activation = rows.at(t, 4 * quarter);
            if (vectors == 1) {
                a.vector(Instruction.VPDPBUSD, integers[0][t], weights[0], activation.broadcasting());
            } else {
                a.vector(Instruction.VPBROADCASTD, broadcasts[t], activation);
                for (int v = 0; v < vectors; v++) {
                    a.vector(Instruction.VPDPBUSD, integers[v][t], weights[v], broadcasts[t]);
                }
            }
        }
    }

    /** Where a vector's part of the records of all panels is. */
    private static Memory at(General record, int vector, int parts, int recordBytes, int displacement) {
        return record.at(vector / parts * recordBytes + 64 / parts * (vector % parts) + displacement);
    }
}
