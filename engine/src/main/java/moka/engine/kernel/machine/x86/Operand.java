package moka.engine.kernel.machine.x86;

/** What the last operand of a vector instruction may be: a register or memory. */
public sealed interface Operand permits Vector, Memory, General, Literal {}
