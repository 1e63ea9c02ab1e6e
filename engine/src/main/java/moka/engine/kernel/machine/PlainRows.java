package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.machine.Codes.Plane;
import moka.engine.kernel.machine.Codes.Spot;
import moka.engine.tensor.TensorFormat;

/** Blocks of 32 columns for any type with integer codes: float32 scales, minimums if any, then codes made unsigned; 9 or 10 bits a weight. */
record PlainRows(TensorFormat.IntegerForm form, PanelFormat format) implements RowSplitter {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    static PlainRows of(TensorFormat.IntegerForm form) {
        int vectors = 32 / form.groupLength() * (form.hasMinimums() ? 2 : 1);
        var codes = new Codes(List.of(new Plane(8, 0, (unit, quarter) -> new Spot(vectors + quarter, 0))));
        var scales = new Scales.Floats(form.groupLength(), form.hasMinimums());
        return new PlainRows(form, new PanelFormat(32, 4 * (vectors + 8), 0, 0, 0, vectors + 8, codes, 7, scales));
    }

    @Override
    public void split(WeightMatrix weights, int row, MemorySegment target, long offset) {
        int columns = weights.columns();
        int groups = columns / form.groupLength();
        int groupsOfUnit = ActivationRow.UNIT / form.groupLength();
        var codes = new byte[columns];
        var scales = new float[groups];
        var minimums = new float[groups];
        int codesAt = format.blockBytes() - ActivationRow.UNIT;
        form.split(weights.data(), row * weights.rowBytes(), columns, codes, 0, scales, minimums, 0);
        for (int i = 0; i < columns; i++) {
            codes[i] ^= (byte) 0x80;
        }
        for (int unit = 0; unit < columns / ActivationRow.UNIT; unit++) {
            long block = offset + (long) unit * format.blockBytes();
            int group = unit * groupsOfUnit;
            MemorySegment.copy(scales, group, target, FLOAT, block, groupsOfUnit);
            if (form.hasMinimums()) {
                MemorySegment.copy(minimums, group, target, FLOAT, block + 4L * groupsOfUnit, groupsOfUnit);
            }
            MemorySegment.copy(codes, unit * ActivationRow.UNIT, target, ValueLayout.JAVA_BYTE, block + codesAt, ActivationRow.UNIT);
        }
    }
}
