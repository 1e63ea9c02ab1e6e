package moka.quantize;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.TensorType;
import moka.quantize.quality.BaseLogits;
import moka.quantize.quality.Divergence;
import moka.quantize.quality.TextWindows;

/**
 * A copy of a model on disk with all weights as floats, in which single tensors can be replaced by what comes back when they are quantized: what that
 * does to the model's predictions is then measured, whatever the types, without a file of its own for each trial. Holds files until it is closed; for one
 * thread.
 */
final class WorkingCopy implements AutoCloseable {
    private static final RowEncoder.Factory PLAIN = Quantization.weighted(Optional.empty());

    private final WorkerTeam alone = new WorkerTeam(1);
    private final ModelSource source;
    private final Map<String, SourceTensor> tensors = new HashMap<>();
    private final Map<String, Long> offsets = new HashMap<>();
    private final Map<String, GgufTensorInfo> stored = new LinkedHashMap<>();
    private final Path file;
    private final Path base;

    /** The codes of each replaced tensor, at the place that it has in the copy, where it takes more. */
    private final Path shelf;

    private final FileChannel channel;
    private final FileChannel shelfChannel;
    private final Map<String, TensorType> replaced = new HashMap<>();
    private final ModelOptions options;

    /**
     * Makes the copy, and the predictions of the unchanged model on a text.
     *
     * @param beside the file that will be made: the working files lie in its directory, hidden
     * @throws moka.gguf.GgufException if there is no room
     */
    WorkingCopy(ModelSource source, Path beside, ModelOptions options, String text, int window, int atMost) {
        this.source = source;
        this.options = options;
        this.file = hidden(beside, "working");
        this.base = hidden(beside, "logits");
        this.shelf = hidden(beside, "codes");
        List.of(file, base, shelf).forEach(it -> it.toFile().deleteOnExit());
        source.tensors().forEach(it -> {
            tensors.put(it.info().name(), it);
            stored.put(it.info().name(), it.info().withType(floatType(it.info().type())));
        });
        try {
            write();
            try (Model model = Model.open(file, options)) {
                locate(model.file());
                writeBase(model, TextWindows.of(model, text, window, atMost, true));
            }
            channel = FileChannel.open(file, StandardOpenOption.WRITE);
            shelfChannel = FileChannel.open(
                    shelf,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING);
        } catch (IOException e) {
            delete();
            throw fault(e);
        } catch (RuntimeException | Error e) {
            delete();
            throw e;
        }
    }

    private static Path hidden(Path beside, String suffix) {
        Path absolute = beside.toAbsolutePath();
        return absolute.resolveSibling("." + absolute.getFileName() + "." + suffix);
    }

    private static TensorType floatType(TensorType type) {
        return switch (type) {
            case F32, F16, BF16, I8, I16, I32, I64, F64 -> type;
            default -> TensorType.F16;
        };
    }

    private void write() {
        // Under one name whatever becomes of this process; never gone on with.
        String origin = UUID.randomUUID().toString();
        try (GgufWriter writer =
                GgufWriter.resume(file, source.metadata(), stored.values().stream().toList(), origin)) {
            for (SourceTensor tensor : source.tensors()) {
                GgufTensorInfo as = stored.get(tensor.info().name());
                if (as.type() == tensor.info().type() && tensor.data().isPresent()) {
                    writer.write(as.name(), tensor.data().get());
                } else {
                    TensorEncoding.run(source.name(), tensor, as.type(), PLAIN, alone, piece -> writer.append(as.name(), piece));
                }
            }
            writer.commit();
        }
    }

    private void locate(GgufFile opened) {
        long begin = opened.maps().getFirst().address();
        for (GgufTensor tensor : opened.tensors()) {
            offsets.put(tensor.name(), tensor.data().address() - begin);
        }
    }

    private void writeBase(Model model, TextWindows windows) {
        try (BaseLogits.Writer writer = new BaseLogits.Writer(base, windows, model.vocabularySize());
                Session session = model.newSession(windows.sessionOptions())) {
            for (int i = 0; i < windows.count(); i++) {
                windows.score(session, i, writer);
            }
            writer.commit();
        }
    }

    /** The file: to be opened as a model, and closed before the next change. */
    Path file() {
        return file;
    }

    /** Replaces a tensor by what comes back of it from a type. */
    void replace(String name, TensorType type, RowEncoder.Factory method, WorkerTeam team) {
        SourceTensor tensor = tensors.get(name);
        if (type == tensor.info().type()) {
            restore(name);
            return;
        }
        method.prepare(tensor, type);
        long[] at = {offsets.get(name)};
        rewrite(name, type, sink -> TensorEncoding.run(source.name(), tensor, type, method, team, piece -> {
            at[0] += written(shelfChannel, piece, at[0]);
            sink.accept(piece);
        }));
        replaced.put(name, type);
    }

    /** What a tensor was replaced by; without bytes where it was not. */
    record Codes(Optional<TensorType> type, byte[] bytes) {
        void read(long from, byte[] target, int targetOffset, int length) {
            System.arraycopy(bytes, Math.toIntExact(from), target, targetOffset, length);
        }
    }

    /** What a tensor is now. */
    Codes codes(String name) {
        TensorType type = replaced.get(name);
        if (type == null) {
            return new Codes(Optional.empty(), new byte[0]);
        }
        ByteBuffer bytes = ByteBuffer.allocate(
                Math.toIntExact(tensors.get(name).info().withType(type).bytes()));
        try {
            while (bytes.hasRemaining()) {
                if (shelfChannel.read(bytes, offsets.get(name) + bytes.position()) < 0) {
                    throw new IOException("cut short");
                }
            }
        } catch (IOException e) {
            throw fault(e);
        }
        return new Codes(Optional.of(type), bytes.array());
    }

    /** The same, where it is of a type. */
    Optional<Codes> codesOf(String name, TensorType type) {
        return replaced.get(name) == type ? Optional.of(codes(name)) : Optional.empty();
    }

    /** Makes a tensor what it was. */
    void put(String name, Codes codes) {
        if (codes.type.isEmpty()) {
            restore(name);
            return;
        }
        MemorySegment bytes = MemorySegment.ofArray(codes.bytes);
        rewrite(name, codes.type.get(), sink -> {
            written(shelfChannel, bytes, offsets.get(name));
            sink.accept(bytes);
        });
        replaced.put(name, codes.type.get());
    }

    /** Makes a tensor what it is in the source. */
    void restore(String name) {
        replaced.remove(name);
        SourceTensor tensor = tensors.get(name);
        if (tensor.data().isPresent()) {
            rewrite(name, tensor.info().type(), sink -> sink.accept(tensor.data().get()));
        } else {
            TensorType type = stored.get(name).type();
            rewrite(name, type, sink -> TensorEncoding.run(source.name(), tensor, type, PLAIN, alone, sink));
        }
    }

    private void rewrite(String name, TensorType from, Consumer<Consumer<MemorySegment>> pieces) {
        TensorType to = stored.get(name).type();
        long[] at = {offsets.get(name)};
        pieces.accept(piece -> {
            at[0] += from == to ? written(channel, piece, at[0]) : converted(piece, from, to, at[0]);
        });
    }

    private long written(FileChannel to, MemorySegment piece, long at) {
        long done = 0;
        try {
            while (done < piece.byteSize()) {
                ByteBuffer part = piece.asSlice(done, Math.min(1 << 22, piece.byteSize() - done)).asByteBuffer();
                done += to.write(part, at + done);
            }
        } catch (IOException e) {
            throw fault(e);
        }
        return done;
    }

    private long converted(MemorySegment piece, TensorType from, TensorType to, long at) {
        TensorFormat format = TensorFormats.of(from);
        int blocks = Math.max(1, (1 << 16) / from.blockElements());
        long elements = piece.byteSize() / from.blockBytes() * from.blockElements();
        float[] values = new float[blocks * from.blockElements()];
        long written = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(to.rowBytes(values.length));
            for (long first = 0; first < elements; first += values.length) {
                int now = (int) Math.min(values.length, elements - first);
                format.decode(piece, from.rowBytes(first), now, values, 0);
                TensorFormats.of(to).quantize(values, 0, now, out, 0);
                written += written(channel, out.asSlice(0, to.rowBytes(now)), at + written);
            }
        }
        return written;
    }

    /** How far the copy's predictions are now from the unchanged model's, on each scored token. */
    Divergence divergence() {
        return divergence(file);
    }

    /** The same of another file. */
    Divergence divergence(Path model) {
        try (Model opened = Model.open(model, options);
                BaseLogits.Reader reader = new BaseLogits.Reader(base)) {
            return Divergence.of(opened, reader, (done, total) -> {});
        }
    }

    private QuantizeException fault(IOException e) {
        return new QuantizeException(file.getFileName() + ": the working copy cannot be written (" + e.getMessage() + ")", e);
    }

    private void delete() {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(base);
            Files.deleteIfExists(shelf);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
            shelfChannel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            delete();
        }
    }
}
