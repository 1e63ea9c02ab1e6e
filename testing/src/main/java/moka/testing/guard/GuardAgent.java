package moka.testing.guard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * A Java agent that replaces every arena that a class of Moka makes, tests included, by one of {@link GuardedArenas}. Nothing in the program
 * knows of it, so nothing can be forgotten: an allocation that is written tomorrow is guarded as well.
 *
 * <p>{@code -javaagent:moka-testing.jar=end} puts segments against the page behind them, {@code =start} against the one before; {@code =end,FILE}
 * also adds a line to a file when the process ends, which says how much was guarded.
 */
public final class GuardAgent {
    private GuardAgent() {}

    /** Called by the virtual machine before the program's main method. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        String[] words = arguments.split(",", 2);
        GuardedPages.place(GuardedPages.Side.valueOf(words[0].toUpperCase(Locale.ROOT)));
        instrumentation.addTransformer(new ArenaCalls());
        if (words.length == 2) {
            Path report = Path.of(words[1]);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> report(report)));
        }
    }

    private static void report(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, GuardedPages.summary() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
