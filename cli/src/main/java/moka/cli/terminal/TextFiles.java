package moka.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts in UTF-8, read whole. */
public final class TextFiles {
    /** No text is longer: {@code /dev/zero} is none, nor is a model given in its place. */
    static final int MOST_BYTES = 256 << 20;

    private static final String BYTE_ORDER_MARK = "\ufeff";

    private TextFiles() {}

    /** All of standard input. */
    public static String ofInput(Streams streams) {
        try {
            return decode("standard input", read("standard input", streams.in()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All of a file. @throws CommandFailure if it is none, or not text */
    public static String of(Path path) {
        return decode(path.toString(), bytes(path));
    }

    /** All of a file that is no larger than a text, whatever it holds. @throws CommandFailure if it is none */
    public static byte[] bytes(Path path) {
        try {
            if (Files.isDirectory(path)) {
                throw CommandFailure.failed(path + ": is a directory, expected a text file");
            }
            try (InputStream stream = Files.newInputStream(path)) {
                return read(path.toString(), stream);
            }
        } catch (FileSystemException e) {
            throw new UncheckedIOException(e); // tells the file
        } catch (IOException e) {
            throw CommandFailure.failed(path + ": cannot be read: " + Failures.line(e));
        }
    }

    private static byte[] read(String name, InputStream stream) throws IOException {
        byte[] bytes = stream.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw CommandFailure.failed(name + ": more than " + (MOST_BYTES >> 20) + " MiB, expected a text");
        }
        return bytes;
    }

    /** The byte order mark that some editors put in front is no part of the text. */
    private static String decode(String name, byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
        } catch (CharacterCodingException e) {
            throw CommandFailure.failed(name + ": not UTF-8 text");
        }
    }
}
