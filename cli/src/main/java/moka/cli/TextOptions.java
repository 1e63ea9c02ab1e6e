package moka.cli;

import java.nio.file.Path;
import java.util.Optional;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A text from the command line, a file, or standard input. */
final class TextOptions {
    @Option(names = {"-p", "--prompt"}, paramLabel = "TEXT", description = "The text.")
    @Nullable String text;

    @Option(names = {"-f", "--file"}, paramLabel = "FILE", description = "A file that holds it (- for standard input).")
    @Nullable String file;

    /** The text: of -p, of -f, or both with a blank line between them; empty where none is given. */
    Optional<String> read(Streams streams) {
        if (file == null) {
            return Optional.ofNullable(text);
        }
        String content = file.equals("-") ? TextFiles.ofInput(streams) : TextFiles.of(Path.of(file));
        return Optional.of(text == null ? content : text + "\n\n" + content);
    }

    /** The same; without any, what is piped in. @throws CommandFailure if there is nothing */
    String require(Streams streams) {
        Optional<String> given = read(streams);
        if (given.isPresent()) {
            return given.get();
        }
        if (streams.inputIsTerminal()) {
            throw CommandFailure.usage("no text: give -p TEXT, -f FILE, or pipe it in");
        }
        return TextFiles.ofInput(streams);
    }

    /** The text as a prompt: the line break at the end of a file or a pipe is not part of it (nor of llama.cpp's {@code -f}). */
    Optional<String> prompt(Streams streams) {
        return file == null ? Optional.ofNullable(text) : read(streams).map(TextOptions::withoutFinalLineBreak);
    }

    /** The same; without any, what is piped in. @throws CommandFailure if there is nothing */
    String requirePrompt(Streams streams) {
        return file == null && text != null ? text : withoutFinalLineBreak(require(streams));
    }

    private static String withoutFinalLineBreak(String content) {
        int end = content.endsWith("\r\n") ? 2 : content.endsWith("\n") ? 1 : 0;
        return content.substring(0, content.length() - end);
    }
}
