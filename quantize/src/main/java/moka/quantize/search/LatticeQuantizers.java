package moka.quantize.search;

import java.util.List;
import moka.engine.tensor.Codebooks;
import moka.quantize.search.LatticeSuperBlocks.Effort;
import moka.quantize.search.LatticeSuperBlocks.Shape;
import moka.quantize.search.LatticeSuperBlocks.Signs;

/** The types whose elements are points of a codebook: what their blocks can hold and how the result is packed (docs/tensor-types.md). */
final class LatticeQuantizers {
    private static final Effort IQ2 = new Effort(
            new float[] {0.55f, 0.6f, 0.65f, 0.7f, 0.75f, 0.8f, 0.85f, 0.9f, 0.95f, 1f, 1.05f, 1.1f, 1.2f}, new float[] {1f, 0.9f}, 4);
    private static final Effort IQ3 = new Effort(
            new float[] {0.7f, 0.75f, 0.8f, 0.84f, 0.88f, 0.92f, 0.96f, 1f, 1.04f, 1.1f}, new float[] {1f, 0.95f}, 4);
    private static final Effort IQ1 = new Effort(
            new float[] {0.3f, 0.35f, 0.4f, 0.45f, 0.5f, 0.55f, 0.6f, 0.65f, 0.7f, 0.8f, 0.9f, 1f}, new float[] {1f, 0.85f}, 4);

    private LatticeQuantizers() {}

    private static final class Iq2Xxs {
        static final List<Lattice> CHOICES = List.of(new Lattice(Codebooks.iq2xxs(), 8, 0));
    }

    private static final class Iq2Xs {
        static final List<Lattice> CHOICES = List.of(new Lattice(Codebooks.iq2xs(), 8, 0));
    }

    private static final class Iq2S {
        static final List<Lattice> CHOICES = List.of(new Lattice(Codebooks.iq2s(), 8, 0));
    }

    private static final class Iq3Xxs {
        static final List<Lattice> CHOICES = List.of(new Lattice(Codebooks.iq3xxs(), 4, 0));
    }

    private static final class Iq3S {
        static final List<Lattice> CHOICES = List.of(new Lattice(Codebooks.iq3s(), 4, 0));
    }

    private static final class Iq1S {
        static final List<Lattice> CHOICES = List.of(
                new Lattice(Codebooks.iq1s(), 8, 0.125f), new Lattice(Codebooks.iq1s(), 8, -0.125f));
    }

    private interface Packer {
        void pack(LatticeSuperBlocks found, byte[] target, int at);
    }

    static BlockQuantizer iq2xxs() {
        return of(new Shape(Iq2Xxs.CHOICES, 32, 32, Signs.EVEN, 16, 0.125f), IQ2, 66, LatticeQuantizers::packIq2Xxs);
    }

    static BlockQuantizer iq2xs() {
        return of(new Shape(Iq2Xs.CHOICES, 16, 16, Signs.EVEN, 16, 0.125f), IQ2, 74, LatticeQuantizers::packIq2Xs);
    }

    static BlockQuantizer iq2s() {
        return of(new Shape(Iq2S.CHOICES, 16, 16, Signs.FREE, 16, 0.125f), IQ2, 82, LatticeQuantizers::packIq2S);
    }

    static BlockQuantizer iq3xxs() {
        return of(new Shape(Iq3Xxs.CHOICES, 32, 32, Signs.EVEN, 16, 0.25f), IQ3, 98, LatticeQuantizers::packIq3Xxs);
    }

    static BlockQuantizer iq3s() {
        return of(new Shape(Iq3S.CHOICES, 32, 32, Signs.FREE, 16, 1), IQ3, 110, LatticeQuantizers::packIq3S);
    }

    static BlockQuantizer iq1s() {
        return of(new Shape(Iq1S.CHOICES, 32, 32, Signs.NONE, 8, 1), IQ1, 50, LatticeQuantizers::packIq1S);
    }

    static BlockQuantizer iq1m() {
        return of(new Shape(Iq1S.CHOICES, 8, 16, Signs.NONE, 8, 1), IQ1, 56, LatticeQuantizers::packIq1M);
    }

    private static BlockQuantizer of(Shape shape, Effort effort, int blockBytes, Packer packer) {
        var search = new LatticeSuperBlocks(shape, effort);
        return (values, weights, offset, blocks, target, targetOffset) -> {
            for (int block = 0; block < blocks; block++) {
                search.search(values, weights, offset + 256 * block);
                int at = targetOffset + block * blockBytes;
                java.util.Arrays.fill(target, at, at + blockBytes, (byte) 0);
                packer.pack(search, target, at);
            }
        };
    }

    private static void packIq2Xxs(LatticeSuperBlocks found, byte[] target, int at) {
        Halves.put(target, at, found.d);
        for (int g = 0; g < 8; g++) {
            int word = found.scale[g] << 28;
            for (int k = 0; k < 4; k++) {
                target[at + 2 + 8 * g + k] = (byte) found.point[4 * g + k];
                word |= (found.signs[4 * g + k] & 127) << 7 * k;
            }
            put32(target, at + 6 + 8 * g, word);
        }
    }

    private static void packIq2Xs(LatticeSuperBlocks found, byte[] target, int at) {
        Halves.put(target, at, found.d);
        for (int e = 0; e < 32; e++) {
            put16(target, at + 2 + 2 * e, found.point[e] | (found.signs[e] & 127) << 9);
        }
        packNibbles(found.scale, target, at + 66);
    }

    private static void packIq2S(LatticeSuperBlocks found, byte[] target, int at) {
        Halves.put(target, at, found.d);
        for (int e = 0; e < 32; e++) {
            target[at + 2 + e] = (byte) found.point[e];
            target[at + 34 + e] = (byte) found.signs[e];
            target[at + 66 + e / 4] |= (byte) (found.point[e] >> 8 << 2 * (e % 4));
        }
        packNibbles(found.scale, target, at + 74);
    }

    private static void packIq3Xxs(LatticeSuperBlocks found, byte[] target, int at) {
        Halves.put(target, at, found.d);
        for (int v = 0; v < 64; v++) {
            target[at + 2 + v] = (byte) found.point[v];
        }
        for (int g = 0; g < 8; g++) {
            int word = found.scale[g] << 28;
            for (int k = 0; k < 4; k++) {
                word |= (found.signs[4 * g + k] & 127) << 7 * k;
            }
            put32(target, at + 66 + 4 * g, word);
        }
    }

    private static void packIq3S(LatticeSuperBlocks found, byte[] target, int at) {
        Halves.put(target, at, found.d);
        for (int v = 0; v < 64; v++) {
            target[at + 2 + v] = (byte) found.point[v];
            target[at + 66 + v / 8] |= (byte) (found.point[v] >> 8 << v % 8);
        }
        for (int e = 0; e < 32; e++) {
            target[at + 74 + e] = (byte) found.signs[e];
        }
        packNibbles(found.scale, target, at + 106);
    }

    private static void packIq1S(LatticeSuperBlocks found, byte[] target, int at) {
        Halves.put(target, at, found.d);
        for (int g = 0; g < 8; g++) {
            int word = found.scale[g] << 12 | found.choice[4 * g] << 15;
            for (int k = 0; k < 4; k++) {
                int point = found.point[4 * g + k];
                target[at + 2 + 4 * g + k] = (byte) point;
                word |= point >> 8 << 3 * k;
            }
            put16(target, at + 34 + 2 * g, word);
        }
    }

    private static void packIq1M(LatticeSuperBlocks found, byte[] target, int at) {
        for (int e = 0; e < 32; e++) {
            target[at + e] = (byte) found.point[e];
            target[at + 32 + e / 2] |= (byte) ((found.point[e] >> 8 | found.choice[e] << 3) << 4 * (e % 2));
        }
        int d = Float.floatToFloat16(found.d) & 0xffff;
        for (int k = 0; k < 4; k++) {
            int word = (d >> 4 * k & 15) << 12;
            for (int i = 0; i < 4; i++) {
                word |= found.scale[4 * k + i] << 3 * i;
            }
            put16(target, at + 48 + 2 * k, word);
        }
    }

    private static void packNibbles(int[] numbers, byte[] target, int at) {
        for (int i = 0; i < numbers.length; i++) {
            target[at + i / 2] |= (byte) (numbers[i] << 4 * (i % 2));
        }
    }

    private static void put16(byte[] target, int at, int value) {
        target[at] = (byte) value;
        target[at + 1] = (byte) (value >> 8);
    }

    private static void put32(byte[] target, int at, int value) {
        put16(target, at, value);
        put16(target, at + 2, value >> 16);
    }
}
