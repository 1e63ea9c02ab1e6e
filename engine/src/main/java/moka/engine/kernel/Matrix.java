package moka.engine.kernel;

/** A weight matrix as one kernel set wants it: in place, or repacked. Made by {@link Kernels#prepare}, used with that set only. */
public interface Matrix {
    WeightMatrix weights();

    /** Bytes held beside the file's own. */
    default long extraBytes() {
        return 0;
    }
}
