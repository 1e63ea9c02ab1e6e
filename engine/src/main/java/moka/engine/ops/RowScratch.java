package moka.engine.ops;

/** Arrays for operations on single rows: for each worker of a set of kernels some that grow to what is needed and stay. */
public final class RowScratch {
    private static final int ARRAYS = 4;

    private final float[][][] arrays;

    /** @param workers threads that may use it at the same time */
    public RowScratch(int workers) {
        arrays = new float[workers][ARRAYS][0];
    }

    /** At least {@code count} values, content undefined. @param index which of the four arrays of the worker */
    public float[] floats(int worker, int index, int count) {
        float[] array = arrays[worker][index];
        if (array.length < count) {
            array = new float[count];
            arrays[worker][index] = array;
        }
        return array;
    }
}
