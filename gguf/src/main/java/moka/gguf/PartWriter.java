package moka.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Writes one file under a name of its own beside the target, and renames it when it is complete. */
final class PartWriter implements AutoCloseable {
    private static final int PIECE_BYTES = 1 << 22;

    private record Place(GgufTensorInfo tensor, long begin) {}

    /**
     * What lies where.
     *
     * @param head everything before the data
     * @param begins where the data of each tensor begins in the file
     */
    private record Layout(byte[] head, List<Long> begins, long sizeBytes) {
        static Layout of(Metadata metadata, List<GgufTensorInfo> tensors, GgufWriter.Options options) {
            int alignment = alignment(metadata);
            List<Long> offsets = new ArrayList<>();
            long end = 0;
            for (GgufTensorInfo tensor : tensors) {
                if (options.bigEndian() && !ByteSwap.supports(tensor.type())) {
                    throw new IllegalArgumentException(
                            Wording.tensor(tensor.name()) + ": " + tensor.type() + " cannot be written big-endian");
                }
                offsets.add(end);
                end = align(Math.addExact(end, tensor.bytes()), alignment);
            }
            byte[] head = new Encoder(options).encode(metadata, tensors, offsets);
            long dataBegin = tensors.isEmpty() ? head.length : align(head.length, alignment);
            return new Layout(head, offsets.stream().map(it -> dataBegin + it).toList(), dataBegin + end);
        }
    }

    /** Bytes of the whole file. */
    static long sizeBytes(Metadata metadata, List<GgufTensorInfo> tensors) {
        return Layout.of(metadata, tensors, GgufWriter.Options.DEFAULT).sizeBytes;
    }

    private final Path target;
    private final Path unfinished;
    private final FileChannel channel;
    private final boolean bigEndian;
    private final long sizeBytes;
    private final Map<String, Place> places;
    private final Map<String, Long> written = new HashMap<>();

    private PartWriter(
            Path target,
            Path unfinished,
            FileChannel channel,
            boolean bigEndian,
            long sizeBytes,
            Map<String, Place> places) {
        this.target = target;
        this.unfinished = unfinished;
        this.channel = channel;
        this.bigEndian = bigEndian;
        this.sizeBytes = sizeBytes;
        this.places = places;
    }

    static PartWriter create(Path target, Metadata metadata, List<GgufTensorInfo> tensors, GgufWriter.Options options) {
        Layout layout = Layout.of(metadata, tensors, options);
        Map<String, Place> places = new LinkedHashMap<>();
        for (int i = 0; i < tensors.size(); i++) {
            places.put(tensors.get(i).name(), new Place(tensors.get(i), layout.begins.get(i)));
        }
        Path directory = target.toAbsolutePath().getParent();
        try {
            // Beside the target: a rename is in one step only within a file system.
            String number = Long.toHexString(ThreadLocalRandom.current().nextLong());
            Path unfinished = directory.resolve("." + target.getFileName() + "." + number + ".unfinished");
            FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            var writer = new PartWriter(target, unfinished, channel, options.bigEndian(), layout.sizeBytes, places);
            try {
                writer.writeAll(ByteBuffer.wrap(layout.head), 0);
                return writer;
            } catch (Throwable e) {
                writer.close();
                throw e;
            }
        } catch (IOException e) {
            throw GgufWriter.fault(target, "cannot be written", e);
        }
    }

    private static int alignment(Metadata metadata) {
        long alignment = metadata.integer(GgufReader.ALIGNMENT_KEY).orElse(GgufReader.DEFAULT_ALIGNMENT);
        if (Long.bitCount(alignment) != 1 || alignment > 1 << 30) {
            throw new IllegalArgumentException("alignment " + alignment + ", expected a power of two up to 2^30");
        }
        return (int) alignment;
    }

    private static long align(long offset, long alignment) {
        return Math.addExact(offset, alignment - 1) & -alignment;
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
        } catch (IOException e) {
            throw GgufWriter.fault(target, "cannot be written", e);
        }
        written.put(name, done + piece.byteSize());
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
        } catch (IOException e) {
            throw GgufWriter.fault(target, "cannot be renamed from " + unfinished.getFileName(), e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(unfinished);
        } catch (IOException e) {
            throw GgufWriter.fault(target, "unfinished file " + unfinished.getFileName() + " cannot be removed", e);
        }
    }
}
