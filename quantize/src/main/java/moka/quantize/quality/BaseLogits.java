package moka.quantize.quality;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import moka.quantize.QuantizeException;

/**
 * The file of a base model's log-probabilities, read and written one scored token at a time: the format of llama.cpp's
 * {@code --kl-divergence-base}, so that files go both ways.
 *
 * <p>Layout, little-endian: {@code _logits_}, int32 window length, vocabulary size, window count, the tokens; then for each scored token
 * float32 step, float32 smallest, and 16-bit codes, an even number of them: {@code log p = smallest + step * code}. Log-probabilities more
 * than 16 below the largest are stored as the smallest.
 */
public final class BaseLogits {
    private static final byte[] MAGIC = "_logits_".getBytes(StandardCharsets.US_ASCII);
    private static final float RANGE = 16;
    private static final int LARGEST_CODE = 65535;

    /** Of a vocabulary, and of a text. */
    private static final int MOST_TOKENS = 1 << 28;

    private BaseLogits() {}

    private static int rowBytes(int vocabulary) {
        return 8 + 2 * ((vocabulary + 1) / 2 * 2);
    }

    /** Writes a file; it takes its name when it is committed. For one thread. */
    public static final class Writer implements AutoCloseable, TextWindows.Scorer {
        private final Path target;
        private final Path unfinished;
        private final FileChannel channel;
        private final OutputStream stream;
        private final ByteBuffer row;

        public Writer(Path target, TextWindows windows, int vocabulary) {
            this.target = target;
            this.unfinished = target.resolveSibling("." + target.getFileName() + ".unfinished");
            this.row = ByteBuffer.allocate(rowBytes(vocabulary)).order(ByteOrder.LITTLE_ENDIAN);
            try {
                if (Files.exists(target) && !Files.isRegularFile(target)) {
                    throw new IOException("it is a directory, a device or a pipe");
                }
                channel = FileChannel.open(
                        unfinished, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
                stream = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 20);
                ByteBuffer head = ByteBuffer.allocate(20 + 4 * windows.tokens().length).order(ByteOrder.LITTLE_ENDIAN);
                head.put(MAGIC).putInt(windows.length()).putInt(vocabulary).putInt(windows.count());
                head.asIntBuffer().put(windows.tokens());
                stream.write(head.array());
            } catch (IOException e) {
                throw fault(target, e);
            }
        }

        @Override
        public void score(float[] logits, int next) {
            float largest = Float.NEGATIVE_INFINITY;
            float smallest = Float.POSITIVE_INFINITY;
            for (float logit : logits) {
                largest = Math.max(largest, logit);
                smallest = Math.min(smallest, logit);
            }
            smallest = Math.max(smallest, largest - RANGE);
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp(logit - largest);
            }
            float step = (largest - smallest) / LARGEST_CODE;
            row.clear();
            row.putFloat(step).putFloat((float) (smallest - largest - Math.log(sum)));
            for (float logit : logits) {
                row.putShort((short) (logit > smallest && step > 0 ? Math.min(LARGEST_CODE, Math.round((logit - smallest) / step)) : 0));
            }
            try {
                stream.write(row.array());
            } catch (IOException e) {
                throw fault(target, e);
            }
        }

        /** Completes the file and gives it its name. */
        public void commit() {
            try {
                stream.flush();
                channel.force(true); // a disk that fails often says so only here
                stream.close();
                Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw fault(target, e);
            }
        }

        @Override
        public void close() {
            try {
                stream.close();
                Files.deleteIfExists(unfinished);
            } catch (IOException e) {
                throw fault(target, e);
            }
        }
    }

    private static QuantizeException fault(Path path, IOException e) {
        return new QuantizeException(path + ": cannot be written (" + e.getMessage() + ")", e);
    }

    /** Reads a file from its begin to its end. For one thread. */
    public static final class Reader implements AutoCloseable {
        private final String name;
        private final InputStream stream;
        private final TextWindows windows;
        private final int vocabulary;
        private final byte[] row;

        /** @throws QuantizeException if it is no such file */
        public Reader(Path path) {
            name = String.valueOf(path.getFileName());
            try {
                stream = new BufferedInputStream(Files.newInputStream(path), 1 << 20);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            try {
                DataInputStream data = new DataInputStream(stream);
                if (!Arrays.equals(data.readNBytes(MAGIC.length), MAGIC)) {
                    throw new QuantizeException(name + ": no file of log-probabilities: it does not begin with '_logits_'");
                }
                int length = Integer.reverseBytes(data.readInt());
                vocabulary = Integer.reverseBytes(data.readInt());
                int count = Integer.reverseBytes(data.readInt());
                long size = Files.size(path);
                boolean sizes = length >= 4 && vocabulary >= 1 && vocabulary <= MOST_TOKENS && count >= 1;
                if (!sizes || (long) length * count > Math.min(size / 4, MOST_TOKENS) || rowBytes(vocabulary) > size) {
                    throw new QuantizeException(name + ": damaged: " + count + " windows of " + length + " tokens, vocabulary of " + vocabulary);
                }
                windows = new TextWindows(tokens(data, length * count), length);
                row = new byte[rowBytes(vocabulary)];
            } catch (EOFException e) {
                close();
                throw new QuantizeException(name + ": cut short", e);
            } catch (IOException e) {
                close();
                throw new UncheckedIOException(e);
            } catch (QuantizeException e) {
                close();
                throw e;
            }
        }

        private int[] tokens(DataInputStream data, int count) throws IOException {
            byte[] bytes = data.readNBytes(4 * count);
            if (bytes.length < 4 * count) {
                throw new EOFException();
            }
            int[] ids = new int[count];
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ids);
            for (int id : ids) {
                if (id < 0 || id >= vocabulary) {
                    throw new QuantizeException(name + ": damaged: token " + id + " in a vocabulary of " + vocabulary);
                }
            }
            return ids;
        }

        public TextWindows windows() {
            return windows;
        }

        public int vocabulary() {
            return vocabulary;
        }

        /** The log-probabilities at the next scored token. */
        public void next(float[] logProbabilities) {
            try {
                if (stream.readNBytes(row, 0, row.length) < row.length) {
                    throw new QuantizeException(name + ": cut short: make it again");
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ByteBuffer buffer = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
            float step = buffer.getFloat();
            float smallest = buffer.getFloat();
            for (int i = 0; i < vocabulary; i++) {
                logProbabilities[i] = smallest + step * (buffer.getShort() & 0xffff);
            }
        }

        @Override
        public void close() {
            try {
                stream.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
