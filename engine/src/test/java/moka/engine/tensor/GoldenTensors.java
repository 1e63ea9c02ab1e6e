package moka.engine.tensor;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import moka.testing.SharedData;

/**
 * Golden rows of every tensor type, their decoding, rounding and dot products: made with ggml of llama.cpp v0.5.0,
 * outside the repository in {@code shared/own/tensor-types}. A few rows of each type lie beside the tests, for
 * checkouts without it.
 */
public final class GoldenTensors {
    /** Elements of every golden row. */
    public static final int ROW_LENGTH = 1024;

    private final Path folder;

    private GoldenTensors(Path folder) {
        this.folder = folder;
    }

    /** The data, or the calling test is skipped. */
    public static GoldenTensors orSkip() {
        return new GoldenTensors(SharedData.require("own/tensor-types"));
    }

    public byte[] bytes(String name) {
        try {
            return Files.readAllBytes(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public float[] floats(String name) {
        byte[] bytes = bytes(name);
        var floats = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }

    public JsonObject json(String name) {
        try {
            return JsonParser.parseString(Files.readString(folder.resolve(name))).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
