package moka.engine.kernel.vector;

/**
 * The eight 6-bit scales and minimums of a super-block of Q4_K or Q5_K, in three words: four bytes of scales, four of minimums, then nibbles of the other four of
 * both, whose upper bits are in the first two words.
 */
final class SixBitScales {
    private SixBitScales() {}

    /** By how much each of 32 lanes, eight for a group of low nibbles, shifts packed scales or minimums; those of high nibbles are 8 bits further. */
    static int[] shifts() {
        var shifts = new int[32];
        for (int i = 0; i < 32; i++) {
            shifts[i] = i / 8 * 16 & 31;
        }
        return shifts;
    }

    /** By how much each of eight lanes shifts the packed minimums, the lower four of which are in even lanes; 31, which leaves nothing, in further lanes. */
    static int[] minimumShifts() {
        var shifts = new int[16];
        for (int i = 0; i < 16; i++) {
            shifts[i] = i < 8 ? i / 2 * 8 : 31;
        }
        return shifts;
    }

    /** Of 32 lanes, eight for a group of low nibbles: which bit of a byte of Q5_K is the fifth bit. */
    static int[] fifthBits() {
        var bits = new int[32];
        for (int i = 0; i < 32; i++) {
            bits[i] = i / 8 * 2;
        }
        return bits;
    }

    /** Scales 4 to 7. */
    static int upperScales(int s0, int s2) {
        return s2 & 0x0f0f0f0f | s0 >>> 2 & 0x30303030;
    }

    /** Minimums 4 to 7. */
    static int upperMinimums(int s1, int s2) {
        return s2 >>> 4 & 0x0f0f0f0f | s1 >>> 2 & 0x30303030;
    }
}
