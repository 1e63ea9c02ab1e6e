package moka.quantize.checkpoint;

import moka.gguf.TensorType;

/** Rows of packed weights that are blocks of a GGUF type already but for the order of their bits. Safe for use by many threads. */
interface ExactRows {
    /** The type. */
    TensorType type();

    /** Writes whole rows as blocks of the type. */
    void encode(long firstRow, int rows, byte[] target, int offset);
}
