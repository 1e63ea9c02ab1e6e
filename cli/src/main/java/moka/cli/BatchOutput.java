package moka.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import moka.cli.json.JsonLines;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Failures;
import moka.cli.terminal.Streams;
import org.jspecify.annotations.Nullable;

/**
 * Where the answers of a batch go, one line each. A file is continued: its whole lines must answer the first lines of the source, a line
 * that was being written when the process died is dropped. Each line is one write, so that a killed process leaves at most one part of a
 * line.
 */
final class BatchOutput implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Streams streams;
    private final @Nullable FileChannel file;
    private final String name;
    private final int answered;

    private BatchOutput(Streams streams, String name, @Nullable FileChannel file, int answered) {
        this.streams = streams;
        this.name = name;
        this.file = file;
        this.answered = answered;
    }

    static BatchOutput open(Streams streams, Optional<String> path, Batch.Source source) {
        if (path.isEmpty() || path.get().equals("-")) {
            return new BatchOutput(streams, "standard output", null, 0);
        }
        Path target = Path.of(path.get());
        try {
            if (Files.isDirectory(target)) {
                throw CommandFailure.failed(target + ": is a directory, expected a file");
            }
            FileChannel file = FileChannel.open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                return new BatchOutput(streams, target.toString(), file, goOn(target, file, source));
            } catch (Throwable e) {
                file.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Number of answers that are there, behind which the next is written; a device or a pipe has none. */
    private static int goOn(Path target, FileChannel file, Batch.Source source) throws IOException {
        if (!Files.isRegularFile(target)) {
            return 0;
        }
        lock(target, file);
        Present present = present(target, source);
        file.truncate(present.bytes());
        file.position(present.bytes());
        return present.lines();
    }

    /**
     * What a file holds.
     *
     * @param lines whole ones
     * @param bytes of these
     */
    private record Present(int lines, long bytes) {}

    /** Reads line by line: a file may be larger than memory. @throws CommandFailure if it holds answers to something else */
    private static Present present(Path target, Batch.Source source) throws IOException {
        int lines = 0;
        long bytes = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(target), BUFFER_BYTES)) {
            var line = new ByteArrayOutputStream();
            for (int next = in.read(); next >= 0; next = in.read()) {
                if (next != '\n') {
                    line.write(next);
                    continue;
                }
                check(target, line.toString(StandardCharsets.UTF_8), lines, source);
                bytes += line.size() + 1;
                lines++;
                line.reset();
            }
            if (line.size() > 0 && line.toByteArray()[0] != '{') {
                throw mismatch(target, "line " + (lines + 1) + " has no end and is not the beginning of an answer", source, "answers to the lines");
            }
        }
        return new Present(lines, bytes);
    }

    /** Held until the file is closed, by the system when the process ends: two processes would write their lines over each other's. */
    private static void lock(Path target, FileChannel file) {
        boolean free;
        try {
            free = file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            free = false;
        } catch (IOException e) {
            free = true; // a file system without locks
        }
        if (!free) {
            throw CommandFailure.failed(target + ": another process is writing it");
        }
    }

    /** @throws CommandFailure if it is not the answer to that line of the source */
    private static void check(Path target, String line, int index, Batch.Source source) {
        int expected = source.lines().size();
        if (index >= expected) {
            throw mismatch(target, "has more than " + expected + " lines", source, "at most the " + expected + " lines");
        }
        if (!answers(line, source, index)) {
            throw mismatch(target, "line " + (index + 1) + " is not the answer", source, "that to line " + source.lines().get(index).number());
        }
    }

    private static CommandFailure mismatch(Path target, String found, Batch.Source source, String expected) {
        return CommandFailure.failed(target + ": " + found + ", expected " + expected + " of " + source.name()
                + ": name another -o file, or remove this one");
    }

    private static boolean answers(String line, Batch.Source source, int index) {
        JsonObject question;
        try {
            question = source.object(index);
        } catch (CommandFailure malformed) {
            question = new JsonObject();
        }
        try {
            if (!(JsonParser.parseString(line) instanceof JsonObject answer)) {
                return false;
            }
            if (!answer.has("answer") && !answer.has("error")) {
                return false;
            }
            for (String name : question.keySet()) {
                JsonElement value = question.get(name);
                if (!name.equals("answer") && !name.equals("error") && !value.equals(answer.get(name))) {
                    return false;
                }
            }
            return true;
        } catch (JsonParseException e) {
            return false;
        }
    }

    /** Lines of the source that are answered already. */
    int answered() {
        return answered;
    }

    void write(JsonObject answer) {
        String line = JsonLines.line(answer);
        if (file == null) {
            streams.out().line(line).flush();
            return;
        }
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
        } catch (IOException e) {
            throw cannotBeWritten(e);
        }
    }

    @Override
    public void close() {
        if (file == null) {
            return;
        }
        try (file) {
            if (Files.isRegularFile(Path.of(name))) {
                file.force(true); // a disk that fails often says so only here
            }
        } catch (IOException e) {
            throw cannotBeWritten(e);
        }
    }

    private CommandFailure cannotBeWritten(IOException cause) {
        return CommandFailure.failed(
                name + ": cannot be written: " + Failures.line(cause) + "; the whole lines in it stay, and the same command goes on from there");
    }
}
