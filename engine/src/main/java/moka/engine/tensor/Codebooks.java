package moka.engine.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The tables that lattice and 4-bit types look their values up in. Facts of the GGUF format: the grids were taken
 * from ggml (llama.cpp v0.5.0, MIT licence) as raw bytes, entry after entry, and lie beside this class as resources,
 * each read when its type is first used. The arrays are shared: not to be written to.
 */
public final class Codebooks {
    /** Values of IQ4_NL and IQ4_XS. */
    static final byte[] NON_LINEAR = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /** Twice the values of E2M1, the four-bit float of MXFP4 and NVFP4. */
    static final byte[] E2M1_DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private Codebooks() {}

    /** The 16 values of IQ4_NL and IQ4_XS, ascending. */
    public static byte[] nonLinear() {
        return NON_LINEAR;
    }

    /** {@code [256][8]} magnitudes. */
    public static byte[] iq2xxs() {
        return Iq2Xxs.GRID;
    }

    /** {@code [512][8]} magnitudes. */
    public static byte[] iq2xs() {
        return Iq2Xs.GRID;
    }

    /** {@code [1024][8]} magnitudes. */
    public static byte[] iq2s() {
        return Iq2S.GRID;
    }

    /** {@code [256][4]} magnitudes. */
    public static byte[] iq3xxs() {
        return Iq3Xxs.GRID;
    }

    /** {@code [512][4]} magnitudes. */
    public static byte[] iq3s() {
        return Iq3S.GRID;
    }

    /** {@code [2048][8]} values -1, 0, 1. */
    public static byte[] iq1s() {
        return Iq1S.GRID;
    }

    /** Replaces indices by the values of a table. */
    static void replace(byte[] codes, byte[] table) {
        for (int i = 0; i < codes.length; i++) {
            codes[i] = table[codes[i]];
        }
    }

    /** Writes a grid's entry of {@code length} magnitudes, negative where the bit of {@code signs} is set. */
    static void signed(byte[] grid, int length, int index, int signs, byte[] codes, int first) {
        for (int j = 0; j < length; j++) {
            byte magnitude = grid[length * index + j];
            codes[first + j] = (byte) ((signs >> j & 1) == 0 ? magnitude : -magnitude);
        }
    }

    /**
     * Eight signs from seven bits: the eighth makes the number of set bits even. Bits above the seventh are ignored.
     */
    static int evenSigns(int bits) {
        int seven = bits & 127;
        return seven | (Integer.bitCount(seven) & 1) << 7;
    }

    /** The first code of E2M1 whose value times {@code scale} is nearest. */
    static int nearestE2M1(float value, float scale) {
        int nearest = 0;
        float smallest = Math.abs(E2M1_DOUBLED[0] * scale - value);
        for (int code = 1; code < E2M1_DOUBLED.length; code++) {
            float distance = Math.abs(E2M1_DOUBLED[code] * scale - value);
            if (distance < smallest) {
                nearest = code;
                smallest = distance;
            }
        }
        return nearest;
    }

    // A class each, so that a grid is read only when it is needed.

    private static final class Iq2Xxs {
        static final byte[] GRID = read("iq2xxs_grid.bin", 256 * 8);
    }

    private static final class Iq2Xs {
        static final byte[] GRID = read("iq2xs_grid.bin", 512 * 8);
    }

    private static final class Iq2S {
        static final byte[] GRID = read("iq2s_grid.bin", 1024 * 8);
    }

    private static final class Iq3Xxs {
        static final byte[] GRID = read("iq3xxs_grid.bin", 256 * 4);
    }

    private static final class Iq3S {
        static final byte[] GRID = read("iq3s_grid.bin", 512 * 4);
    }

    private static final class Iq1S {
        static final byte[] GRID = read("iq1s_grid.bin", 2048 * 8);
    }

    private static byte[] read(String resource, int bytes) {
        try (InputStream stream = Codebooks.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IllegalStateException("the resource " + resource + " is missing from this build");
            }
            byte[] table = stream.readAllBytes();
            if (table.length != bytes) {
                throw new IllegalStateException(resource + ": " + table.length + " bytes, expected " + bytes);
            }
            return table;
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
    }
}
