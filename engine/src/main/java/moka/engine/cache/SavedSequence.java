package moka.engine.cache;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The file of a sequence's tokens and cache. Little-endian:
 *
 * <pre>
 *   8 bytes  "MOKASEQ3"
 *   int64    fingerprint of the model
 *   int32    key type, int32 value type, int32 layers, int32 blocks' positions
 *   int32    tokens, int32 batch rows (which sizes the rings of windows), int32 furthest position
 *   int32[]  the tokens' ids
 *   for each layer: int64 blocks, then for each block its keys and values, as KvStore lays them out, then float32[] its state
 *   int32    CRC-32C of all before
 * </pre>
 */
public final class SavedSequence {
    /** The last letter is the version. */
    private static final byte[] MAGIC = "MOKASEQ3".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private static final int HEAD_BYTES = 8 + 8 + 7 * 4;

    private SavedSequence() {}

    /**
     * What stands before the blocks.
     *
     * @param fingerprint tells models apart
     * @param tokens ids in the cache
     * @param furthest position up to which rings have been written
     */
    public record Header(long fingerprint, int[] tokens, int furthest) {}

    /** Why a file cannot be used: one sentence without the file's name. */
    public static final class MismatchException extends IOException {
        private static final long serialVersionUID = 1;

        MismatchException(String message) {
            super(message);
        }
    }

    /** Whether a file holds something else: not empty, and no saved sequence of this version or another. */
    public static boolean isForeign(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] begin = in.readNBytes(MAGIC.length - 1);
            return begin.length > 0 && !Arrays.equals(begin, Arrays.copyOf(MAGIC, MAGIC.length - 1));
        }
    }

    /** Writes to a new file at this path. */
    public static void write(Path path, Header header, KvCache cache) throws IOException {
        try (FileChannel channel =
                        FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
                Arena arena = Arena.ofConfined()) {
            var out = new Output(channel);
            int[] tokens = header.tokens();
            MemorySegment head = arena.allocate(HEAD_BYTES + 4L * tokens.length, 8);
            MemorySegment.copy(MAGIC, 0, head, ValueLayout.JAVA_BYTE, 0, MAGIC.length);
            head.set(KvCache.INT64, 8, header.fingerprint());
            int[] facts = {
                cache.keyType().ordinal(), cache.valueType().ordinal(), cache.layerCount(), KvCache.BLOCK, tokens.length,
                cache.batchRows(), header.furthest()
            };
            MemorySegment.copy(facts, 0, head, KvCache.INT32, 16, facts.length);
            MemorySegment.copy(tokens, 0, head, KvCache.INT32, HEAD_BYTES, tokens.length);
            out.write(head);
            MemorySegment count = arena.allocate(8, 8);
            for (int layer = 0; layer < cache.layerCount(); layer++) {
                int blocks = cache.usedBlocks(layer, header.furthest());
                count.set(KvCache.INT64, 0, blocks);
                out.write(count);
                for (int block = 0; block < blocks; block++) {
                    out.write(cache.keyBlock(layer, block));
                    out.write(cache.valueBlock(layer, block));
                }
                out.write(cache.state(layer));
            }
            out.finish();
            channel.force(false);
        }
    }

    /**
     * Reads a file into an empty cache.
     *
     * @param fingerprint of the model: another one is refused
     * @param contextLength most tokens that fit
     * @throws MismatchException if the file is not one of this model and kind of cache, or damaged; the cache is then worthless
     */
    public static Header read(Path path, long fingerprint, int contextLength, KvCache cache) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            var in = new Input(channel);
            MemorySegment head = arena.allocate(HEAD_BYTES, 8);
            in.read(head);
            for (int i = 0; i < MAGIC.length; i++) {
                require(head.get(ValueLayout.JAVA_BYTE, i) == MAGIC[i], "not a saved sequence");
            }
            require(head.get(KvCache.INT64, 8) == fingerprint, "saved with another model");
            var facts = new int[7];
            MemorySegment.copy(head, KvCache.INT32, 16, facts, 0, facts.length);
            require(
                    facts[0] == cache.keyType().ordinal() && facts[1] == cache.valueType().ordinal(),
                    "saved with another type of cache");
            require(
                    facts[2] == cache.layerCount() && facts[3] == KvCache.BLOCK && facts[5] == cache.batchRows(),
                    "saved with other options (--batch-size)");
            int count = facts[4];
            require(
                    count >= 0 && count <= contextLength && facts[6] >= count && facts[6] <= contextLength,
                    "holds " + count + " tokens and the context " + contextLength);
            MemorySegment ids = arena.allocate(4L * count + 4, 4).asSlice(0, 4L * count);
            in.read(ids);
            cache.reserve(facts[6]);
            MemorySegment blocks = arena.allocate(8, 8);
            for (int layer = 0; layer < cache.layerCount(); layer++) {
                in.read(blocks);
                int expected = cache.usedBlocks(layer, facts[6]);
                require(blocks.get(KvCache.INT64, 0) == expected, "damaged: wrong number of blocks");
                for (int block = 0; block < expected; block++) {
                    in.read(cache.keyBlock(layer, block));
                    in.read(cache.valueBlock(layer, block));
                }
                in.read(cache.state(layer));
            }
            in.finish();
            cache.restored(count);
            return new Header(fingerprint, ids.toArray(KvCache.INT32), facts[6]);
        } catch (EOFException e) {
            throw new MismatchException("damaged: it ends too early");
        }
    }

    private static void require(boolean condition, String otherwise) throws MismatchException {
        if (!condition) {
            throw new MismatchException(otherwise);
        }
    }

    /** Writes whole segments and sums them up. */
    private static final class Output {
        private final WritableByteChannel channel;
        private final CRC32C sum = new CRC32C();

        Output(WritableByteChannel channel) {
            this.channel = channel;
        }

        void write(MemorySegment segment) throws IOException {
            ByteBuffer bytes = segment.asByteBuffer();
            sum.update(bytes.duplicate());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        void finish() throws IOException {
            ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, (int) sum.getValue());
            while (last.hasRemaining()) {
                channel.write(last);
            }
        }
    }

    /** Reads whole segments and sums them up. */
    private static final class Input {
        private final ReadableByteChannel channel;
        private final CRC32C sum = new CRC32C();

        Input(ReadableByteChannel channel) {
            this.channel = channel;
        }

        void read(MemorySegment segment) throws IOException {
            ByteBuffer bytes = segment.asByteBuffer();
            fill(bytes);
            sum.update(bytes.flip());
        }

        void finish() throws IOException {
            ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            fill(last);
            require(last.getInt(0) == (int) sum.getValue(), "damaged: wrong checksum");
        }

        private void fill(ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes) < 0) {
                    throw new EOFException();
                }
            }
        }
    }
}
