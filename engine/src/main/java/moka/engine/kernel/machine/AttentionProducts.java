package moka.engine.kernel.machine;

import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/** Products of queries with keys, and sums of values by weights: up to six queries that share a key head at once, over the keys of one block of the cache. */
final class AttentionProducts {
    /** How far ahead memory is asked for: one token over 8192 positions takes 0.48 ms instead of 0.5 to 1.8 (Zen 5, November 2026, 8 heads of 64, float16). */
    private static final int PREFETCH_BYTES = 8192;

    private AttentionProducts() {}

    /**
     * {@code f(keys, queries, queryStride, scores, scoreStride, parameters)}: products of queries with keys of whole panels of 16, two or one at once;
     * for plain types (quantized keys are multiplied by {@link StreamKernel}). Parameters: long headLength, long how many times.
     */
    static Assembler scores(ElementType type, int panels, int queries, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, General.RBX, General.RBP, General.R12, General.R14);
        General second = General.R14;
        var rows = new RowAddresses(General.R10, General.RBP, General.RDX, queries);
        var outputs = new RowAddresses(General.RCX, General.R12, General.R8, queries);
        int elements = PanelFormat.ROWS * type.bytes();
        frame.enter(a);
        outputs.start(a, General.RCX);
        a.load(General.RBX, General.R9.at(8));
        Label nextKeys = a.here();
        rows.start(a, General.RSI);
        a.load(General.R11, General.R9.at(0));
        if (panels == 2) {
            a.move(second, General.R11);
            a.shiftLeft(second, Integer.numberOfTrailingZeros(elements));
            a.add(second, General.RDI);
        }
        int parts = target.parts();
        int vectors = panels * parts;
        Vector[][] sums = new Vector[vectors][queries];
        a.reserve(1);
        for (int v = 0; v < vectors; v++) {
            for (int q = 0; q < queries; q++) {
                sums[v][q] = Vector.zmm(v * queries + q);
                Registers.zero(a, sums[v][q]);
            }
        }
        a.align(32);
        Label nextElements = a.here();
        int unroll = 4;
        for (int i = 0; i < unroll; i++) {
            int alternate = a.level().evex() ? i % 2 : 0;
            Vector[] keys = {Vector.zmm(24 + alternate), Vector.zmm(26 + alternate)};
            for (int v = 0; v < vectors; v++) {
                loadPlain(a, type, keys[v], v / parts == 0 ? General.RDI : second, i * elements + elements / parts * (v % parts));
            }
            for (int q = 0; q < queries; q++) {
                if (vectors == 1) {
                    a.vector(Instruction.VFMADD231PS, sums[0][q], keys[0], rows.at(q, 4 * i).broadcasting());
                } else {
                    Vector query = Vector.zmm(a.level().evex() ? 28 + q % 4 : 28);
                    a.vector(Instruction.VBROADCASTSS, query, rows.at(q, 4 * i));
                    for (int v = 0; v < vectors; v++) {
                        a.vector(Instruction.VFMADD231PS, sums[v][q], keys[v], query);
                    }
                }
            }
        }
        for (int at = 0; at < unroll * elements; at += 64) {
            a.prefetch(General.RDI.at(at + PREFETCH_BYTES));
            if (panels == 2) {
                a.prefetch(second.at(at + PREFETCH_BYTES));
            }
        }
        a.add(General.RDI, unroll * elements);
        if (panels == 2) {
            a.add(second, unroll * elements);
        }
        rows.advance(a, 4 * unroll);
        a.subtract(General.R11, unroll);
        a.jump(Condition.NOT_EQUAL, nextElements);
        for (int v = 0; v < vectors; v++) {
            for (int q = 0; q < queries; q++) {
                a.store(Instruction.VMOVUPS, outputs.at(q, 64 / parts * v), sums[v][q]);
            }
        }
        outputs.advance(a, 64 * panels);
        if (panels == 2) {
            a.move(General.RDI, second);
        }
        a.subtract(General.RBX, 1);
        a.jump(Condition.NOT_EQUAL, nextKeys);
        frame.leave(a);
        return a;
    }

    /**
     * {@code f(values, weights, weightStride, results, resultStride, parameters)}: {@code result = result * factor + Σ weight * value} for some
     * vectors of a value head. Parameters: long keys, long bytes from one key's value to the next, long address of the first query's state; for
     * quantized values long address of the first key's float32 scales, long bytes from one key's scales to the next.
     */
    static Assembler mix(ElementType type, int vectors, int queries, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, General.RBX, General.RBP, General.R12, General.R14);
        var rows = new RowAddresses(General.R10, General.RBP, General.RDX, queries);
        var outputs = new RowAddresses(General.RCX, General.R12, General.R8, queries);
        General scales = General.R14;
        Vector table = Vector.zmm(31);
        frame.enter(a);
        rows.start(a, General.RSI);
        outputs.start(a, General.RCX);
        a.load(General.R11, General.R9.at(0));
        a.load(General.RBX, General.R9.at(8));
        a.load(General.R14, General.R9.at(16));
        int parts = target.parts();
        Vector[][] sums = new Vector[vectors * parts][queries];
        for (int q = 0; q < queries; q++) {
            for (int v = 0; v < sums.length; v++) {
                sums[v][q] = Vector.zmm(v * queries + q);
                a.assign(sums[v][q]);
            }
        }
        for (int q = 0; q < queries; q++) {
            a.vector(Instruction.VBROADCASTSS, Vector.zmm(30), General.R14.at(AttentionState.BYTES * q + AttentionState.FACTOR));
            for (int v = 0; v < sums.length; v++) {
                a.vector(Instruction.VMULPS, sums[v][q], Vector.zmm(30), outputs.at(q, 64 / parts * v));
            }
        }
        if (!type.isPlain()) {
            a.load(scales, General.R9.at(24));
            a.load(General.R9, General.R9.at(32));
        }
        if (type == ElementType.Q4_0 && a.level().evex()) {
            Registers.laneNumbers(a, table);
            Registers.broadcast(a, Vector.zmm(30), 8);
            a.vector(Instruction.VPSUBD, table, table, Vector.zmm(30));
            a.vector(Instruction.VCVTDQ2PS, table, table);
        } else if (type == ElementType.Q4_0) {
            Registers.broadcast(a, Vector.zmm(30), 8);
            Registers.broadcast(a, table, 15);
        }
        a.align(32);
        Label nextKey = a.here();
        if (parts == 1) {
            for (int v = 0; v < vectors; v++) {
                loadValue(a, type, v, 0, Vector.zmm(24 + v), scales, table);
            }
        }
        for (int at = 0; at < type.bytes(Math.max(32, vectors * 16L)); at += 64) {
            a.prefetch(General.RDI.at(at + PREFETCH_BYTES));
        }
        for (int q = 0; q < queries && parts == 1; q++) {
            Vector weight = Vector.zmm(28 + q % 3);
            a.vector(Instruction.VBROADCASTSS, weight, rows.at(q, 0));
            for (int v = 0; v < vectors; v++) {
                a.vector(Instruction.VFMADD231PS, sums[v][q], Vector.zmm(24 + v), weight);
            }
        }
        // With few registers, one vector of values at a time.
        for (int v = 0; v < sums.length && parts > 1; v++) {
            loadValue(a, type, v / parts, v % parts, Vector.zmm(24), scales, table);
            for (int q = 0; q < queries; q++) {
                a.vector(Instruction.VFMADD231PS, sums[v][q], Vector.zmm(24), rows.at(q, 0).broadcasting());
            }
        }
        a.add(General.RDI, General.RBX);
        if (!type.isPlain()) {
            a.add(scales, General.R9);
        }
        rows.advance(a, 4);
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, nextKey);
        for (int q = 0; q < queries; q++) {
            for (int v = 0; v < sums.length; v++) {
                a.store(Instruction.VMOVUPS, outputs.at(q, 64 / parts * v), sums[v][q]);
            }
        }
        frame.leave(a);
        return a;
    }

    /** Sixteen values of one key, or a part of them. */
    private static void loadValue(
            Assembler a, ElementType type, int vector, int part, Vector value, General scales, Vector table) {
        int parts = a.level().parts();
        switch (type) {
            case F32, F16, BF16 -> {
                int bytes = PanelFormat.ROWS * type.bytes();
                loadPlain(a, type, value, General.RDI, vector * bytes + bytes / parts * part);
            }
            case Q8_0 -> {
                a.vector(Instruction.VPMOVSXBD, value, General.RDI.at(16 * vector + 8 * part));
                a.vector(Instruction.VCVTDQ2PS, value, value);
            }
            case Q4_0 -> {
                // A vector has low nibbles, the next one the high ones.
                a.vector(Instruction.VPMOVZXBD, value, General.RDI.at(8 * (vector & -2) + 8 * part));
                if (vector % 2 != 0) {
                    a.vector(Instruction.VPSRLD, value, value, 4);
                }
                if (a.level().evex()) {
                    // The low four bits of a lane are its index in the table.
                    a.vector(Instruction.VPERMD, value, value, table);
                } else {
                    a.vector(Instruction.VPANDD, value, value, table);
                    a.vector(Instruction.VPSUBD, value, value, Vector.zmm(30));
                    a.vector(Instruction.VCVTDQ2PS, value, value);
                }
            }
        }
        if (!type.isPlain()) {
            a.vector(Instruction.VMULPS, value, value, scales.at(4 * (vector / 2)).broadcasting());
        }
    }

    private static void loadPlain(Assembler a, ElementType type, Vector target, General base, int displacement) {
        switch (type) {
            case F32 -> a.vector(Instruction.VMOVUPS, target, base.at(displacement));
            case F16 -> a.vector(Instruction.VCVTPH2PS, target, base.at(displacement));
            case BF16 -> {
                a.vector(Instruction.VPMOVZXWD, target, base.at(displacement));
                a.vector(Instruction.VPSLLD, target, target, 16);
            }
            case Q8_0, Q4_0 -> throw new IllegalArgumentException(type + " is not plain");
        }
    }
}
