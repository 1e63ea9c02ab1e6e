package moka.quantize.search;

import moka.gguf.TensorType;

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
        Halves.put(target, at + 80, found.d[block]);
        Halves.put(target, at + 82, found.dmin[block]);
        CodePacking.pack(TensorType.Q2_K, codes, first, target, at);
    }

    private static void packQ4K(
            AffineSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        packSixBitPairs(found, block, target, at);
        CodePacking.pack(TensorType.Q4_K, codes, first, target, at);
    }

    private static void packQ5K(
            AffineSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        packSixBitPairs(found, block, target, at);
        CodePacking.pack(TensorType.Q5_K, codes, first, target, at);
    }

    private static void packQ3K(
            SignedSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        ScalePacking.q3k(found.scale, 16 * block, target, at + 96);
        Halves.put(target, at + 108, found.d[block]);
        CodePacking.pack(TensorType.Q3_K, codes, first, target, at);
    }

    private static void packQ6K(
            SignedSuperBlocks.Parameters found, int block, byte[] codes, int first, byte[] target, int at) {
        ScalePacking.q6k(found.scale, 16 * block, target, at + 192);
        Halves.put(target, at + 208, found.d[block]);
        CodePacking.pack(TensorType.Q6_K, codes, first, target, at);
    }

    private static void packSixBitPairs(AffineSuperBlocks.Parameters found, int block, byte[] target, int at) {
        Halves.put(target, at, found.d[block]);
        Halves.put(target, at + 2, found.dmin[block]);
        ScalePacking.sixBitPairs(found.scale, found.minimum, 8 * block, target, at + 4);
    }
}
