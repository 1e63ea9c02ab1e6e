package moka.models;

import java.io.IOException;
import java.io.InputStream;

/**
 * Pebble, the small English chat model that is used where no model is named: 5.2 million weights, Q4_K_M, 3.3 MB. Its
 * origin, licence and limits are told in {@code NOTICE.md} beside it.
 */
public final class DefaultModel {
    /** Name of the file. */
    public static final String FILE_NAME = "pebble-Q4_K_M.gguf";

    /** Bytes of the file. */
    public static final long BYTES = 3_280_832;

    private DefaultModel() {}

    /** Opens the file, a GGUF file as it would lie on a disk; the caller closes it. */
    public static InputStream open() throws IOException {
        InputStream stream = DefaultModel.class.getResourceAsStream(FILE_NAME);
        if (stream == null) {
            throw new IOException("this build of Moka holds no default model: resource moka/models/" + FILE_NAME);
        }
        return stream;
    }
}
