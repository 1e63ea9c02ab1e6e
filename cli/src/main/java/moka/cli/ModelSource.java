package moka.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import moka.cli.store.ModelName;
import moka.cli.store.Models;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Spelling;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.gguf.GgufFile;
import moka.models.DefaultModel;
import org.jspecify.annotations.Nullable;

/** Where a model comes from: a file, or the model that ships with the program. */
sealed interface ModelSource {
    /** Of what the user named: a file, or a model of a store; nothing or {@code pebble} is the embedded model. */
    static ModelSource of(@Nullable String name) {
        if (name == null || name.equals(Embedded.NAME)) {
            return new Embedded();
        }
        return new InFile(Models.of(System.getenv()).find(name).orElseGet(() -> file(name)));
    }

    /** What looks like a file is one, even if it is missing; other names are those of models that can be pulled. */
    private static Path file(String name) {
        if (name.endsWith(".gguf") || ModelName.parse(name).isEmpty()) {
            Path path = Path.of(name);
            String hint = Files.exists(path) ? "" : Spelling.hint(path.toString(), filesBeside(path));
            if (!hint.isEmpty()) {
                throw CommandFailure.failed(name + ": no such file" + hint);
            }
            return path;
        }
        throw CommandFailure.failed(name + ": no such file, and no such model on this machine: 'moka pull " + name
                + "' gets it, 'moka list' shows what is here");
    }

    /** Models in the folder where one is missing. */
    private static List<String> filesBeside(Path missing) {
        Path folder = missing.toAbsolutePath().getParent();
        try (Stream<Path> files = folder != null && Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
            return files.map(file -> missing.resolveSibling(file.getFileName()).toString()).filter(file -> file.endsWith(".gguf")).toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(); // no rights to look
        }
    }

    /** Opens it for computing. */
    Model open(ModelOptions options);

    /** Opens it for looking at: a file with a vocabulary and no tensors is enough. */
    GgufFile openFile();

    /** A file of the user's. */
    record InFile(Path path) implements ModelSource {
        @Override
        public Model open(ModelOptions options) {
            return Model.open(path, options);
        }

        @Override
        public GgufFile openFile() {
            return GgufFile.open(path);
        }
    }

    /** The model inside the program. */
    record Embedded() implements ModelSource {
        static final String NAME = "pebble";

        @Override
        public Model open(ModelOptions options) {
            return Model.open(DefaultModel.FILE_NAME, EmbeddedModel.bytes(), options);
        }

        @Override
        public GgufFile openFile() {
            return GgufFile.of(DefaultModel.FILE_NAME, EmbeddedModel.bytes());
        }
    }
}
