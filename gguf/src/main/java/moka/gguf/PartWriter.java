package moka.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32C;

/** Writes one file under a name of its own beside the target, and renames it when it is complete. */
final class PartWriter implements AutoCloseable {
    private static final int PIECE_BYTES = 1 << 22;

    private record Place(GgufTensorInfo tensor, long begin) {}

    /** Bytes of the whole file. */
    static long sizeBytes(Metadata metadata, List<GgufTensorInfo> tensors) {
        return Layout.of(metadata, tensors, GgufWriter.Options.DEFAULT).sizeBytes();
    }

    private final Path target;
    private final Path unfinished;
    private final FileChannel channel;
    private final boolean bigEndian;
    private final long sizeBytes;
    private final Map<String, Place> places;
    private final Map<String, Long> written = new HashMap<>();
    private final Map<String, CRC32C> checksums = new HashMap<>();
    private final Optional<Journal> journal;

    private PartWriter(
            Path target,
            Path unfinished,
            FileChannel channel,
            boolean bigEndian,
            long sizeBytes,
            Map<String, Place> places,
            Optional<Journal> journal) {
        this.journal = journal;
        this.target = target;
        this.unfinished = unfinished;
        this.channel = channel;
        this.bigEndian = bigEndian;
        this.sizeBytes = sizeBytes;
        this.places = places;
    }

    static PartWriter create(Path target, Metadata metadata, List<GgufTensorInfo> tensors, GgufWriter.Options options) {
        Layout layout = Layout.of(metadata, tensors, options);
        try {
            requireFile(target);
            // Beside the target: a rename is in one step only within a file system.
            String number = Long.toHexString(ThreadLocalRandom.current().nextLong());
            Path unfinished = hidden(target, number + ".unfinished");
            FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            var writer = new PartWriter(
                    target, unfinished, channel, options.bigEndian(), layout.sizeBytes(), places(layout, tensors), Optional.empty());
            writer.begin(layout.head());
            return writer;
        } catch (IOException e) {
            throw GgufWriter.fault(target, "cannot be written", e);
        }
    }

    /** Goes on with what an earlier run for the same origin left, else begins. */
    static PartWriter resume(Path target, Metadata metadata, List<GgufTensorInfo> tensors, String origin) {
        Layout layout = Layout.of(metadata, tensors, GgufWriter.Options.DEFAULT);
        Path unfinished = hidden(target, "unfinished");
        try {
            requireFile(target);
            FileChannel channel = FileChannel.open(
                    unfinished, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            try {
                lock(channel);
                Journal journal = Journal.open(hidden(target, "journal"), origin, layout.head());
                if (journal.finished().isEmpty()) {
                    channel.truncate(0);
                }
                var writer = new PartWriter(
                        target, unfinished, channel, false, layout.sizeBytes(), places(layout, tensors), Optional.of(journal));
                writer.adopt(journal.finished());
                writer.begin(layout.head());
                return writer;
            } catch (Throwable e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw GgufWriter.fault(target, "cannot be written", e);
        }
    }

    /** The last step would put a file in the place of a device or a pipe. */
    private static void requireFile(Path target) throws IOException {
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new IOException(Files.isDirectory(target) ? "it is a directory" : "it is no file but a device or a pipe");
        }
    }

    private static Path hidden(Path target, String suffix) {
        return target.toAbsolutePath().resolveSibling("." + target.getFileName() + "." + suffix);
    }

    private static Map<String, Place> places(Layout layout, List<GgufTensorInfo> tensors) {
        Map<String, Place> places = new LinkedHashMap<>();
        for (int i = 0; i < tensors.size(); i++) {
            places.put(tensors.get(i).name(), new Place(tensors.get(i), layout.begins().get(i)));
        }
        return places;
    }

    /** Held until the channel is closed, by the system when the process ends. */
    private static void lock(FileChannel channel) throws IOException {
        boolean free;
        try {
            free = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            free = false;
        }
        if (!free) {
            throw new IOException("another process is writing it");
        }
    }

    /** Takes over the tensors whose data is there and is what was written. */
    private void adopt(Map<String, Long> finished) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
        for (Map.Entry<String, Long> entry : finished.entrySet()) {
            Place place = places.get(entry.getKey());
            if (place != null && checksum(place, piece) == entry.getValue()) {
                written.put(entry.getKey(), place.tensor.bytes());
            }
        }
    }

    private long checksum(Place place, ByteBuffer piece) throws IOException {
        CRC32C checksum = new CRC32C();
        long end = place.begin + place.tensor.bytes();
        for (long at = place.begin; at < end; ) {
            piece.clear().limit((int) Math.min(piece.capacity(), end - at));
            int count = channel.read(piece, at);
            if (count <= 0) {
                return -1;
            }
            checksum.update(piece.flip());
            at += count;
        }
        return checksum.getValue();
    }

    private void begin(byte[] head) throws IOException {
        try {
            writeAll(ByteBuffer.wrap(head), 0);
        } catch (Throwable e) {
            close();
            throw e;
        }
    }

    Set<String> names() {
        return places.keySet();
    }

    void write(String name, MemorySegment data) {
        long expected = place(name).tensor.bytes();
        if (data.byteSize() != expected) {
            throw new IllegalArgumentException(
                    Wording.tensor(name) + ": data of " + Wording.bytes(data.byteSize()) + ", expected " + expected);
        }
        written.put(name, 0L);
        checksums.remove(name);
        append(name, data);
    }

    void append(String name, MemorySegment piece) {
        Place place = place(name);
        long done = written.getOrDefault(name, 0L);
        long left = place.tensor.bytes() - done;
        int block = place.tensor.type().blockBytes();
        if (piece.byteSize() > left || piece.byteSize() % block != 0) {
            throw new IllegalArgumentException(Wording.tensor(name) + ": piece of " + Wording.bytes(piece.byteSize())
                    + ", expected at most " + left + " and a multiple of " + block);
        }
        int most = PIECE_BYTES / block * block;
        try {
            for (long at = 0; at < piece.byteSize(); at += most) {
                MemorySegment part = piece.asSlice(at, Math.min(most, piece.byteSize() - at));
                writePiece(place.tensor.type(), part, place.begin + done + at);
            }
            if (journal.isPresent()) {
                record(journal.get(), name, piece, done + piece.byteSize() == place.tensor.bytes());
            }
        } catch (IOException e) {
            throw GgufWriter.fault(target, "cannot be written", e);
        }
        written.put(name, done + piece.byteSize());
    }

    private void record(Journal book, String name, MemorySegment piece, boolean last) throws IOException {
        CRC32C checksum = checksums.computeIfAbsent(name, it -> new CRC32C());
        for (long at = 0; at < piece.byteSize(); at += PIECE_BYTES) {
            checksum.update(piece.asSlice(at, Math.min(PIECE_BYTES, piece.byteSize() - at)).asByteBuffer());
        }
        if (last) {
            book.add(name, checksum.getValue());
        }
    }

    /** Whether all data of a tensor is there. */
    boolean has(String name) {
        return written.getOrDefault(name, 0L) == place(name).tensor.bytes();
    }

    private Place place(String name) {
        Place place = places.get(name);
        if (place == null) {
            throw new IllegalArgumentException(Wording.tensor(name) + " was not announced");
        }
        return place;
    }

    private void writePiece(TensorType type, MemorySegment piece, long position) throws IOException {
        if (!bigEndian && piece.isNative()) {
            writeAll(piece.asByteBuffer(), position);
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment outside = bigEndian
                    ? ByteSwap.tensor(type, piece, arena).orElseThrow()
                    : arena.allocate(piece.byteSize()).copyFrom(piece);
            writeAll(outside.asByteBuffer(), position);
        }
    }

    private void writeAll(ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /** Checks that every tensor is there, pads the end and brings everything to the disk. */
    void complete() {
        for (Place place : places.values()) {
            long done = written.getOrDefault(place.tensor.name(), 0L);
            if (done != place.tensor.bytes()) {
                throw new IllegalStateException(Wording.tensor(place.tensor.name()) + ": " + Wording.bytes(done)
                        + " written, expected " + place.tensor.bytes());
            }
        }
        try {
            if (channel.size() < sizeBytes) {
                writeAll(ByteBuffer.wrap(new byte[1]), sizeBytes - 1); // what lies between reads as zeros
            }
            channel.force(true);
            channel.close();
        } catch (IOException e) {
            throw GgufWriter.fault(target, "cannot be written", e);
        }
    }

    void rename() {
        try {
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            if (journal.isPresent()) {
                journal.get().close();
            }
        } catch (IOException e) {
            throw GgufWriter.fault(target, "cannot be renamed from " + unfinished.getFileName(), e);
        }
    }

    @Override
    public void close() {
        try {
            // Removed before the lock on it is given up: another process may be waiting for the name.
            Files.deleteIfExists(unfinished);
            channel.close();
            if (journal.isPresent()) {
                journal.get().close();
            }
        } catch (IOException e) {
            throw GgufWriter.fault(target, "unfinished file " + unfinished.getFileName() + " cannot be removed", e);
        }
    }
}
