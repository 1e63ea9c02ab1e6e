package moka.gguf;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Finds the reference data that lies beside the checkout: system property {@code moka.shared}, or a directory "shared" upwards. */
final class SharedData {
    private SharedData() {}

    /** A file or directory of the reference data; skips the test by name where there is none. */
    static Path require(String relative) {
        Path root = root();
        Assumptions.assumeTrue(
                root != null && Files.exists(root.resolve(relative)), "skipped: no reference data shared/" + relative);
        return root.resolve(relative);
    }

    private static Path root() {
        String property = System.getProperty("moka.shared");
        if (property != null) {
            return Path.of(property);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path shared = at.resolve("shared");
            if (Files.isRegularFile(shared.resolve("HOUSE.md"))) {
                return shared;
            }
        }
        return null;
    }
}
