package moka.engine;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.gguf.GgufFile;
import moka.gguf.TensorType;
import moka.template.ChatTemplate;
import moka.tokenizer.Tokenizer;

/**
 * An open model: weights, tokenizer and template. Immutable, shared by threads; sessions of several threads take turns in computing.
 * Closing it twice is harmless; closing it with open sessions is an {@link IllegalStateException} that names them.
 */
public final class Model implements AutoCloseable {
    private Model() {}

    /** Opens a file. @throws moka.gguf.GgufException if it is malformed @throws EngineException if it cannot be run */
    public static Model open(Path path) {
        return open(path, ModelOptions.DEFAULT);
    }

    public static Model open(Path path, ModelOptions options) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Opens a model that lies in memory, such as the one embedded in the program. */
    public static Model open(String name, MemorySegment bytes, ModelOptions options) {
        throw new UnsupportedOperationException("not yet");
    }

    /** File name, for messages. */
    public String name() {
        throw new UnsupportedOperationException("not yet");
    }

    public GgufFile file() {
        throw new UnsupportedOperationException("not yet");
    }

    public Tokenizer tokenizer() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The file's chat template, or empty. */
    public Optional<ChatTemplate> chatTemplate() {
        throw new UnsupportedOperationException("not yet");
    }

    /** {@code general.architecture}. */
    public String architecture() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Context length that the model was trained for. */
    public int contextLength() {
        throw new UnsupportedOperationException("not yet");
    }

    public int vocabularySize() {
        throw new UnsupportedOperationException("not yet");
    }

    public int threads() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The kernel set in use, such as {@code machine-avx512vnni}. */
    public String kernels() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Why better sets were not chosen: one sentence each. */
    public List<String> kernelNotes() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The kernel used for each tensor type that the model has. */
    public Map<TensorType, String> kernelByType() {
        throw new UnsupportedOperationException("not yet");
    }

    public MemoryEstimate memoryEstimate(SessionOptions options) {
        throw new UnsupportedOperationException("not yet");
    }

    public Session newSession() {
        return newSession(SessionOptions.DEFAULT);
    }

    public Session newSession(SessionOptions options) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("not yet");
    }
}
