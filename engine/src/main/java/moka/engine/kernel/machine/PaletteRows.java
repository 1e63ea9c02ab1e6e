package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.machine.Codes.Plane;
import moka.engine.kernel.machine.Codes.Spot;
import moka.engine.tensor.TensorFormat;

/**
 * Blocks of 256 columns for types that draw vectors of codes from a codebook, where few different codes occur, their <em>palette</em>: 3 values take 2
 * bits, up to 8 take 3, up to 16 take 4. Kernels look the value up, as they do for IQ4_NL; the codebook is needed for packing only.
 *
 * <pre>
 *   0  float32 u
 *   4  8 or 16 bytes m: the scale of a group is u * m, exactly (none where all groups have the scale u)
 *      2 bits: 64 bytes, as in Q2_K; a third bit: 32 bytes, as in Q3_K. Or 4 bits: 128 bytes, as in Q4_K
 * </pre>
 *
 * With 16 rows a panel takes 3.4 or 3.6 bits a weight for IQ2, 4.4 for IQ3, 2.1 for TQ1_0: more than the file, less than half of what plain codes take.
 *
 * @param palette the codes that occur
 * @param unit the block's u
 */
record PaletteRows(TensorFormat.IntegerForm form, PanelFormat format, byte[] palette, Unit unit) implements RowSplitter {
    private static final int ELEMENTS = 256;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The largest float of which all scales of a block are whole multiples up to 255. */
    @FunctionalInterface
    interface Unit {
        float of(MemorySegment data, long block);

        /** A multiple of the float16 at a byte of the block. */
        static Unit half(int offset, float factor) {
            return (data, block) -> Float.float16ToFloat(data.get(SHORT, block + offset)) * factor;
        }
    }

    /** @param offsetShift the palette plus {@code 1 << offsetShift} is not negative */
    static PaletteRows of(TensorFormat.IntegerForm form, byte[] palette, int offsetShift, boolean multiples, Unit unit) {
        int multipleDwords = multiples ? ELEMENTS / form.groupLength() / 4 : 0;
        int first = 1 + multipleDwords;
        List<Plane> planes = new ArrayList<>();
        int dwords = 16;
        if (palette.length > 8) {
            planes.add(new Plane(4, 0, (unit32, quarter) -> new Spot(first + 8 * (unit32 / 2) + quarter, 4 * (unit32 % 2))));
            dwords = 32;
        } else {
            planes.add(new Plane(2, 0, (unit32, quarter) -> new Spot(first + 8 * (unit32 / 4) + quarter, 2 * (unit32 % 4))));
            if (palette.length > 4) {
                planes.add(new Plane(1, 2, (unit32, quarter) -> new Spot(first + 16 + quarter, unit32)));
                dwords = 24;
            }
        }
        byte[] table = new byte[16];
        for (int i = 0; i < palette.length; i++) {
            table[i] = (byte) (palette[i] + (1 << offsetShift));
        }
        // Where values are the numbers themselves, there is nothing to look up.
        boolean plain = true;
        for (int i = 0; i < palette.length; i++) {
            plain &= table[i] == i;
        }
        Scales scales = multiples ? new Scales.Multiples(form.groupLength()) : new Scales.OneFloat();
        int blockDwords = first + dwords;
        var format = new PanelFormat(
                ELEMENTS, 4 * blockDwords, 0, 0, 0, blockDwords, new Codes(planes, plain ? null : table, 0), offsetShift, scales);
        return new PaletteRows(form, format, palette, unit);
    }

    @Override
    public void split(WeightMatrix weights, int row, MemorySegment target, long offset) {
        int columns = weights.columns();
        int groups = ELEMENTS / form.groupLength();
        var codes = new byte[columns];
        var scales = new float[columns / form.groupLength()];
        long source = row * weights.rowBytes();
        form.split(weights.data(), source, columns, codes, 0, scales, scales, 0);
        var numbers = new byte[256];
        for (int i = 0; i < palette.length; i++) {
            numbers[palette[i] & 0xFF] = (byte) i;
        }
        for (int i = 0; i < columns; i++) {
            codes[i] = numbers[codes[i] & 0xFF];
        }
        var block = new byte[format.blockBytes()];
        Layout layout = Layout.of(format);
        boolean multiples = format.scales() instanceof Scales.Multiples;
        long sourceBytes = weights.rowBytes() / (columns / ELEMENTS);
        for (int b = 0; b < columns / ELEMENTS; b++) {
            float u = unit.of(weights.data(), source + b * sourceBytes);
            Arrays.fill(block, (byte) 0);
            if (multiples) {
                for (int g = 0; g < groups; g++) {
                    block[4 + g] = (byte) Math.round(scales[b * groups + g] / u);
                }
            }
            layout.write(codes, b * ELEMENTS, block);
            long at = offset + (long) b * block.length;
            MemorySegment.copy(block, 0, target, ValueLayout.JAVA_BYTE, at, block.length);
            target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, u);
        }
    }

    /** Where the bits of 32 columns are, plane by plane: 32 bytes that follow each other, eight of which are shifted and masked as a long. */
    private record Layout(int[] bytes, int[] lefts, int[] rights, long[] masks) {
        private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
        private static final int UNITS = ELEMENTS / ActivationRow.UNIT;

        static Layout of(PanelFormat format) {
            List<Plane> planes = format.codes().planes();
            int count = UNITS * planes.size();
            var layout = new Layout(new int[count], new int[count], new int[count], new long[count]);
            for (int i = 0; i < count; i++) {
                Plane plane = planes.get(i / UNITS);
                Spot spot = plane.place().of(i % UNITS, 0);
                layout.bytes[i] = 4 * spot.dword();
                layout.lefts[i] = spot.shift();
                layout.rights[i] = plane.position();
                layout.masks[i] = plane.mask() * 0x0101010101010101L;
            }
            return layout;
        }

        void write(byte[] numbers, int first, byte[] block) {
            for (int i = 0; i < bytes.length; i++) {
                int from = first + ActivationRow.UNIT * (i % UNITS);
                write(numbers, from, rights[i], masks[i], lefts[i], block, bytes[i]);
            }
        }

        private static void write(byte[] numbers, int from, int right, long mask, int left, byte[] block, int to) {
            for (int j = 0; j < ActivationRow.UNIT; j += 8) {
                long eight = ((long) LONG.get(numbers, from + j) >>> right & mask) << left;
                LONG.set(block, to + j, (long) LONG.get(block, to + j) | eight);
            }
        }
    }
}
