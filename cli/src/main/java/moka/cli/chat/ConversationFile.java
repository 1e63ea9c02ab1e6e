package moka.cli.chat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import moka.cli.json.JsonLines;
import moka.cli.json.JsonValues;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Failures;
import moka.cli.terminal.Spelling;
import moka.cli.terminal.TextFiles;
import moka.template.Message;
import org.jspecify.annotations.Nullable;

/**
 * Conversations as files: a message a line, {@code {"role","content"}} and {@code "reasoning_content"} where there was some. The first
 * line, without a role, says which model answered. A file is written whole beside its place and takes its name in one step.
 */
final class ConversationFile {
    private static final String ENDING = ".jsonl";

    private ConversationFile() {}

    /**
     * Tells one writing of a file from another.
     *
     * @param key of the file itself, where the system has one: each writing makes a new file
     */
    record Stamp(FileTime written, long bytes, @Nullable Object key) {
        /** Of what is there now; empty if there is nothing. */
        static Optional<Stamp> of(Path file) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                return Optional.of(new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey()));
            } catch (IOException e) {
                return Optional.empty();
            }
        }
    }

    /** What a file holds. @param model what the user named, or empty */
    record Content(Optional<String> model, List<Message> messages) {}

    /**
     * Writes a file.
     *
     * @return the stamp of what was written
     * @throws CommandFailure if it cannot be written: what was there before stays
     */
    static Optional<Stamp> write(Path file, String model, List<Message> messages) {
        StringBuilder text = new StringBuilder();
        JsonObject head = new JsonObject();
        head.addProperty("model", model);
        text.append(JsonLines.line(head)).append('\n');
        for (Message message : messages) {
            JsonObject object = new JsonObject();
            object.addProperty("role", message.role());
            object.addProperty("content", message.content());
            message.fields().forEach((name, value) -> object.addProperty(name, value.toString()));
            text.append(JsonLines.line(object)).append('\n');
        }
        try {
            Path parent = file.toAbsolutePath().getParent();
            Files.createDirectories(parent);
            Path part = Files.createTempFile(parent, "." + file.getFileName(), ".part"); // readable by the user alone
            try {
                try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                    channel.force(true); // a disk that fails often says so only here
                }
                Optional<Stamp> stamp = Stamp.of(part); // afterwards it might be another chat's
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE); // else the old one is deleted before
                return stamp;
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw CommandFailure.failed(file + ": the conversation is not kept: " + reason(e));
        }
    }

    /** What the system says, without the name that the file has until it is whole. */
    private static String reason(IOException e) {
        return e instanceof FileSystemException failure && failure.getReason() != null ? failure.getReason() : Failures.line(e);
    }

    /** @throws CommandFailure if it is no conversation */
    static Content read(Path file) {
        Optional<String> model = Optional.empty();
        JsonArray messages = new JsonArray();
        int number = 0;
        for (String line : TextFiles.of(file).lines().toList()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            JsonObject object = JsonLines.object(file.toString(), number, line);
            if (object.has("messages")) {
                JsonValues.messages(object.get("messages"));
                messages.addAll(object.getAsJsonArray("messages"));
            } else if (object.has("role")) {
                messages.add(object);
            } else if (object.get("model") instanceof JsonPrimitive name) {
                model = Optional.of(name.getAsString());
            } else {
                throw CommandFailure.failed(file + " line " + number + ": no \"role\": not a conversation");
            }
        }
        return new Content(model, JsonValues.messages(messages));
    }

    /** Whether a file holds a conversation. */
    static boolean isOne(Path file) {
        try {
            read(file);
            return true;
        } catch (CommandFailure | UncheckedIOException e) {
            return false;
        }
    }

    /** The file of a conversation by its name, or the youngest in the folder. @throws CommandFailure if there is none */
    static Path find(Path folder, String name) {
        if (!name.isEmpty()) {
            Path direct = Path.of(name);
            Path kept = folder.resolve(name.endsWith(ENDING) ? name : name + ENDING);
            if (Files.isRegularFile(direct) || !Files.isRegularFile(kept)) {
                return direct;
            }
            return kept;
        }
        return youngest(folder).stream().findFirst().orElseThrow(() -> CommandFailure.failed("no conversation to resume in " + folder));
    }

    /** The same. @throws CommandFailure also if there is no such file */
    static Path existing(Path folder, String name) {
        Path file = find(folder, name);
        if (!Files.exists(file)) {
            throw CommandFailure.failed(name + ": no such conversation, neither a file nor one of those in " + folder
                    + Spelling.hint(name, youngest(folder).stream().map(ConversationFile::name).toList()));
        }
        return file;
    }

    /** All in a folder that may be missing, the youngest first. */
    static List<Path> youngest(Path folder) {
        try (Stream<Path> files = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
            // Names begin with the time.
            return files.filter(file -> file.toString().endsWith(ENDING) && Files.isRegularFile(file)).sorted(Comparator.reverseOrder()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What {@link #find} takes for a file in the folder. */
    static String name(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
    }
}
