package moka.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Which tensors of an unfinished file are complete, so that the next run can go on: a text file beside it. The first line binds it to what the file
 * will be and what it is made from; then a line for each tensor, with the CRC-32C of its data, added when the data is written. A line that is cut short does
 * not count.
 */
final class Journal implements AutoCloseable {
    private static final String TITLE = "moka unfinished file 1 ";

    private final Path path;
    private final FileChannel channel;
    private final Map<String, Long> finished;

    private Journal(Path path, FileChannel channel, Map<String, Long> finished) {
        this.path = path;
        this.channel = channel;
        this.finished = finished;
    }

    /** Opens the journal of an earlier run with the same origin and head, or begins one. */
    static Journal open(Path path, String origin, byte[] head) throws IOException {
        String first = TITLE + digest(origin, head);
        Map<String, Long> finished = Files.exists(path) ? read(path, first) : new HashMap<>();
        FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        try {
            // What was read is written again: without a last line that is cut short.
            channel.truncate(0);
            Journal journal = new Journal(path, channel, finished);
            journal.line(first);
            for (Map.Entry<String, Long> entry : finished.entrySet()) {
                journal.line(entry.getKey(), entry.getValue());
            }
            return journal;
        } catch (Throwable e) {
            channel.close();
            throw e;
        }
    }

    private static String digest(String origin, byte[] head) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(origin.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            return HexFormat.of().formatHex(digest.digest(head));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static Map<String, Long> read(Path path, String first) throws IOException {
        Map<String, Long> finished = new HashMap<>();
        String text = Files.readString(path, StandardCharsets.ISO_8859_1);
        List<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        if (lines.isEmpty() || !lines.getFirst().equals(first)) {
            return finished;
        }
        for (String line : lines.subList(1, lines.size())) {
            int space = line.indexOf(' ');
            String name = new String(line.substring(space + 1).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            finished.put(name, HexFormat.fromHexDigitsToLong(line, 0, Math.min(Math.max(space, 1), 16)));
        }
        return finished;
    }

    /** Checksums of the tensors that an earlier run finished. */
    Map<String, Long> finished() {
        return Map.copyOf(finished);
    }

    /** Adds a tensor whose data is written. */
    void add(String name, long checksum) throws IOException {
        line(name, checksum);
    }

    private void line(String name, long checksum) throws IOException {
        line(Long.toHexString(checksum) + " " + name);
    }

    private void line(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Closes and removes it. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }
}
