package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Label;

/** States whose first token reads them from where they were and writes them where they will be; the next ones stay there. */
abstract class TokenLoop extends StateEmitter {
    static final General SOURCE = General.RSI;
    static final General TARGET = General.RDX;
    static final General ROWS = General.RCX;
    static final General VALUES = General.R8;
    static final General INTO = General.R9;
    static final General OUT = General.R10;
    static final General RESULT = General.R11;
    static final General ROW = General.RBX;
    static final General STEP = General.RBP;
    static final General KEPT = General.R12;
    static final General TOKENS = General.R13;
    static final General FROM = General.R14;
    static final General TO = General.R15;

    TokenLoop(Target target, int width, int tokensAhead) {
        super(target, width, columns(target, width), tokensAhead);
    }

    /** Columns that a call takes of a panel. */
    static int columns(Target target, int width) {
        return Math.min(width, 2 * target.level().lanes());
    }

    /** Entry and parameters. */
    final void enter() {
        frame.enter(a);
        a.load(TOKENS, parameter(StateParameter.TOKENS));
        a.load(ROWS, parameter(StateParameter.ROWS));
        a.load(SOURCE, parameter(StateParameter.SOURCE));
        a.load(TARGET, parameter(StateParameter.TARGET));
        a.load(VALUES, parameter(StateParameter.VALUES));
        a.load(INTO, parameter(StateParameter.INTO));
        a.load(OUT, parameter(StateParameter.OUT));
        a.load(STEP, parameter(StateParameter.STEP));
        a.load(KEPT, parameter(StateParameter.KEPT));
        a.load(RESULT, parameter(StateParameter.RESULT));
    }

    /** On to the next token, whose state is where this one has left it; else the end. */
    final Assembler end(Label nextToken) {
        a.move(SOURCE, TARGET);
        advance(VALUES, StateParameter.VALUES_STRIDE);
        advance(INTO, StateParameter.ROWS_STRIDE);
        a.add(OUT, General.RAX);
        advance(STEP, StateParameter.STEP_STRIDE);
        advance(RESULT, StateParameter.RESULT_STRIDE);
        a.subtract(TOKENS, 1);
        a.jump(Condition.NOT_EQUAL, nextToken);
        frame.leave(a);
        return a;
    }
}
