package moka.engine.kernel.machine.x86;

/** An AVX-512 mask register; {@code K0} means "no mask" where an instruction takes one. */
public enum Mask {
    K0,
    K1,
    K2,
    K3,
    K4,
    K5,
    K6,
    K7
}
