package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.engine.kernel.machine.Codes.Place;
import moka.engine.kernel.machine.Codes.Plane;
import moka.engine.kernel.machine.Codes.Spot;
import moka.engine.kernel.machine.PaletteRows.Unit;
import moka.engine.tensor.TensorFormat.IntegerForm;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;

/** The panel format of each tensor type that has one: see {@code docs/tensor-types.md} for the blocks. */
final class PanelFormats {
    private static final int[] NON_LINEAR = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    private static final int[] FOUR_BIT_FLOAT = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private static final byte[] IQ3_XXS_VALUES = {-62, -52, -44, -36, -28, -20, -12, -4, 4, 12, 20, 28, 36, 44, 52, 62};

    private static final Map<TensorType, PanelFormat> FORMATS = new EnumMap<>(TensorType.class);

    static {
        Place bytes = (unit, quarter) -> new Spot(quarter, 0);
        put(TensorType.Q8_0, 0, 2, 2, new Codes(List.of(new Plane(8, 0, bytes)), null, 0x80), 7, new Scales.Half());
        put(TensorType.Q4_0, 0, 2, 2, new Codes(List.of(new Plane(4, 0, splitNibbles(0)))), 3, new Scales.Half());
        put(TensorType.IQ4_NL, 0, 2, 2, new Codes(List.of(new Plane(4, 0, splitNibbles(0))), table(NON_LINEAR, 128), 0), 7, new Scales.Half());
        put(TensorType.Q4_1, 0, 0, 0, new Codes(List.of(new Plane(4, 0, splitNibbles(1)))), -1, new Scales.HalfPair());
        put(TensorType.Q5_0, 0, 2, 2, new Codes(List.of(new Plane(4, 0, splitNibbles(1)), new Plane(1, 4, fifthBits(0)))), 4, new Scales.Half());
        put(TensorType.Q5_1, 0, 0, 0, new Codes(List.of(new Plane(4, 0, splitNibbles(2)), new Plane(1, 4, fifthBits(1)))), -1, new Scales.HalfPair());
        put(TensorType.MXFP4, 0, 1, 1, new Codes(List.of(new Plane(4, 0, splitNibbles(0))), table(FOUR_BIT_FLOAT, 16), 0), 4, new Scales.PowerOfTwo());
        put(TensorType.NVFP4, 0, 0, 0, new Codes(List.of(new Plane(4, 0, PanelFormats::pairsOfEight)), table(FOUR_BIT_FLOAT, 16), 0), 4,
                new Scales.EightBitFloats());
        put(TensorType.Q2_K, 0, 0, 0, new Codes(List.of(new Plane(2, 0, twoHalfPairs(4)))), -1, new Scales.NibblePairs());
        put(TensorType.Q3_K, 108, 2, 0, new Codes(List.of(new Plane(2, 0, twoHalfPairs(8)), new Plane(1, 2, (unit, quarter) -> new Spot(quarter, unit)))), 2,
                new Scales.SixBitSigned());
        put(TensorType.Q4_K, 0, 0, 0, new Codes(List.of(new Plane(4, 0, fourGroupNibbles(4)))), -1, new Scales.SixBitPairs());
        put(TensorType.Q5_K, 0, 0, 0,
                new Codes(List.of(new Plane(4, 0, fourGroupNibbles(12)), new Plane(1, 4, (unit, quarter) -> new Spot(4 + quarter, unit)))), -1,
                new Scales.SixBitPairs());
        put(TensorType.Q6_K, 208, 2, 0,
                new Codes(List.of(
                        new Plane(4, 0, (unit, quarter) -> new Spot(16 * (unit / 4) + 8 * (unit % 2) + quarter, 4 * (unit % 4 / 2))),
                        new Plane(2, 4, (unit, quarter) -> new Spot(32 + 8 * (unit / 4) + quarter, 2 * (unit % 4))))),
                5, new Scales.SignedBytes(48));
        put(TensorType.IQ4_XS, 0, 0, 0,
                new Codes(List.of(new Plane(4, 0, (unit, quarter) -> new Spot(2 + 4 * unit + quarter % 4, 4 * (quarter / 4)))), table(NON_LINEAR, 128), 0), 7,
                new Scales.SixBitSplit());
        put(TensorType.TQ2_0, 64, 2, 0, new Codes(List.of(new Plane(2, 0, twoHalfPairs(0)))), 0, new Scales.Half());
        put(TensorType.Q2_0, 0, 2, 2, new Codes(List.of(new Plane(2, 0, (unit, quarter) -> new Spot(2 * unit + quarter / 4, 8 * (quarter % 4), 2)))), 0,
                new Scales.Half());
        // The bit stands for -1 or +1: it counts 2, and 1 is taken off.
        put(TensorType.Q1_0, 0, 2, 2, new Codes(List.of(new Plane(1, 1, (unit, quarter) -> new Spot(unit, 4 * quarter, 1)))), 0, new Scales.Half());
    }

    private PanelFormats() {}

    /** The format for a type, or empty if it has none. */
    static Optional<PanelFormat> of(TensorType type) {
        return Optional.ofNullable(FORMATS.get(type));
    }

    /** How rows of a type without a format of its own are split, where the type has integer codes. */
    static Optional<RowSplitter> splitter(TensorType type) {
        IntegerForm form = TensorFormats.of(type).integerForm();
        if (form == null) {
            return Optional.empty();
        }
        return Optional.of(
                switch (type) {
                    // Codebook values times signs; the scales are odd multiples.
                    case IQ3_S -> PaletteRows.of(form, steps(-15, 2, 16), 4, true, Unit.half(0, 1));
                    case IQ3_XXS -> PaletteRows.of(form, IQ3_XXS_VALUES, 6, true, Unit.half(0, 1 / 4f));
                    case IQ2_XXS, IQ2_XS, IQ2_S -> PaletteRows.of(form, new byte[] {-43, -25, -8, 8, 25, 43}, 6, true, Unit.half(0, 1 / 8f));
                    case IQ1_S -> PaletteRows.of(form, new byte[] {-9, -7, -1, 1, 7, 9}, 4, true, Unit.half(0, 1 / 8f));
                    case IQ1_M -> PaletteRows.of(form, new byte[] {-9, -7, -1, 1, 7, 9}, 4, true, PanelFormats::scatteredHalf);
                    case TQ1_0 -> PaletteRows.of(form, steps(-1, 1, 3), 0, false, Unit.half(52, 1));
                    default -> PlainRows.of(form);
                });
    }

    private static byte[] steps(int first, int step, int count) {
        byte[] values = new byte[count];
        for (int i = 0; i < count; i++) {
            values[i] = (byte) (first + i * step);
        }
        return values;
    }

    /** IQ1_M: a float16 in the upper nibbles of the last four 16-bit words, divided by 8. */
    private static float scatteredHalf(MemorySegment data, long block) {
        int bits = 0;
        for (int k = 0; k < 4; k++) {
            bits |= (data.get(ValueLayout.JAVA_BYTE, block + 49 + 2 * k) & 0xF0) >> 4 << 4 * k;
        }
        return Float.float16ToFloat((short) bits) / 8;
    }

    private static void put(TensorType type, int narrowOffset, int narrowBytes, int runOffset, Codes codes, int offsetShift, Scales scales) {
        FORMATS.put(
                type,
                new PanelFormat(
                        type.blockElements(),
                        type.blockBytes(),
                        narrowOffset,
                        narrowBytes,
                        runOffset,
                        (type.blockBytes() - narrowBytes) / 4,
                        codes,
                        offsetShift,
                        scales));
    }

    /** Columns 0 to 15 in low nibbles, 16 to 31 in high nibbles of the same 16 bytes. */
    private static Place splitNibbles(int dword) {
        return (unit, quarter) -> new Spot(dword + quarter % 4, 4 * (quarter / 4));
    }

    /** Bit i of a dword belongs to column i. */
    private static Place fifthBits(int dword) {
        return (unit, quarter) -> new Spot(dword, 4 * quarter, 1);
    }

    /** 32 columns in low nibbles, the next 32 in high nibbles of the same 32 bytes. */
    private static Place fourGroupNibbles(int dword) {
        return (unit, quarter) -> new Spot(dword + 8 * (unit / 2) + quarter, 4 * (unit % 2));
    }

    /** Four times 32 columns in bits 0, 2, 4, 6 of the same 32 bytes. */
    private static Place twoHalfPairs(int dword) {
        return (unit, quarter) -> new Spot(dword + 8 * (unit / 4) + quarter, 2 * (unit % 4));
    }

    /** NVFP4: groups of 16 columns, the first 8 in low nibbles, the others in high nibbles of 8 bytes. */
    private static Spot pairsOfEight(int unit, int quarter) {
        return new Spot(1 + 2 * (2 * unit + quarter / 4) + quarter % 2, 4 * (quarter % 4 / 2));
    }

    private static byte[] table(int[] values, int offset) {
        byte[] table = new byte[16];
        for (int i = 0; i < 16; i++) {
            table[i] = (byte) (values[i] + offset);
        }
        return table;
    }
}
