package moka.engine.ops;

/** Arrays for operations on single rows: for each worker of a set of kernels some that grow to what is needed and stay. */
public final class RowScratch {
    private static final int ARRAYS = 6;

    private final float[][][] arrays;
    private final float[][][] tiles;

    /** @param workers threads that may use it at the same time */
    public RowScratch(int workers) {
        arrays = new float[workers][ARRAYS][0];
        tiles = new float[workers][0][];
    }

    /** Threads that may use it at the same time. */
    public int workers() {
        return arrays.length;
    }

    /** At least {@code count} values, content undefined. @param index which of the six arrays of the worker */
    public float[] floats(int worker, int index, int count) {
        float[] array = arrays[worker][index];
        if (array.length < count) {
            array = new float[count];
            arrays[worker][index] = array;
        }
        return array;
    }

    /** At least {@code rows} arrays of at least {@code columns} values, content undefined: a state while tokens change it. */
    public float[][] tile(int worker, int rows, int columns) {
        float[][] tile = tiles[worker];
        if (tile.length < rows || tile[0].length < columns) {
            tile = new float[Math.max(rows, tile.length)][Math.max(columns, tile.length == 0 ? 0 : tile[0].length)];
            tiles[worker] = tile;
        }
        return tile;
    }
}
