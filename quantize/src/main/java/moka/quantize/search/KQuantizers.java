package moka.quantize.search;

/** The k-types: what their blocks can hold, how hard to search, and how the result is packed (docs/tensor-types.md). */
final class KQuantizers {
    /** Super-blocks searched together: 256 lanes of 16 fill the vector loops and stay in the second-level cache. */
    private static final int BATCH = 16;

    private KQuantizers() {}

    static BlockQuantizer q2k() {
        return affine(new AffineSuperBlocks.Shape(16, 3, 15), Efforts.Q2_K, 84, KQuantizers::packQ2K);
    }

    static BlockQuantizer q4k() {
        return affine(new AffineSuperBlocks.Shape(32, 15, 63), Efforts.Q4_K, 144, KQuantizers::packQ4K);
    }

    static BlockQuantizer q5k() {
        return affine(new AffineSuperBlocks.Shape(32, 31, 63), Efforts.Q5_K, 176, KQuantizers::packQ5K);
    }

    static BlockQuantizer q3k() {
        return signed(new SignedSuperBlocks.Shape(4, 32), Efforts.Q3_K, 110, KQuantizers::packQ3K);
    }

    static BlockQuantizer q6k() {
        return signed(new SignedSuperBlocks.Shape(32, 128), Efforts.Q6_K, 210, KQuantizers::packQ6K);
    }

    private interface AffinePacker {
        void pack(AffineSuperBlocks.Parameters found, int block, byte[] codes, int firstCode, byte[] target, int at);
    }

    private interface SignedPacker {
        void pack(SignedSuperBlocks.Parameters found, int block, byte[] codes, int firstCode, byte[] target, int at);
    }

    private static BlockQuantizer affine(
            AffineSuperBlocks.Shape shape, AffineSuperBlocks.Effort effort, int blockBytes, AffinePacker packer) {
        var search = new AffineSuperBlocks(shape, effort, BATCH);
        var codes = new byte[BATCH * 256];
        return (values, weights, offset, blocks, target, targetOffset) -> {
            for (int first = 0; first < blocks; first += BATCH) {
                int count = Math.min(BATCH, blocks - first);
                search.search(values, weights, offset + 256 * first, count, codes);
                for (int i = 0; i < count; i++) {
                    packer.pack(search.best, i, codes, 256 * i, target, targetOffset + (first + i) * blockBytes);
                }
            }
        };
    }

    private static BlockQuantizer signed(
            SignedSuperBlocks.Shape shape, SignedSuperBlocks.Effort effort, int blockBytes, SignedPacker packer) {
        var search = new SignedSuperBlocks(shape, effort, BATCH);
        var codes = new byte[BATCH * 256];
        return (values, weights, offset, blocks, target, targetOffset) -> {
            for (int first = 0; first < blocks; first += BATCH) {
                int count = Math.min(BATCH, blocks - first);
                search.search(values, weights, offset + 256 * first, count, codes);
                for (int i = 0; i < count; i++) {
                    packer.pack(search.best, i, codes, 256 * i, target, targetOffset + (first + i) * blockBytes);
                }
            }
        };
    }

    private static void packQ2K(
            AffineSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        for (int g = 0; g < 16; g++) {
            target[at + g] = (byte) (found.scale[16 * block + g] | found.minimum[16 * block + g] << 4);
        }
        packPairs(codes, first, 0, target, at + 16);
        Halves.put(target, at + 80, found.d[block]);
        Halves.put(target, at + 82, found.dmin[block]);
    }

    private static void packQ4K(
            AffineSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        packSixBitPairs(found, block, target, at);
        packNibbles(codes, first, target, at + 16);
    }

    private static void packQ5K(
            AffineSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        packSixBitPairs(found, block, target, at);
        for (int i = 0; i < 32; i++) {
            int bits = 0;
            for (int g = 0; g < 8; g++) {
                bits |= (codes[first + 32 * g + i] >> 4 & 1) << g;
            }
            target[at + 16 + i] = (byte) bits;
        }
        packNibbles(codes, first, target, at + 48);
    }

    private static void packQ3K(
            SignedSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        for (int i = 0; i < 32; i++) {
            int bits = 0;
            for (int g = 0; g < 8; g++) {
                bits |= (codes[first + 32 * g + i] >> 2 & 1) << g;
            }
            target[at + i] = (byte) bits;
        }
        packPairs(codes, first, 0, target, at + 32);
        for (int i = 0; i < 12; i++) {
            target[at + 96 + i] = 0;
        }
        for (int g = 0; g < 16; g++) {
            int scale = found.scale[16 * block + g] + 32;
            target[at + 96 + g % 8] |= (byte) ((scale & 15) << 4 * (g / 8));
            target[at + 104 + g % 4] |= (byte) (scale >> 4 << 2 * (g / 4));
        }
        Halves.put(target, at + 108, found.d[block]);
    }

    private static void packQ6K(
            SignedSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < 32; i++) {
                int c = first + 128 * half + i;
                target[at + 64 * half + i] = (byte) (codes[c] & 15 | codes[c + 64] << 4);
                target[at + 64 * half + 32 + i] = (byte) (codes[c + 32] & 15 | codes[c + 96] << 4);
                target[at + 128 + 32 * half + i] = (byte) (codes[c] >> 4
                        | codes[c + 32] >> 4 << 2
                        | codes[c + 64] >> 4 << 4
                        | codes[c + 96] >> 4 << 6);
            }
        }
        for (int g = 0; g < 16; g++) {
            target[at + 192 + g] = (byte) found.scale[16 * block + g];
        }
        Halves.put(target, at + 208, found.d[block]);
    }

    /** Scales and minimums of six bits: the upper two bits of the last four lie above those of the first four. */
    private static void packSixBitPairs(AffineSuperBlocks.Parameters found, int block, byte[] target, int at) {
        Halves.put(target, at, found.d[block]);
        Halves.put(target, at + 2, found.dmin[block]);
        for (int g = 0; g < 4; g++) {
            int scale = found.scale[8 * block + g];
            int minimum = found.minimum[8 * block + g];
            int upperScale = found.scale[8 * block + g + 4];
            int upperMinimum = found.minimum[8 * block + g + 4];
            target[at + 4 + g] = (byte) (scale | upperScale >> 4 << 6);
            target[at + 8 + g] = (byte) (minimum | upperMinimum >> 4 << 6);
            target[at + 12 + g] = (byte) (upperScale & 15 | upperMinimum << 4);
        }
    }

    private static void packNibbles(byte[] codes, int first, byte[] target, int at) {
        for (int part = 0; part < 4; part++) {
            for (int i = 0; i < 32; i++) {
                int c = first + 64 * part + i;
                target[at + 32 * part + i] = (byte) (codes[c] & 15 | codes[c + 32] << 4);
            }
        }
    }

    /** Two bits of each code from bit {@code shift}. */
    private static void packPairs(byte[] codes, int first, int shift, byte[] target, int at) {
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < 32; i++) {
                int c = first + 128 * half + i;
                target[at + 32 * half + i] = (byte) (codes[c] >> shift & 3
                        | (codes[c + 32] >> shift & 3) << 2
                        | (codes[c + 64] >> shift & 3) << 4
                        | (codes[c + 96] >> shift & 3) << 6);
            }
        }
    }
}
