package moka.engine.kernel.machine.x86;

import java.util.Locale;
import java.util.Optional;

/**
 * What instructions a processor has, as steps of which each includes what kernels use of those below. Kernels are described once; the level decides
 * the instructions.
 */
public enum Level {
    /** AVX2 with FMA and F16C: 256 bits, 16 registers, byte products by {@code vpmaddubsw}. */
    AVX2(false, false, false),
    /** Also {@code vpdpbusd} in the VEX encoding. */
    AVXVNNI(false, true, false),
    /** AVX-512 F, BW, VL, DQ and VNNI: 512 bits, 32 registers, masks. */
    AVX512VNNI(true, true, false),
    /** Also VBMI: {@code vpmultishiftqb}. */
    AVX512VBMI(true, true, true);

    private final boolean evex;
    private final boolean byteProducts;
    private final boolean multishift;

    Level(boolean evex, boolean byteProducts, boolean multishift) {
        this.evex = evex;
        this.byteProducts = byteProducts;
        this.multishift = multishift;
    }

    /** Whether vectors have 512 bits, and there are 32 registers, masks and operands repeated from memory: EVEX. */
    public boolean evex() {
        return evex;
    }

    /** Whether there is {@code vpdpbusd}. */
    public boolean byteProducts() {
        return byteProducts;
    }

    /** Whether there is {@code vpmultishiftqb}. */
    public boolean multishift() {
        return multishift;
    }

    /** Lanes of 32 bits in a vector: 8 or 16. */
    public int lanes() {
        return evex ? 16 : 8;
    }

    /** Vectors that 16 lanes take: 2 or 1. */
    public int parts() {
        return 16 / lanes();
    }

    /** The level of a name. */
    public static Optional<Level> of(String name) {
        for (Level level : values()) {
            if (level.toString().equals(name)) {
                return Optional.of(level);
            }
        }
        return Optional.empty();
    }

    /** The name, as options take it: {@code avx2}, {@code avxvnni}, {@code avx512vnni}, {@code avx512vbmi}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
