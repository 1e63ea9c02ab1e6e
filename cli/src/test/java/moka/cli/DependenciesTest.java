package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The libraries of the program and of its tests are the very files that were looked at: {@code dependencies.txt} has for each its SHA-256,
 * whether it goes into the program, and its licence. A new version is a change of that list.
 */
class DependenciesTest {
    private static final Set<String> IN_THE_PROGRAM = Set.of("Apache-2.0", "BSD-3-Clause", "MIT");
    private static final Set<String> IN_TESTS = Set.of("Apache-2.0", "BSD-3-Clause", "MIT", "EPL-2.0");

    private record Library(String sha256, String scope, String licence, String file) {
        static Library of(String line) {
            String[] columns = line.split("\\s+");
            return new Library(columns[0], columns[1], columns[2], columns[3]);
        }
    }

    private static Map<String, Library> listed() throws IOException {
        try (InputStream list = DependenciesTest.class.getResourceAsStream("dependencies.txt")) {
            var libraries = new TreeMap<String, Library>();
            new String(list.readAllBytes()).lines().filter(line -> !line.isBlank() && !line.startsWith("#")).map(Library::of)
                    .forEach(it -> libraries.put(it.file(), it));
            return libraries;
        }
    }

    /** The jars of the tests' class path, but for the modules of this project. */
    private static List<Path> jars() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(path.split(File.pathSeparator))
                .filter(it -> it.endsWith(".jar"))
                .map(Path::of)
                .filter(it -> !it.getFileName().toString().startsWith("moka-") && !it.getFileName().toString().startsWith("surefire"))
                .toList();
    }

    @Test
    void everyLibraryIsTheFileThatWasLookedAt() throws Exception {
        Map<String, Library> listed = listed();
        int checked = 0;
        for (Path jar : jars()) {
            String name = jar.getFileName().toString();
            Library library = listed.get(name);
            assertTrue(library != null, () -> name + " is not in dependencies.txt: " + jar);
            assertEquals(library.sha256(), sha256(jar), name);
            checked++;
        }
        assertTrue(checked >= 4, "the class path has " + checked + " libraries only");
    }

    @Test
    void licencesAllowWhatIsDone() throws IOException {
        listed().values().forEach(it -> assertTrue(
                (it.scope().equals("program") ? IN_THE_PROGRAM : IN_TESTS).contains(it.licence()), it.file() + ": " + it.licence()));
    }

    private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
