package moka.engine.kernel.machine;

import java.util.List;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Entry and exit of a routine. After the entry the six arguments are in {@code RDI, RSI, RDX, RCX, R8, R9} whatever the system's
 * convention; {@code RAX, R10, R11} and all vector registers are free, others where they are named as saved.
 *
 * @param target on Windows arguments are in {@code RCX, RDX, R8, R9} and above 32 bytes of the stack;
 *     {@code RDI, RSI, XMM6} to {@code XMM15} belong to the caller
 * @param saved further registers that the routine uses: of {@code RBX, RBP, R12} to {@code R15}
 */
record Frame(Target target, List<General> saved) {
    private static final int XMM_COUNT = 10;

    Frame {
        saved = List.copyOf(saved);
    }

    Frame(Target target, General... saved) {
        this(target, List.of(saved));
    }

    void enter(Assembler a) {
        saved.forEach(a::push);
        if (target.windows()) {
            a.push(General.RDI);
            a.push(General.RSI);
            a.subtract(General.RSP, 16 * XMM_COUNT);
            for (int i = 0; i < XMM_COUNT; i++) {
                a.storeSaved(General.RSP.at(16 * i), Vector.xmm(6 + i));
            }
            int arguments = 16 * XMM_COUNT + 8 * (saved.size() + 2) + 8 + 32;
            a.move(General.RDI, General.RCX);
            a.move(General.RSI, General.RDX);
            a.move(General.RDX, General.R8);
            a.move(General.RCX, General.R9);
            a.load(General.R8, General.RSP.at(arguments));
            a.load(General.R9, General.RSP.at(arguments + 8));
        }
        if (a.stackBytes() > 0) {
            a.subtract(General.RSP, a.stackBytes());
        }
    }

    void leave(Assembler a) {
        if (a.stackBytes() > 0) {
            a.add(General.RSP, a.stackBytes());
        }
        if (target.windows()) {
            for (int i = 0; i < XMM_COUNT; i++) {
                a.loadSaved(Vector.xmm(6 + i), General.RSP.at(16 * i));
            }
            a.add(General.RSP, 16 * XMM_COUNT);
            a.pop(General.RSI);
            a.pop(General.RDI);
        }
        saved.reversed().forEach(a::pop);
        a.zeroUpper();
        a.ret();
    }
}
