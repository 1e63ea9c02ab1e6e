package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Level;

/**
 * For what code is made.
 *
 * @param bfloat16 whether there are products of bfloat16 pairs ({@code vdpbf16ps})
 */
record Target(SystemMemory system, Level level, boolean bfloat16) {
    Assembler assembler() {
        return new Assembler(level);
    }

    /** Whether callers follow the convention of Windows. */
    boolean windows() {
        return system.windowsCalls();
    }

    /** Vectors that 16 lanes take. */
    int parts() {
        return level.parts();
    }
}
