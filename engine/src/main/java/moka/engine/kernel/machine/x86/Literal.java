package moka.engine.kernel.machine.x86;

/**
 * A constant that stands behind the code, as an operand: addressed relative to the instruction, which must not have an immediate byte.
 *
 * @param label where it will stand
 */
record Literal(Label label) implements Operand {}
