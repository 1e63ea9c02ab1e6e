package moka.quantize.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import moka.gguf.TensorType;

/** Weights of a checkpoint as rows of numbers, decoded when they are read. Safe for use by many threads. */
interface Matrix {
    long rows();

    int columns();

    /** The GGUF type that holds every value exactly. */
    TensorType type();

    /** Decodes {@code rows} rows. @param target receives them row after row from {@code offset} */
    void read(long firstRow, int rows, float[] target, int offset);

    /** Bits of a code where the weights are packed, else 0. */
    default int packedBits() {
        return 0;
    }

    /** The rows as blocks of a GGUF type without loss, where the weights are packed so that they are. */
    default Optional<ExactRows> exact() {
        return Optional.empty();
    }

    /** The bytes of all rows in {@link #type}, where they lie so in the file. */
    default Optional<MemorySegment> bytes() {
        return Optional.empty();
    }
}
