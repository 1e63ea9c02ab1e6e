package moka.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Streams;
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
        String content = file.equals("-") ? readInput(streams) : readFile(Path.of(file));
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
        return readInput(streams);
    }

    static String readInput(Streams streams) {
        try {
            return decode("standard input", streams.in().readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String readFile(Path path) {
        try {
            if (Files.isDirectory(path)) {
                throw CommandFailure.failed(path + ": is a directory, expected a text file");
            }
            return decode(path.toString(), Files.readAllBytes(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String decode(String name, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw CommandFailure.failed(name + ": not UTF-8 text");
        }
    }
}
