package moka.engine.kernel.machine;

import java.util.Arrays;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Mask;
import moka.engine.kernel.machine.x86.Vector;

/**
 * The routines of attention. Up to six queries that share a key head are worked on at once, over the keys of one block of the cache:
 * {@link #scores}, {@link #softmax}, {@link #mix}; {@link #combine} adds up segments at the end. The softmax is the online one: each query has
 * a line of state with the largest score so far, the sum, and the factor by which earlier results shrink.
 *
 * @see <a href="https://arxiv.org/abs/1805.02867">Online normalizer calculation for softmax</a>
 */
final class AttentionCode {
    /** How far ahead memory is asked for: one token over 8192 positions takes 0.48 ms instead of 0.5 to 1.8 (Zen 5, November 2026, 8 heads of 64, float16). */
    private static final int PREFETCH_BYTES = 8192;

    private AttentionCode() {}

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

    /** {@code f(halfs, floats, count, -, -, -)}: float16 to float32, 16 at a time. */
    static Assembler widen(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        Label next = a.here();
        for (int part = 0; part < target.parts(); part++) {
            a.vector(Instruction.VCVTPH2PS, Vector.zmm(0), General.RDI.at(16 * part));
            a.store(Instruction.VMOVUPS, General.RSI.at(32 * part), Vector.zmm(0));
        }
        a.add(General.RDI, 32);
        a.add(General.RSI, 64);
        a.subtract(General.RDX, 16);
        a.jump(Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a;
    }

    /**
     * {@code f(scores, scoreStride, state, queries, vectors, parameters)}: scores become {@code e^(score - largest)}, 0 where a query does not
     * see the key; the states are brought up to date. Parameters: float scale, float softCap, float 2 / softCap.
     */
    static Assembler softmax(boolean softCap, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, General.RBX);
        General state = General.RDX;
        int parts = target.parts();
        int lanes = target.level().lanes();
        Vector s = Vector.zmm(0);
        Vector before = Vector.zmm(2);
        Vector[] sums = {Vector.zmm(5), Vector.zmm(1)};
        Vector key = Vector.zmm(6);
        Vector largest = Vector.zmm(7);
        Vector one = Vector.zmm(15);
        Vector numbers = Vector.zmm(29);
        Vector temporary = Vector.zmm(30);
        Vector lowest = Vector.zmm(31);
        Vector step = Vector.zmm(12);
        Vector scale = Vector.zmm(9);
        Vector cap = Vector.zmm(13);
        Vector twoOverCap = Vector.zmm(14);

        frame.enter(a);
        a.assign(s, Vector.zmm(3), Vector.zmm(4), key, largest, sums[0], temporary);
        if (parts > 1) {
            a.assign(sums[1]);
        }
        Exponential.constants(a);
        Registers.laneNumbers(a, numbers);
        Registers.broadcast(a, step, lanes);
        Registers.broadcast(a, one, 1f);
        Registers.broadcast(a, lowest, -1e30f);
        a.vector(Instruction.VBROADCASTSS, scale, General.R9.at(0));
        a.vector(Instruction.VBROADCASTSS, cap, General.R9.at(4));
        a.vector(Instruction.VBROADCASTSS, twoOverCap, General.R9.at(8));
        Label nextQuery = a.here();
        a.vector(Instruction.VBROADCASTSS, before, state.at(AttentionState.LARGEST));
        a.vector(Instruction.VMOVUPS, largest, before);
        a.vector(Instruction.VMOVDQU32, key, numbers);
        a.move(General.R10, General.RDI);
        a.move(General.R11, General.R8);
        Label nextScores = a.here();
        for (int part = 0; part < parts; part++) {
            a.vector(Instruction.VMULPS, s, scale, General.R10.at(4 * lanes * part));
            if (softCap) {
                // cap * tanh(s / cap) = cap - cap * 2 / (1 + e^(2 s / cap))
                a.vector(Instruction.VMULPS, s, s, twoOverCap);
                Exponential.emit(a, s);
                a.vector(Instruction.VADDPS, s, s, one);
                a.vector(Instruction.VADDPS, temporary, one, one);
                a.vector(Instruction.VDIVPS, temporary, temporary, s);
                a.vector(Instruction.VMOVUPS, s, cap);
                a.vector(Instruction.VFNMADD231PS, s, cap, temporary);
            }
            a.vector(Instruction.VCVTDQ2PS, temporary, key);
            a.vector(Instruction.VADDPS, temporary, temporary, state.at(AttentionState.DISTANCE).broadcasting());
            a.vector(Instruction.VFMADD231PS, s, temporary, state.at(AttentionState.SLOPE).broadcasting());
            seen(a, key, state);
            a.masked(Mask.K2, false).vector(Instruction.VMAXPS, largest, largest, s);
            a.store(Instruction.VMOVUPS, General.R10.at(4 * lanes * part), s);
            a.vector(Instruction.VPADDD, key, key, step);
        }
        a.add(General.R10, 64);
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, nextScores);

        Registers.reduce(a, Instruction.VMAXPS, parts == 1 ? new Vector[] {largest} : new Vector[] {largest, largest}, temporary);
        a.store(Instruction.VMOVSS, state.at(AttentionState.LARGEST), largest.as(128));
        // Where no key was seen yet there is no largest: any finite number serves.
        a.vector(Instruction.VMAXPS, largest, largest, lowest);
        a.vector(Instruction.VSUBPS, before, before, largest);
        Exponential.emit(a, before);
        a.store(Instruction.VMOVSS, state.at(AttentionState.FACTOR), before.as(128));
        for (int part = 0; part < parts; part++) {
            Registers.zero(a, sums[part]);
        }
        a.vector(Instruction.VMOVDQU32, key, numbers);
        a.move(General.R10, General.RDI);
        a.move(General.R11, General.R8);
        Label nextExponentials = a.here();
        for (int part = 0; part < parts; part++) {
            a.vector(Instruction.VMOVUPS, s, General.R10.at(4 * lanes * part));
            a.vector(Instruction.VSUBPS, s, s, largest);
            Exponential.emit(a, s);
            seen(a, key, state);
            a.masked(Mask.K2, true).vector(Instruction.VMOVUPS, s, s);
            a.vector(Instruction.VADDPS, sums[part], sums[part], s);
            a.store(Instruction.VMOVUPS, General.R10.at(4 * lanes * part), s);
            a.vector(Instruction.VPADDD, key, key, step);
        }
        a.add(General.R10, 64);
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, nextExponentials);
        Registers.reduce(a, Instruction.VADDPS, Arrays.copyOf(sums, parts), temporary);
        a.vector(Instruction.VBROADCASTSS, temporary, state.at(AttentionState.SUM));
        a.vector(Instruction.VFMADD231PS, sums[0], temporary, before);
        a.store(Instruction.VMOVSS, state.at(AttentionState.SUM), sums[0].as(128));

        a.add(state, AttentionState.BYTES);
        a.add(General.RDI, General.RSI);
        a.subtract(General.RCX, 1);
        a.jump(Condition.NOT_EQUAL, nextQuery);
        frame.leave(a);
        return a;
    }

    /** {@code K2} = lanes whose key is seen. */
    private static void seen(Assembler a, Vector key, General state) {
        a.compare(Instruction.VPCMPD, Mask.K1, key, state.at(AttentionState.FIRST_KEY).broadcasting(), 5);
        a.masked(Mask.K1, false).compare(Instruction.VPCMPD, Mask.K2, key, state.at(AttentionState.END_KEY).broadcasting(), 1);
    }

    /** {@code f(results, segmentStride, weights, segments, vectors, output)}: {@code output = Σ weight[segment] * result[segment]}. */
    static Assembler combine(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        Vector[] sums = Registers.parts(a, 0);
        frame.enter(a);
        Label nextVector = a.here();
        for (Vector sum : sums) {
            Registers.zero(a, sum);
        }
        a.move(General.R10, General.RDI);
        a.set(General.R11, 0);
        Label nextSegment = a.here();
        a.vector(Instruction.VBROADCASTSS, Vector.zmm(4), General.RDX.at(General.R11, 4, 0));
        for (int part = 0; part < sums.length; part++) {
            a.vector(Instruction.VFMADD231PS, sums[part], Vector.zmm(4), General.R10.at(32 * part));
        }
        a.add(General.R10, General.RSI);
        a.add(General.R11, 1);
        a.compare(General.R11, General.RCX);
        a.jump(Condition.NOT_EQUAL, nextSegment);
        for (int part = 0; part < sums.length; part++) {
            a.store(Instruction.VMOVUPS, General.R9.at(32 * part), sums[part]);
        }
        a.add(General.RDI, 64);
        a.add(General.R9, 64);
        a.subtract(General.R8, 1);
        a.jump(Condition.NOT_EQUAL, nextVector);
        frame.leave(a);
        return a;
    }
}
