package moka.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import moka.models.DefaultModel;

/** The default model, for tests of what generates. */
final class Pebble {
    private Pebble() {}

    static Model open(ModelOptions options) {
        return Model.open(DefaultModel.FILE_NAME, bytes(), options);
    }

    static MemorySegment bytes() {
        try (InputStream stream = DefaultModel.open()) {
            return MemorySegment.ofArray(stream.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
