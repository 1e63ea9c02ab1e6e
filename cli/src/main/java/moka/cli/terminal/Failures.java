package moka.cli.terminal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import moka.cli.store.PullException;
import moka.engine.EngineException;
import moka.engine.grammar.GrammarException;
import moka.gguf.GgufException;
import moka.gguf.OneLine;
import moka.quantize.QuantizeException;
import moka.template.TemplateException;
import moka.tokenizer.TokenizerException;
import picocli.CommandLine.ParameterException;

/** Turns an exception into the line that the user reads and the exit code. */
public final class Failures {
    /** Characters of a line, whatever it quotes. */
    private static final int LONGEST = 3000;

    private Failures() {}

    public static int exitCode(Throwable failure) {
        return switch (failure) {
            case ParameterException usage -> ExitCode.USAGE;
            case CommandFailure ours -> ours.exitCode();
            default -> ExitCode.FAILED;
        };
    }

    public static String line(Throwable failure) {
        String line =
                switch (failure) {
                    case CommandFailure ours -> message(ours);
                    case ParameterException usage ->
                        message(usage).replaceFirst("' is not an? (int|long)$", "' is no whole number").replaceFirst("' is not an? (float|double)$", "' is no number");
                    case GgufException e -> message(e);
                    case EngineException e -> message(e);
                    case TokenizerException e -> message(e);
                    case TemplateException e -> message(e);
                    case GrammarException e -> message(e);
                    case QuantizeException e -> message(e);
                    case PullException e -> message(e);
                    case UncheckedIOException e -> line(e.getCause());
                    case NoSuchFileException e -> e.getFile() + (hasFolder(e.getFile()) ? ": no such file" : ": there is no such folder");
                    case AccessDeniedException e -> e.getFile() + ": permission denied";
                    case FileAlreadyExistsException e -> e.getFile() + ": is there already, and is no folder";
                    case NotDirectoryException e -> e.getFile() + ": is no folder";
                    case IOException e -> message(e);
                    case OutOfMemoryError e ->
                        "out of heap memory (" + message(e) + "): the limit is " + (Runtime.getRuntime().maxMemory() >> 20)
                                + " MiB; give more with MOKA_JAVA_OPTS=-Xmx4g";
                    case InternalError e -> "a mapped file can no longer be read: the disk fails, or it was cut while in use (" + message(e) + ")";
                    default ->
                        "internal error: " + failure.getClass().getName() + ": " + message(failure)
                                + " (please report this, with the output of --verbose)";
                };
        String escaped = OneLine.of(line.replace("\r", "").replace('\n', ' ')).strip();
        return escaped.length() <= LONGEST ? escaped : escaped.substring(0, LONGEST) + "…";
    }

    private static boolean hasFolder(String file) {
        Path folder = Path.of(file).toAbsolutePath().getParent();
        return folder == null || Files.isDirectory(folder);
    }

    private static String message(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
