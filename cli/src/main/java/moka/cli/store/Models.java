package moka.cli.store;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The models that a name can mean on this machine: the user's files, the store, and what other programs have.
 *
 * @param store of our own
 * @param others of other programs
 */
public record Models(ModelStore store, OtherStores others) {
    public static Models of(Map<String, String> environment) {
        return new Models(ModelStore.of(environment, System.getProperty("os.name")), new OtherStores(environment));
    }

    /** The file of what the user names: a path first, then the stores; empty if nothing fits. */
    public Optional<Path> find(String text) {
        try {
            Path path = Path.of(text);
            if (Files.exists(path)) {
                return Optional.of(path);
            }
        } catch (InvalidPathException e) {
            // a name that no file can have
        }
        return store.find(text).or(() -> others.find(text));
    }

    /** Everything that is here, ours first. */
    public List<ModelStore.Entry> list() {
        var all = new ArrayList<>(store.list());
        all.addAll(others.list());
        return all;
    }
}
