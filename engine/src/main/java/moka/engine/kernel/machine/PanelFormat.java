package moka.engine.kernel.machine;

/**
 * How rows of a tensor type are kept for the kernels: in <em>panels</em> of 16 rows. A panel is a sequence of blocks, each the file's
 * blocks of the 16 rows, transposed dword by dword: vector {@code v} holds dword {@code v} of rows 0 to 15. So packing is one routine for all
 * types, nothing is decoded for it, and a panel is as small as the file. What is no whole dword (a float16 scale before or after) stands as
 * a narrow field before the dwords, row after row.
 *
 * @param blockElements columns of a block, a multiple of 32
 * @param blockBytes bytes of a block in the file
 * @param narrowOffset byte of the narrow field in the file's block
 * @param narrowBytes 0, 1 or 2
 * @param runOffset byte of the first dword in the file's block
 * @param runDwords how many dwords follow
 * @param codes where the codes are
 * @param offsetShift codes are {@code 1 << offsetShift} too high, or -1: they are not
 * @param scales where the scales are
 */
public record PanelFormat(
        int blockElements,
        int blockBytes,
        int narrowOffset,
        int narrowBytes,
        int runOffset,
        int runDwords,
        Codes codes,
        int offsetShift,
        Scales scales) {

    /** Rows of a panel: lanes of a vector. */
    public static final int ROWS = 16;

    public PanelFormat {
        if (blockElements % ActivationRow.UNIT != 0 || narrowBytes + 4 * runDwords != blockBytes) {
            throw new IllegalArgumentException("fields do not fill a block of " + blockBytes + " bytes");
        }
    }

    /** The same panels, with codes 128 too high read as signed ones, which are not too high. */
    PanelFormat withSignedCodes() {
        if (offsetShift != 7) {
            throw new IllegalStateException("codes are not 128 too high");
        }
        return new PanelFormat(
                blockElements, blockBytes, narrowOffset, narrowBytes, runOffset, runDwords, codes.signed(), -1, scales);
    }

    /** Bytes of a panel's block. */
    public int panelBlockBytes() {
        return ROWS * blockBytes;
    }

    /** Byte of the first vector of dwords in a panel's block. */
    public int run() {
        return ROWS * narrowBytes;
    }

    /** Likewise for a part of the rows: where vectors have 8 lanes, part 1 begins at row 8. */
    public int run(int part, int parts) {
        return run() + 64 / parts * part;
    }

    /** Byte of a part's first narrow field. */
    int narrow(int part, int parts) {
        return ROWS / parts * part * narrowBytes;
    }

    /** Units of 32 columns in a block. */
    public int units() {
        return blockElements / ActivationRow.UNIT;
    }

    long panelBytes(int columns) {
        return (long) columns / blockElements * panelBlockBytes();
    }

    /** Bytes of one unit of two panels of 16 rows as {@link TileKernel} reads it: see {@link UnpackKernel}. */
    public int recordBytes() {
        int vectors = scales.hasMinimums() ? 2 : 1;
        return 512 + 64 * vectors * (32 / scales.groupLength());
    }
}
