package moka.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Cosines and sines of a rotary position embedding, grown as positions are used.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">RoFormer</a>
 */
public interface RopeTable {
    /** Rotated values of a head: an even number, at most the head's length; the rest stays as it is. */
    int rotatedLength();

    /** Pairs are {@code (i, i + rotatedLength/2)} if true (NeoX), {@code (2i, 2i+1)} if false. */
    boolean halves();

    /**
     * Float32 pairs {@code [position][rotatedLength/2][cos, sin]}, valid for positions below {@code positions}. Factors of the length
     * (YaRN's) are already in them.
     */
    MemorySegment table(int positions);
}
