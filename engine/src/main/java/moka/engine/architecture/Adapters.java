package moka.engine.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import moka.engine.AdapterFile;
import moka.engine.EngineException;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.TensorType;

/**
 * Changes of a model: LoRA adapters, which add a product of two narrow matrices to a matrix, and control vectors, which are added to the residual stream
 * behind a block. Several of both add up. Safe for use by many threads.
 *
 * @see <a href="https://arxiv.org/abs/2106.09685">LoRA</a>
 * @see <a href="https://arxiv.org/abs/2310.01405">Representation Engineering</a>
 */
public final class Adapters implements AutoCloseable {
    /**
     * A change of a matrix: {@code W x} becomes {@code W x + scale B (A x)}.
     *
     * @param a {@code [rank][columns]}
     * @param b {@code [rows][rank]}
     */
    public record LowRank(Matrix a, Matrix b, float scale) {
        public int rank() {
            return a.weights().rows();
        }
    }

    /** Tensors of a pair, as files hold them. */
    record Pair(GgufTensor a, GgufTensor b, float scale) {
        int rank() {
            return (int) b.columns();
        }
    }

    private final GgufFile base;
    private final Kernels kernels;
    private final List<GgufFile> files = new ArrayList<>();
    private final Map<String, List<Pair>> pairs = new HashMap<>();
    private final Map<String, LowRank> prepared = new ConcurrentHashMap<>();
    private final Map<Integer, float[]> directions = new HashMap<>();

    /** @throws EngineException if a file is no adapter, or none for this model */
    public Adapters(GgufFile base, Kernels kernels, int width, List<AdapterFile> adapters, List<AdapterFile> controlVectors) {
        this.base = base;
        this.kernels = kernels;
        try {
            for (AdapterFile it : adapters) {
                GgufFile file = open(it);
                pairs(base, file, it.scale()).forEach((name, pair) -> pairs.computeIfAbsent(name, key -> new ArrayList<>()).add(pair));
            }
            for (AdapterFile it : controlVectors) {
                readDirections(open(it), width, it.scale());
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private GgufFile open(AdapterFile it) {
        GgufFile file = GgufFile.open(it.path());
        files.add(file);
        return file;
    }

    /** The pairs of a LoRA file by the name of the tensor that they change. */
    static Map<String, Pair> pairs(GgufFile base, GgufFile file, float scale) {
        String type = file.metadata().string("adapter.type").orElse("");
        if (!type.equals("lora")) {
            throw new EngineException(file.name() + ": 'adapter.type' is '" + type + "', expected 'lora': no LoRA adapter");
        }
        String architecture = file.metadata().string("general.architecture").orElse("");
        String expected = base.metadata().requireString("general.architecture");
        if (!architecture.equals(expected)) {
            throw new EngineException(file.name() + ": an adapter for '" + architecture + "', but " + base.name() + " is of '" + expected + "'");
        }
        double alpha = file.metadata().number("adapter.lora.alpha").orElse(0);
        Map<String, Pair> pairs = new HashMap<>();
        for (GgufTensor tensor : file.tensors()) {
            if (!tensor.name().endsWith(".lora_a")) {
                if (!tensor.name().endsWith(".lora_b")) {
                    throw new EngineException(file.name() + ": tensor '" + tensor.name() + "', expected names that end in .lora_a or .lora_b");
                }
                continue;
            }
            String name = tensor.name().substring(0, tensor.name().length() - ".lora_a".length());
            GgufTensor b = file.tensor(name + ".lora_b")
                    .orElseThrow(() -> new EngineException(file.name() + ": tensor '" + name + ".lora_b' is missing"));
            check(base, file, name, tensor, b);
            float factor = alpha == 0 ? scale : (float) (scale * alpha / b.columns());
            pairs.put(name, new Pair(tensor, b, factor));
        }
        return pairs;
    }

    /**
     * Writes a model with adapters merged into its matrices. Changed tensors keep a type of plain floats; quantized ones become F16. One tensor at a time
     * is in memory.
     *
     * @param progress told of each tensor: done, all
     */
    public static void merge(GgufFile base, List<AdapterFile> adapters, Path out, WorkerTeam team, BiConsumer<Integer, Integer> progress) {
        List<GgufFile> files = new ArrayList<>();
        try {
            Map<String, List<Pair>> changes = new HashMap<>();
            for (AdapterFile it : adapters) {
                GgufFile file = GgufFile.open(it.path());
                files.add(file);
                pairs(base, file, it.scale()).forEach((name, pair) -> changes.computeIfAbsent(name, key -> new ArrayList<>()).add(pair));
            }
            List<GgufTensorInfo> infos = base.tensors().stream()
                    .map(it -> changes.containsKey(it.name()) ? GgufTensorInfo.of(it).withType(merged(it.type())) : GgufTensorInfo.of(it))
                    .toList();
            try (GgufWriter writer = GgufWriter.create(out, base.metadata(), infos)) {
                int done = 0;
                for (GgufTensor tensor : base.tensors()) {
                    List<Pair> pairs = changes.get(tensor.name());
                    writer.write(tensor.name(), pairs == null ? tensor.data() : merged(tensor, pairs, team));
                    progress.accept(++done, infos.size());
                }
                writer.commit();
            }
        } finally {
            files.forEach(GgufFile::close);
        }
    }

    private static TensorType merged(TensorType type) {
        return switch (type) {
            case F32, F16, BF16 -> type;
            default -> TensorType.F16;
        };
    }

    private static MemorySegment merged(GgufTensor tensor, List<Pair> pairs, WorkerTeam team) {
        int columns = Math.toIntExact(tensor.columns());
        int rows = Math.toIntExact(tensor.rows());
        TensorType type = merged(tensor.type());
        List<float[]> as = pairs.stream().map(it -> values(it.a())).toList();
        List<float[]> bs = pairs.stream().map(it -> values(it.b())).toList();
        MemorySegment result = Arena.ofAuto().allocate(type.rowBytes(columns) * rows, 64);
        team.run(rows, (row, worker) -> {
            float[] sum = new float[columns];
            TensorFormats.of(tensor.type()).decode(tensor.data(), row * tensor.type().rowBytes(columns), columns, sum, 0);
            for (int i = 0; i < pairs.size(); i++) {
                int rank = pairs.get(i).rank();
                for (int r = 0; r < rank; r++) {
                    float factor = pairs.get(i).scale() * bs.get(i)[row * rank + r];
                    float[] a = as.get(i);
                    for (int k = 0; k < columns; k++) {
                        sum[k] += factor * a[r * columns + k];
                    }
                }
            }
            TensorFormats.of(type).quantize(sum, 0, columns, result, row * type.rowBytes(columns));
        });
        return result;
    }

    private static float[] values(GgufTensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        TensorFormats.of(tensor.type()).decode(tensor.data(), 0, values.length, values, 0);
        return values;
    }

    private static void check(GgufFile base, GgufFile file, String name, GgufTensor a, GgufTensor b) {
        GgufTensor changed = base.tensor(name)
                .orElseThrow(() -> new EngineException(file.name() + ": changes the tensor '" + name + "', which " + base.name() + " has not"));
        if (name.equals("token_embd.weight") || changed.shape().length != 2) {
            throw new EngineException(file.name() + ": changes the tensor '" + name + "': adapters of embeddings and of experts are not supported");
        }
        if (a.columns() != changed.columns() || b.rows() != changed.rows() || a.rows() != b.columns()) {
            throw new EngineException(file.name() + ": tensors '" + name + ".lora_a' and '.lora_b' have the shapes "
                    + Arrays.toString(a.shape()) + " and " + Arrays.toString(b.shape()) + ", which do not fit "
                    + Arrays.toString(changed.shape()) + " of " + base.name());
        }
    }

    private void readDirections(GgufFile file, int width, float scale) {
        String prefix = "direction.";
        for (GgufTensor tensor : file.tensors()) {
            if (!tensor.name().matches("direction\\.\\d{1,8}") || tensor.elements() != width) {
                throw new EngineException(file.name() + ": tensor '" + tensor.name() + "' of " + tensor.elements()
                        + " values, expected 'direction.N' of " + width);
            }
            float[] sum = directions.computeIfAbsent(Integer.valueOf(tensor.name().substring(prefix.length())), it -> new float[width]);
            float[] values = new float[width];
            TensorFormats.of(tensor.type()).decode(tensor.data(), 0, width, values, 0);
            for (int i = 0; i < width; i++) {
                sum[i] += scale * values[i];
            }
        }
    }

    /** The changes of a matrix, which may be some rows of a tensor. */
    List<LowRank> of(WeightMatrix weights) {
        List<Pair> changes = pairs.getOrDefault(weights.name(), List.of());
        List<LowRank> result = new ArrayList<>(changes.size());
        for (int i = 0; i < changes.size(); i++) {
            Pair pair = changes.get(i);
            int first = firstRow(weights);
            result.add(prepared.computeIfAbsent(weights.name() + ":" + i + ":" + first, it -> prepare(pair, weights, first)));
        }
        return result;
    }

    private int firstRow(WeightMatrix weights) {
        MemorySegment whole = base.tensor(weights.name()).orElseThrow().data();
        long offset = weights.data().address() - whole.address();
        if (offset < 0 || offset >= whole.byteSize()) {
            throw new EngineException(base.name() + ": tensor '" + weights.name() + "' is held transposed: an adapter cannot change it");
        }
        return (int) (offset / weights.rowBytes());
    }

    private LowRank prepare(Pair pair, WeightMatrix weights, int first) {
        GgufTensor a = pair.a();
        GgufTensor b = pair.b();
        int rank = pair.rank();
        long rowBytes = b.type().rowBytes(rank);
        MemorySegment rows = b.data().asSlice(first * rowBytes, weights.rows() * rowBytes);
        return new LowRank(
                kernels.prepare(new WeightMatrix(a.name(), a.type(), rank, weights.columns(), a.data())),
                kernels.prepare(new WeightMatrix(b.name(), b.type(), weights.rows(), rank, rows)),
                pair.scale());
    }

    /** What is added to the residual stream behind a block; an empty array: nothing. */
    float[] direction(int layer) {
        return directions.getOrDefault(layer, new float[0]);
    }

    @Override
    public void close() {
        files.forEach(GgufFile::close);
        files.clear();
    }
}
