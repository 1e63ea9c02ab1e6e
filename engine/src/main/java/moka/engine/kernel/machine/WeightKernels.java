package moka.engine.kernel.machine;

import moka.engine.kernel.WeightMatrix;

/** How weights of one type are packed into panels of 16 rows and multiplied. Thread-safe: what a thread writes is in its {@link WorkerScratch}. */
sealed interface WeightKernels permits QuantizedKernels, FloatKernels {
    /** What is done, for people. */
    String description();

    /** Which form of the activations is multiplied. */
    InputForm inputForm();

    /** Bytes of a panel. */
    long panelBytes(int columns);

    /** Whether rows are packed by machine code, about as fast as they are read. */
    boolean packsQuickly();

    /** Packs 16 rows, or the last rows filled up with zeros, from the file. */
    void pack(WeightMatrix weights, int panel, long target, WorkerScratch scratch);

    /** Multiplies panels that follow each other in memory. */
    void multiply(Tokens tokens, Results results, int columns, Panels panels, WorkerScratch scratch);

    /** How a single row is multiplied. */
    Single single(int columns);

    /**
     * A routine for one row: {@code f(panels, row, -, output, -, parameters)} with the parameters of {@link TileTail}.
     *
     * @param steps along the columns
     * @param mostPanels that it takes in a call
     */
    record Single(LazyRoutine routine, int steps, int mostPanels) {}

    /** Whether whole panels of rows can be multiplied with one token where they lie in the file. */
    boolean multipliesInPlace(int columns);

    /** Multiplies whole panels of rows, one at least, with one token where they lie in the file. @param next address of what is read after them, or 0 */
    void multiplyInPlace(WeightMatrix weights, int firstPanel, int endPanel, long next, Tokens token, Results results, WorkerScratch scratch);

    /** Forms of activations. */
    enum InputForm {
        BYTES,
        FLOATS,
        BFLOATS
    }

    /**
     * Rows of activations.
     *
     * @param address of the first
     * @param stride bytes from one to the next
     */
    record Tokens(long address, long stride, int count) {}

    /**
     * Where results go.
     *
     * @param address of row 0, column 0
     * @param stride bytes from one token's to the next
     * @param bias address of the float32 bias of row 0, or 0
     */
    record Results(long address, long stride, long bias, float scale, boolean add) {}

    /**
     * Panels in memory.
     *
     * @param address of the first
     * @param firstRow row of the matrix that the first begins with
     * @param rows how many of their rows are the matrix's: all, or some of the last panel are padding
     * @param next address of the panels that are read after these, or 0
     */
    record Panels(long address, int firstRow, int rows, long next) {
        int count() {
            return (rows + PanelFormat.ROWS - 1) / PanelFormat.ROWS;
        }

        /** Bit mask of the rows of a panel that are the matrix's. */
        int mask(int panel) {
            return rows - panel * PanelFormat.ROWS >= PanelFormat.ROWS ? 0xFFFF : (1 << rows % PanelFormat.ROWS) - 1;
        }
    }
}
