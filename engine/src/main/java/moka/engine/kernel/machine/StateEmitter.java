package moka.engine.kernel.machine;

import java.util.stream.IntStream;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/** What the routines of all forms of a state share: some columns of a panel, token by token, with the parameters in memory. */
abstract class StateEmitter {
    static final General PARAMETERS = General.RDI;

    final Assembler a;
    final int width;
    final int vectors;
    final int vectorBytes;
    final Frame frame;
    private final int tokensAhead;

    /**
     * @param width columns of a panel: 16 or 32
     * @param columns of it that a call takes
     * @param tokensAhead of which the rows are asked for: 1, 2, 4 or 8
     */
    StateEmitter(Target target, int width, int columns, int tokensAhead) {
        this.width = width;
        this.tokensAhead = tokensAhead;
        a = target.assembler();
        vectors = columns / a.level().lanes();
        vectorBytes = 4 * a.level().lanes();
        frame = new Frame(target, General.RBX, General.RBP, General.R12, General.R13, General.R14, General.R15);
    }

    /** Asks for a row of a token some tokens ahead: they lie too far from each other for the processor to do that by itself. */
    final void ahead(General row, StateParameter stride, int bytes) {
        a.load(General.RAX, parameter(stride));
        for (int at = 0; at < bytes; at += 64) {
            a.prefetch(row.at(General.RAX, tokensAhead, at));
        }
    }

    final void advance(General pointer, StateParameter stride) {
        a.load(General.RAX, parameter(stride));
        a.add(pointer, General.RAX);
    }

    static Memory parameter(StateParameter parameter) {
        return PARAMETERS.at(parameter.offset());
    }

    /** Byte of a vector of a row. */
    final int at(int row, int vector) {
        return row * 4 * width + vector * vectorBytes;
    }

    final void zero(Vector[] vectors) {
        for (Vector vector : vectors) {
            Registers.zero(a, vector);
        }
    }

    static Vector[] run(int first, int count) {
        return IntStream.range(first, first + count).mapToObj(Vector::zmm).toArray(Vector[]::new);
    }
}
