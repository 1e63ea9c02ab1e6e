package moka.gguf;

/**
 * What a file may ask of the reader's heap. The format itself sets few bounds; these lie far above every published model and keep
 * a hostile file from exhausting memory. No allocation goes by an announced number that the file cannot hold.
 */
final class Limits {
    /** The format allows keys of 2^16-1 bytes. */
    static final int KEY_BYTES = 65_535;

    /** The format allows tensor names of 64 bytes. */
    static final int TENSOR_NAME_BYTES = 64;

    /** The format allows four dimensions. */
    static final int DIMENSIONS = 4;

    /** Models have some dozens of keys. */
    static final int KEYS = 65_536;

    /** The largest models have some thousands of tensors. */
    static final int TENSORS = 262_144;

    /** Bytes of all keys and values; vocabularies with merges take up to some tens of MiB. */
    static final long METADATA_BYTES = 256L << 20;

    /** Arrays inside arrays: levels. */
    static final int NESTING = 8;

    /** Arrays inside arrays: how many in a file. */
    static final int NESTED_ARRAYS = 65_536;

    private Limits() {}
}
