package moka.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a command reads from and writes to. The process has one; tests make their own.
 *
 * @param in standard input
 * @param out standard output: the answer and nothing else
 * @param err standard error: notes, progress, errors
 * @param inputIsTerminal whether a person types standard input
 * @param outputIsTerminal whether a person reads standard output
 * @param errorIsTerminal whether a person reads standard error
 * @param columns width of the terminal, or 80
 * @param environment the environment variables
 */
public record Streams(
        InputStream in,
        Output out,
        PrintStream err,
        boolean inputIsTerminal,
        boolean outputIsTerminal,
        boolean errorIsTerminal,
        int columns,
        Map<String, String> environment) {

    private static final int DEFAULT_COLUMNS = 80;

    public static Streams ofProcess() {
        return new Streams(
                new FileInputStream(FileDescriptor.in),
                new Output(new FileOutputStream(FileDescriptor.out)),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                isTerminal(0),
                isTerminal(1),
                isTerminal(2),
                Integer.getInteger("moka.columns", DEFAULT_COLUMNS),
                System.getenv());
    }

    /** Whether colour may be used on standard output: a terminal, and not refused (no-color.org). */
    public boolean colour() {
        return outputIsTerminal && colourAllowed();
    }

    /** Whether colour and progress lines may be used on standard error. */
    public boolean errorColour() {
        return errorIsTerminal && colourAllowed();
    }

    private boolean colourAllowed() {
        return environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(environment.get("TERM"));
    }

    public Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    /** A note for the user. */
    public void note(String text) {
        err.println(text);
    }

    /**
     * Whether a file descriptor is a terminal. The start script knows and says so in {@code moka.terminals} (the descriptors that are);
     * without it Linux tells by the name of the open file, and other systems only whether both input and output are.
     */
    private static boolean isTerminal(int descriptor) {
        String told = System.getProperty("moka.terminals");
        if (told != null) {
            return told.indexOf('0' + descriptor) >= 0;
        }
        Path link = Path.of("/proc/self/fd/" + descriptor);
        try {
            String target = Files.readSymbolicLink(link).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return System.console() != null && System.console().isTerminal();
        }
    }
}
