package moka.quantize.search;

import moka.engine.tensor.Codebooks;

/** The types of 32 elements a scale and a codebook of one dimension, be it evenly spaced (Q4_0, Q5_0) or not (IQ4_NL, IQ4_XS). */
final class CodebookQuantizers {
    private static final int GROUPS = 8;

    private CodebookQuantizers() {}

    static BlockQuantizer q4_0() {
        return blocks(evenly(-8, 7), 18, CodebookQuantizers::packNibbles);
    }

    static BlockQuantizer iq4nl() {
        return blocks(Codebooks.nonLinear(), 18, CodebookQuantizers::packNibbles);
    }

    static BlockQuantizer q5_0() {
        return blocks(evenly(-16, 15), 22, (codes, target, at) -> {
            for (int k = 0; k < 4; k++) {
                int bits = 0;
                for (int i = 0; i < 8; i++) {
                    bits |= (codes[8 * k + i] >> 4 & 1) << i;
                }
                target[at + k] = (byte) bits;
            }
            packNibbles(codes, target, at + 4);
        });
    }

    private static byte[] evenly(int smallest, int largest) {
        byte[] values = new byte[largest - smallest + 1];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) (smallest + i);
        }
        return values;
    }

    private interface Packer {
        void pack(byte[] codes, byte[] target, int at);
    }

    private static void packNibbles(byte[] codes, byte[] target, int at) {
        packNibblesOf(codes, 0, target, at);
    }

    /** The first 16 codes become low nibbles, the next 16 high ones. */
    static void packNibblesOf(byte[] codes, int first, byte[] target, int at) {
        for (int i = 0; i < 16; i++) {
            target[at + i] = (byte) (codes[first + i] & 15 | codes[first + i + 16] << 4);
        }
    }

    private static BlockQuantizer blocks(byte[] book, int blockBytes, Packer packer) {
        var group = new CodebookGroup(book);
        byte[] codes = new byte[CodebookGroup.LENGTH];
        return (values, weights, offset, blocks, target, targetOffset) -> {
            for (int block = 0; block < blocks; block++) {
                group.load(values, weights, offset + CodebookGroup.LENGTH * block);
                float d = group.fitHalf();
                group.codes(d, codes, 0);
                int at = targetOffset + block * blockBytes;
                Halves.put(target, at, d);
                packer.pack(codes, target, at + 2);
            }
        };
    }

    /** IQ4_XS: eight groups with integer scales from -32 to 31 times {@code d}. */
    static BlockQuantizer iq4xs() {
        var search = new Iq4Xs();
        return (values, weights, offset, blocks, target, targetOffset) -> {
            for (int block = 0; block < blocks; block++) {
                search.quantize(values, weights, offset + 256 * block, target, targetOffset + 136 * block);
            }
        };
    }

    private static final class Iq4Xs {
        private final CodebookGroup[] groups = new CodebookGroup[GROUPS];
        private final double[] real = new double[GROUPS];
        private final int[] tried = new int[GROUPS];
        private final int[] best = new int[GROUPS];
        private final byte[] codes = new byte[CodebookGroup.LENGTH];

        Iq4Xs() {
            for (int g = 0; g < GROUPS; g++) {
                groups[g] = new CodebookGroup(Codebooks.nonLinear());
            }
        }

        void quantize(float[] values, float[] weights, int offset, byte[] target, int at) {
            double extreme = 0;
            for (int g = 0; g < GROUPS; g++) {
                groups[g].load(values, weights, offset + CodebookGroup.LENGTH * g);
                real[g] = groups[g].fit();
                extreme = Math.abs(real[g]) > Math.abs(extreme) ? real[g] : extreme;
            }
            float d = search(Halves.round(-extreme / 32));
            Halves.put(target, at, d);
            ScalePacking.iq4xs(best, 0, target, at + 2);
            for (int g = 0; g < GROUPS; g++) {
                groups[g].codes(d * best[g], codes, 0);
                packNibbles(codes, target, at + 8 + 16 * g);
            }
        }

        /** Fits integers and d in turns; leaves the best integers. */
        private float search(float start) {
            java.util.Arrays.fill(best, 0);
            if (start == 0) {
                return 0;
            }
            float now = start;
            float found = start;
            double least = Double.POSITIVE_INFINITY;
            for (int g = 0; g < GROUPS; g++) {
                tried[g] = limit(Math.round(real[g] / now));
            }
            for (int round = 0; round < 4 && now != 0; round++) {
                double total = 0;
                double aa = 0;
                double ax = 0;
                for (int g = 0; g < GROUPS; g++) {
                    int present = tried[g];
                    double smallest = Double.POSITIVE_INFINITY;
                    double sxq = 0;
                    double sqq = 0;
                    for (int s = limit(present - 1); s <= limit(present + 1); s++) {
                        double error = groups[g].error(now * s);
                        if (error < smallest) {
                            smallest = error;
                            tried[g] = s;
                            sxq = groups[g].productSum();
                            sqq = groups[g].squareSum();
                        }
                    }
                    total += smallest;
                    aa += tried[g] * sqq * tried[g];
                    ax += tried[g] * sxq;
                }
                if (total < least) {
                    least = total;
                    found = now;
                    System.arraycopy(tried, 0, best, 0, GROUPS);
                }
                float next = aa > 0 ? Halves.round(ax / aa) : 0;
                if (next == now && round > 0) {
                    break;
                }
                now = next;
            }
            return found;
        }

        private static int limit(long scale) {
            return Math.clamp(scale, -32, 31);
        }
    }
}
