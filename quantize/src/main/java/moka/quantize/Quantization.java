package moka.quantize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.FileType;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.MetadataBuilder;
import moka.gguf.TensorType;

/**
 * Makes a quantized model from another, tensor by tensor: memory is a few pieces of rows, whatever the size of the model. The result takes
 * its name at the end, complete; if the process is killed before, the next run for the same source, types and method goes on with the tensors
 * that it finished. For one thread; the work is spread over a team.
 */
public final class Quantization {
    private static final int FORMAT_VERSION = 2;

    /**
     * What happens to a tensor.
     *
     * @param from type in the source
     * @param to type in the result
     * @param fromBytes size in the source
     * @param toBytes size in the result
     * @param weighted whether importance weights are used
     * @param wantsWeights whether the type is poor without importance weights, and there are none
     */
    public record Step(
            String name,
            TensorType from,
            TensorType to,
            long elements,
            long fromBytes,
            long toBytes,
            boolean weighted,
            boolean wantsWeights) {}

    /** Told of progress. */
    public interface Listener {
        /** Before a tensor. */
        default void onTensor(Step step, int index, int count) {}

        /** Once, where an earlier run left finished tensors that are kept. */
        default void onResume(int kept, int count) {}

        /** After a piece. @param done bytes of the source that are through @param total all bytes of the source */
        default void onProgress(long done, long total) {}
    }

    private final ModelSource source;
    private final QuantizeOptions options;
    private final Map<String, TensorType> types;
    private final RowEncoder.Factory method;

    /** Quantizes to nearest, or with the least weighted error where the options have an importance matrix. */
    public Quantization(ModelSource source, QuantizeOptions options) {
        this(source, options, weighted(options.importance()));
    }

    /** To nearest, or with the least weighted error for the tensors that an importance matrix knows. */
    public static RowEncoder.Factory weighted(Optional<ImportanceMatrix> importance) {
        return new WeightedEncoder.Weighting(importance);
    }

    /** @throws QuantizeException if the source has tensors that may not be quantized again, or that fit no type */
    public Quantization(ModelSource source, QuantizeOptions options, RowEncoder.Factory method) {
        this.source = source;
        this.options = options;
        this.method = method;
        this.types = TypeChoice.of(
                options.mixture(),
                ModelFacts.of(source.metadata(), source.infos(), options.importance().isPresent()),
                options.overrides(),
                source.infos());
        for (SourceTensor tensor : source.tensors()) {
            check(tensor.info());
        }
    }

    private void check(GgufTensorInfo tensor) {
        TensorType to = types.get(tensor.name());
        if (to == tensor.type()) {
            return;
        }
        if (!RowQuantizer.canQuantize(to)) {
            throw new QuantizeException("tensor '" + tensor.name() + "': weights cannot be stored as " + to);
        }
        boolean plain = switch (tensor.type()) {
            case F32, F16, BF16, F64, Q8_0 -> true;
            default -> false;
        };
        if (!plain && !options.allowRequantize()) {
            throw new QuantizeException(source.name() + ": tensor '" + tensor.name() + "' is " + tensor.type()
                    + ", expected F32, F16, BF16 or Q8_0: quantizing twice adds up errors, use a better source, or --allow-requantize");
        }
    }

    /** What will happen, in the order of the source. */
    public List<Step> plan() {
        return source.tensors().stream().map(this::step).toList();
    }

    private Step step(SourceTensor tensor) {
        GgufTensorInfo info = tensor.info();
        TensorType to = types.get(info.name());
        boolean changes = to != info.type();
        boolean weights = options.importance().flatMap(it -> it.weights(info.name())).isPresent();
        return new Step(
                info.name(),
                info.type(),
                to,
                tensor.rows() * tensor.columns(),
                info.bytes(),
                info.withType(to).bytes(),
                changes && weights && RowQuantizer.usesWeights(to),
                changes && !weights && wantsWeights(info.name(), to));
    }

    private boolean wantsWeights(String name, TensorType type) {
        TensorRole role = TensorRole.of(name);
        if (role == TensorRole.TOKEN_EMBEDDING || role == TensorRole.OUTPUT) {
            return false;
        }
        return switch (type) {
            case IQ3_XXS, IQ2_XXS, IQ2_XS, IQ2_S, IQ1_M, IQ1_S -> true;
            case Q2_K -> options.mixture() == Mixture.Q2_K_S;
            default -> false;
        };
    }

    /** Metadata of the result. */
    Metadata metadata() {
        MetadataBuilder keys = source.metadata()
                .toBuilder()
                .setUint32("general.quantization_version", FORMAT_VERSION)
                .setUint32(FileType.KEY, options.mixture().fileType().id());
        options.importance().ifPresent(it -> it.describe(keys));
        return keys.build();
    }

    /**
     * Makes the file.
     *
     * @param target the file; with {@code keepSplit} its name without {@code -00001-of-0000N.gguf}
     * @throws QuantizeException if there is no room for it
     * @throws moka.gguf.GgufException if it cannot be written
     */
    public void run(Path target, Listener listener) {
        try {
            make(target, listener);
        } catch (InternalError e) { // the JVM's word for a page of a mapped file that is lost
            source.checkUnchanged();
            throw new QuantizeException(source.name() + ": a part of it cannot be read: the disk fails, or it was cut for a while", e);
        }
    }

    private void make(Path target, Listener listener) {
        List<Step> plan = plan();
        checkSpace(target, plan.stream().mapToLong(Step::toBytes).sum());
        try (GgufWriter writer = writer(target);
                WorkerTeam team = new WorkerTeam(options.threads())) {
            Progress progress = new Progress(
                    listener, plan.stream().mapToLong(Step::fromBytes).sum());
            int kept = (int) plan.stream().filter(it -> writer.has(it.name())).count();
            if (kept > 0) {
                listener.onResume(kept, plan.size());
            }
            int index = 0;
            for (SourceTensor tensor : source.tensors()) {
                source.checkUnchanged();
                if (writer.has(tensor.info().name())) {
                    progress.add(tensor.info().bytes());
                } else {
                    listener.onTensor(plan.get(index), index, plan.size());
                    try {
                        write(tensor, writer, team, progress);
                    } catch (RuntimeException e) {
                        source.checkUnchanged(); // the better reason, if it was cut or written over meanwhile
                        throw e;
                    }
                }
                index++;
            }
            source.checkUnchanged();
            writer.commit();
        }
    }

    private GgufWriter writer(Path target) {
        List<List<GgufTensorInfo>> parts = source.parts().stream()
                .map(part -> part.stream()
                        .map(it -> it.info().withType(types.get(it.info().name())))
                        .toList())
                .toList();
        if (options.keepSplit() && parts.size() > 1) {
            return GgufWriter.resumeSplit(target, metadata(), parts, origin());
        }
        return GgufWriter.resume(target, metadata(), parts.stream().flatMap(List::stream).toList(), origin());
    }

    private String origin() {
        return new Fingerprint().add(source).text() + " " + method.origin();
    }

    private static void checkSpace(Path target, long needed) {
        try {
            Path directory = target.toAbsolutePath().getParent();
            Path before = directory.resolve("." + target.getFileName() + ".unfinished");
            long free = Files.getFileStore(directory).getUsableSpace() + (Files.exists(before) ? Files.size(before) : 0);
            if (free < needed) {
                throw new QuantizeException(String.format(
                        Locale.ROOT,
                        "%s: needs %.1f MB, %.1f MB is free in %s",
                        target.getFileName(),
                        needed / 1e6,
                        free / 1e6,
                        directory));
            }
        } catch (IOException e) {
            // The writer will say what is wrong with the place.
        }
    }

    private static final class Progress {
        private final Listener listener;
        private final long total;
        private long done;

        Progress(Listener listener, long total) {
            this.listener = listener;
            this.total = total;
        }

        void add(long bytes) {
            done += bytes;
            listener.onProgress(done, total);
        }
    }

    private void write(SourceTensor tensor, GgufWriter writer, WorkerTeam team, Progress progress) {
        GgufTensorInfo info = tensor.info();
        TensorType type = types.get(info.name());
        if (type == info.type() && tensor.data().isPresent()) {
            writer.write(info.name(), tensor.data().get());
            progress.add(info.bytes());
            return;
        }
        method.prepare(tensor, type);
        TensorEncoding.run(source.name(), tensor, type, method, team, piece -> {
            writer.append(info.name(), piece);
            progress.add(piece.byteSize() * info.bytes() / info.withType(type).bytes());
        });
    }
}
