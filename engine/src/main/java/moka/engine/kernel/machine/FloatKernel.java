package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Products of panels of float weights ({@link FloatKind}), one or two at once, with up to six rows of float32 or bfloat16 activations. Two sums for
 * each result, of even and odd steps, hide the latency of the multiply-adds; they are added at the end, so that all tiles give
 * the same bits.
 *
 * <p>{@code f(panels, activations, activationStride, output, outputStride, parameters)}; steps are {@link FloatKind#step()} columns, count is
 * tiles of tokens. The second panel follows the first.
 */
final class FloatKernel {
    private FloatKernel() {}

    static Assembler emit(FloatKind kind, int panels, int tokens, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, General.RBX, General.RBP, General.R12, General.R13, General.R14);
        General panel = General.RAX;
        General second = General.R14;
        General parameters = General.R9;
        var rows = new RowAddresses(General.R10, General.RBP, General.RDX, tokens);
        var outputs = new RowAddresses(General.RCX, General.R12, General.R8, tokens);
        int parts = target.parts();
        int vectors = panels * parts;
        Vector[][][] sums = new Vector[2][vectors][tokens];
        for (int i = 0; i < 2; i++) {
            for (int v = 0; v < vectors; v++) {
                for (int t = 0; t < tokens; t++) {
                    sums[i][v][t] = Vector.zmm((i * vectors + v) * tokens + t);
                    a.assign(sums[i][v][t]);
                }
            }
        }
        Vector[] weights = {Vector.zmm(24), Vector.zmm(25)};

        a.reserve(1);
        frame.enter(a);
        TileTail.loadMasks(a, parameters);
        TileTail.loadBias(a, General.R13, parameters);
        a.load(General.RBX, parameters.at(TileTail.COUNT));
        Label nextTile = a.here();
        rows.start(a, General.RSI);
        outputs.start(a, General.RCX);
        TileTail.expect(a, outputs, tokens, panels);
        a.move(panel, General.RDI);
        a.load(General.R11, parameters.at(TileTail.STEPS));
        if (panels == 2) {
            // A panel is steps * stepBytes long.
            a.set(second, kind.stepBytes());
            a.multiply(second, General.R11);
            a.add(second, panel);
        }
        for (Vector[][] half : sums) {
            for (Vector[] some : half) {
                for (Vector sum : some) {
                    Registers.zero(a, sum);
                }
            }
        }
        a.align(32);
        Label nextStep = a.here();
        for (int i = 0; i < 2; i++) {
            for (int v = 0; v < vectors; v++) {
                int half = kind.stepBytes() / 2;
                load(a, kind, weights[v], (v / parts == 0 ? panel : second).at(i * half + half / parts * (v % parts)));
            }
            Instruction product = kind == FloatKind.BF16_PAIRS ? Instruction.VDPBF16PS : Instruction.VFMADD231PS;
            for (int t = 0; t < tokens; t++) {
                var activation = rows.at(t, 4 * i);
                if (vectors == 1) {
                    a.vector(product, sums[i][0][t], weights[0], activation.broadcasting());
                } else {
                    Vector broadcast = Vector.zmm(a.level().evex() ? 26 + t % 6 : 26);
                    a.vector(Instruction.VBROADCASTSS, broadcast, activation);
                    for (int v = 0; v < vectors; v++) {
                        a.vector(product, sums[i][v][t], weights[v], broadcast);
                    }
                }
            }
        }
        for (int at = 0; at < kind.stepBytes(); at += 64) {
            a.prefetch(panel.at(at + StreamKernel.PREFETCH_BYTES));
            if (panels == 2) {
                a.prefetch(second.at(at + StreamKernel.PREFETCH_BYTES));
            }
        }
        a.add(panel, kind.stepBytes());
        if (panels == 2) {
            a.add(second, kind.stepBytes());
        }
        rows.advance(a, 8);
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, nextStep);
        for (int v = 0; v < vectors; v++) {
            for (int t = 0; t < tokens; t++) {
                a.vector(Instruction.VADDPS, sums[0][v][t], sums[0][v][t], sums[1][v][t]);
            }
        }
        TileTail.emit(a, sums[0], null, outputs, General.R13, parameters, weights);
        for (int t = 0; t < tokens; t++) {
            a.add(General.RSI, General.RDX);
            a.add(General.RCX, General.R8);
        }
        a.subtract(General.RBX, 1);
        a.jump(Condition.NOT_EQUAL, nextTile);
        frame.leave(a);
        return a;
    }

    private static void load(Assembler a, FloatKind kind, Vector target, Memory from) {
        switch (kind) {
            case F32, BF16_PAIRS -> a.vector(Instruction.VMOVUPS, target, from);
            case F16 -> a.vector(Instruction.VCVTPH2PS, target, from);
            case BF16 -> {
                a.vector(Instruction.VPMOVZXWD, target, from);
                a.vector(Instruction.VPSLLD, target, target, 16);
            }
        }
    }
}
