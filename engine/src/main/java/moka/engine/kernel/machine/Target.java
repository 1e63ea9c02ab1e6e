package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Level;

/**
 * For what code is made.
 *
 * @param bfloat16 whether there are products of bfloat16 pairs ({@code vdpbf16ps})
 * @param windows whether callers follow the convention of Windows
 */
record Target(Level level, boolean bfloat16, boolean windows) {
    Assembler assembler() {
        return new Assembler(level);
    }

    /** Vectors that 16 lanes take. */
    int parts() {
        return level.parts();
    }
}
