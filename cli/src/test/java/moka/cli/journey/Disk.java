package moka.cli.journey;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import moka.cli.journey.Program.Outcome;
import org.junit.jupiter.api.Assumptions;

/**
 * A small file system of its own, mounted at {@code disk} in the program's home for the time of one command: one that can be full, or
 * read-only. What lies on it at the end is copied to {@code left}.
 */
final class Disk {
    private final Program moka;
    private final Path home;

    Disk(Program moka, Path home) {
        this.moka = moka;
        this.home = home;
        Assumptions.assumeTrue(
                moka.shell("unshare -rm mount -t tmpfs -o size=64k tmpfs \"$PWD\" 2>/dev/null").exitCode() == 0,
                "skipped: full and read-only disks, for this system lets no process mount a file system of its own (unshare -rm)");
    }

    /**
     * Runs a line of the shell, in which {@code moka} is the program.
     *
     * @param size of the disk, such as {@code 64k}
     * @param before a line that prepares it
     */
    Outcome run(String size, String before, String line) {
        return Program.finish(moka.start(List.of("unshare", "-rm", "/bin/sh", script(size, before, line).toString())), "");
    }

    /** The same as a script, for a shell that may mount file systems. */
    Path script(String size, String before, String line) {
        try {
            Files.createDirectories(home.resolve("disk"));
            Files.createDirectories(home.resolve("left"));
            return Files.writeString(home.resolve("script"), """
                    moka() { "%s" "$@"; }
                    mount -t tmpfs -o size=%s tmpfs disk || exit 99
                    %s
                    %s
                    code=$?
                    cp -r disk/. left/ || exit 98
                    exit $code
                    """.formatted(Program.SCRIPT, size, before, line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What lay there at the end. */
    Path left(String name) {
        return home.resolve("left").resolve(name);
    }
}
