package moka.engine.kernel.machine.aarch64;

/** A place in the code. */
public final class Label {
    /** Index of the instruction, or -1: not bound yet. */
    int place = -1;

    Label() {}
}
