package moka.cli.terminal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts in UTF-8, read whole. */
public final class TextFiles {
    private TextFiles() {}

    /** All of standard input. */
    public static String ofInput(Streams streams) {
        try {
            return decode("standard input", streams.in().readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All of a file. @throws CommandFailure if it is none, or not text */
    public static String of(Path path) {
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
