package moka.cli.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * One file's download. It grows as {@code FILE.part}, survives broken connections and killed processes, is compared with its length and
 * checksum, and only then gets its name. What the part belongs to is noted in {@code FILE.part.from}; when the server has another file by then,
 * the part is begun anew.
 */
final class Download {
    private static final int BUFFER_BYTES = 1 << 18;
    /** Broken connections without any progress before giving up. */
    private static final int ATTEMPTS = 5;

    private final Web web;
    private final RemoteFile file;
    private final Path target;
    private final Path part;
    private final Path from;
    private final Duration firstPause;
    private final Duration stall;

    /** Told how far it is. */
    interface Progress {
        /** @param total bytes of the file, or -1 while that is not known */
        void at(long done, long total, String note);
    }

    /** @param firstPause before the second attempt; doubled each time @param stall without a byte, after which a connection counts as broken */
    Download(Web web, RemoteFile file, Path target, Duration firstPause, Duration stall) {
        this.web = web;
        this.file = file;
        this.target = target;
        this.part = target.resolveSibling(target.getFileName() + ".part");
        this.from = target.resolveSibling(target.getFileName() + ".part.from");
        this.firstPause = firstPause;
        this.stall = stall;
    }

    /** Gets the file. @return false if it was here already @throws PullException if it cannot be got; what came stays for the next time */
    boolean run(Progress progress) {
        try {
            if (Files.isRegularFile(target)
                    && (file.bytes().isEmpty() || Files.size(target) == file.bytes().getAsLong())) {
                return false;
            }
            Files.createDirectories(target.toAbsolutePath().getParent());
            try (FileChannel channel =
                    FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
                lock(channel);
                receive(channel, progress);
                channel.force(true);
                check(channel, progress);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Files.deleteIfExists(from);
            return true;
        } catch (IOException e) {
            throw new PullException(target + ": cannot be written: " + reason(e), e);
        }
    }

    /** Keeps other downloads of this file off until the channel is closed. */
    private void lock(FileChannel channel) throws IOException {
        try {
            if (channel.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException e) {
            // another thread of ours
        }
        throw new PullException(target.getFileName() + ": another download of this file is at work");
    }

    private void receive(FileChannel channel, Progress progress) throws IOException {
        int failures = 0;
        Duration pause = firstPause;
        long furthest = channel.size();
        while (true) {
            try {
                if (attempt(channel, progress)) {
                    return;
                }
                throw new BrokenException("the connection broke");
            } catch (BrokenException e) {
                // Only new ground counts: a part that is begun anew again and again must end, too.
                failures = channel.size() > furthest ? 1 : failures + 1;
                furthest = Math.max(furthest, channel.size());
                pause = failures == 1 ? firstPause : pause.multipliedBy(2);
                if (failures >= ATTEMPTS) {
                    throw new PullException(file.name() + ": " + e.getMessage() + ", " + ATTEMPTS + " times in turn; "
                            + channel.size() + " bytes are kept: the same command goes on from there", e);
                }
                progress.at(channel.size(), total(-1), e.getMessage() + ", trying again");
                sleep(pause);
            }
        }
    }

    /** The server or the network failed in a way that may pass. */
    private static final class BrokenException extends Exception {
        private static final long serialVersionUID = 1L;

        BrokenException(String message) {
            super(message);
        }
    }

    /** One connection. @return whether the file is complete */
    private boolean attempt(FileChannel channel, Progress progress) throws IOException, BrokenException {
        long have = channel.size();
        Optional<String> validator = Files.isRegularFile(from) ? Optional.of(Files.readString(from)) : Optional.empty();
        if (have > 0 && !validator.map(it -> file.sha256().isEmpty() || it.equals(file.sha256().get())).orElse(false)) {
            channel.truncate(0); // of another file, or of nobody knows what
            have = 0;
        }
        if (file.bytes().isPresent() && have == file.bytes().getAsLong() && have > 0) {
            return true;
        }
        Map<String, String> headers = new HashMap<>();
        headers.put("Accept-Encoding", "identity");
        if (have > 0) {
            headers.put("Range", "bytes=" + have + "-");
            if (file.sha256().isEmpty()) {
                headers.put("If-Range", validator.orElse(""));
            }
        }
        HttpResponse<InputStream> response = open(headers);
        try (InputStream body = response.body()) {
            int status = response.statusCode();
            if (status == 416) {
                channel.truncate(0);
                throw new BrokenException("the server has another length than the part");
            }
            if (status == 408 || status == 429 || status >= 500) {
                throw new BrokenException(response.uri().getAuthority() + " answers with status " + status);
            }
            Web.requireOk(status, response.uri(), file.name());
            if (status == 200 && have > 0) {
                channel.truncate(0); // it does not continue, or has another file
                have = 0;
            }
            long total = total(length(response, have));
            note(response);
            requireSpace(total, have);
            return copy(body, channel, have, total, progress);
        }
    }

    private HttpResponse<InputStream> open(Map<String, String> headers) throws BrokenException {
        try {
            return web.open(file.uri(), headers);
        } catch (IOException e) {
            throw new BrokenException(Web.reason(e));
        }
    }

    /** Keeps what the part belongs to: a checksum is the best name, then what the server calls its version. */
    private void note(HttpResponse<InputStream> response) throws IOException {
        String version = file.sha256()
                .or(() -> response.headers().firstValue("ETag").filter(it -> !it.startsWith("W/")))
                .or(() -> response.headers().firstValue("Last-Modified"))
                .orElse("");
        if (version.isEmpty()) {
            Files.deleteIfExists(from);
        } else {
            Files.write(from, version.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Length of the whole file as the answer tells it, or -1. */
    private static long length(HttpResponse<InputStream> response, long have) {
        OptionalLong length = response.headers().firstValueAsLong("Content-Length");
        return length.isPresent() ? have + length.getAsLong() : -1;
    }

    private long total(long told) {
        return file.bytes().orElse(told);
    }

    private void requireSpace(long total, long have) throws IOException {
        long free = Files.getFileStore(part).getUsableSpace();
        if (total >= 0 && total - have > free) {
            throw new PullException("%s: needs %,d bytes more and %s has %,d: make room, or set MOKA_MODELS to another folder"
                    .formatted(file.name(), total - have, part.toAbsolutePath().getParent(), free));
        }
    }

    private boolean copy(InputStream body, FileChannel channel, long have, long total, Progress progress)
            throws IOException, BrokenException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long done = have;
        try (var watch = new StallWatch(body, stall)) {
            while (true) {
                int read = read(body, buffer, watch);
                if (read < 0) {
                    break;
                }
                if (total >= 0 && done + read > total) {
                    channel.truncate(0);
                    throw new PullException(file.name() + ": the server sends more than the " + total + " bytes that it has promised");
                }
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
                while (bytes.hasRemaining()) {
                    done += channel.write(bytes, done);
                }
                progress.at(done, total, "");
            }
        }
        return total < 0 || done == total;
    }

    private static int read(InputStream body, byte[] buffer, StallWatch watch) throws BrokenException {
        try {
            int read = body.read(buffer);
            watch.progress();
            return read;
        } catch (IOException e) {
            throw new BrokenException(watch.stalled() ? "nothing came any more" : "the connection broke");
        }
    }

    private void check(FileChannel channel, Progress progress) throws IOException {
        if (file.sha256().isEmpty()) {
            return;
        }
        long total = channel.size();
        String found = sha256(channel, done -> progress.at(done, total, "checking"));
        if (!found.equals(file.sha256().get())) {
            Files.deleteIfExists(part);
            Files.deleteIfExists(from);
            throw new PullException(file.name() + ": damaged on the way: its SHA-256 is " + found + ", expected "
                    + file.sha256().get() + "; the same command begins anew");
        }
    }

    private static String sha256(FileChannel channel, LongConsumer progress) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
            long at = 0;
            int read;
            while ((read = channel.read(buffer.clear(), at)) > 0) {
                digest.update(buffer.flip());
                at += read;
                progress.accept(at);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java has it
        }
    }

    private static String reason(IOException e) {
        return e instanceof FileSystemException failed && failed.getReason() != null ? failed.getReason() : String.valueOf(e.getMessage());
    }

    private static void sleep(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PullException("interrupted", e);
        }
    }
}
