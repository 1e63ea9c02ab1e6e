package moka.engine.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import moka.engine.AdapterFile;
import moka.engine.EngineException;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.WeightMatrix;
import moka.engine.ops.Embedding;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.TensorType;

/**
 * Changes of a model: LoRA adapters, which add a product of two narrow matrices to a matrix, and control vectors, which are added to the residual stream
 * behind a block. Several of both add up. Safe for use by many threads.
 *
 * <p>The matrices of one projection share an input. So the narrow matrices A of all of them, of all adapters, are stacked to one; each B takes the
 * stacked result, with zeros where it is not meant: two products a projection, however many matrices are changed.
 *
 * @see <a href="https://arxiv.org/abs/2106.09685">LoRA</a>
 * @see <a href="https://arxiv.org/abs/2310.01405">Representation Engineering</a>
 */
public final class Adapters implements AutoCloseable {
    /** Ranks are rounded up to whole vectors. */
    private static final int RANK_UNIT = 16;

    /**
     * What adapters add to matrices that share an input {@code x}: {@code b[i] (a x)} to matrix {@code i}. One change for each expert.
     *
     * @param a {@code [expert]}: {@code [rank][columns]}, the adapters' scales included
     * @param b {@code [matrix][expert]}: {@code [rows][rank]}; an empty list where a matrix is not changed
     */
    record Change(int rank, List<Matrix> a, List<List<Matrix>> b) {}

    private final GgufFile base;
    private final Kernels kernels;
    private final TensorType type;
    private final Arena arena = Arena.ofShared();
    private final List<GgufFile> files = new ArrayList<>();
    private final Map<String, List<LowRankPair>> pairs = new HashMap<>();
    private final Map<String, Change> prepared = new ConcurrentHashMap<>();
    private final Map<Integer, float[]> directions = new HashMap<>();

    /**
     * @param type of the matrices that are made from the adapters': a plain type
     * @throws EngineException if a file is no adapter, or none for this model
     */
    public Adapters(GgufFile base, Kernels kernels, TensorType type, int width, List<AdapterFile> adapters, List<AdapterFile> controlVectors) {
        this.base = base;
        this.kernels = kernels;
        this.type = type;
        try {
            for (AdapterFile it : adapters) {
                GgufFile file = open(it);
                LowRankPair.read(base, file, it.scale()).forEach((name, pair) -> pairs.computeIfAbsent(name, key -> new ArrayList<>()).add(pair));
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

    // ---- matrices

    /** The change of matrices that share an input, each of which may be some rows of a tensor; empty where no adapter changes any. */
    Optional<Change> of(List<Matrix> matrices) {
        return ofExperts(matrices.stream().map(List::of).toList());
    }

    /** Likewise of matrices of experts. @param matrices {@code [matrix][expert]} */
    Optional<Change> ofExperts(List<List<Matrix>> matrices) {
        if (matrices.stream().noneMatch(it -> pairs.containsKey(weights(it).name()))) {
            return Optional.empty();
        }
        StringBuilder key = new StringBuilder();
        matrices.forEach(it -> key.append(weights(it).name()).append('[').append(firstRow(weights(it))).append("];"));
        return Optional.of(prepared.computeIfAbsent(key.toString(), it -> stack(matrices)));
    }

    private static WeightMatrix weights(List<Matrix> experts) {
        return experts.getFirst().weights();
    }

    private Change stack(List<List<Matrix>> matrices) {
        int used = 0;
        for (List<Matrix> experts : matrices) {
            used += pairs(experts).stream().mapToInt(LowRankPair::rank).sum();
        }
        int rank = (used + RANK_UNIT - 1) & -RANK_UNIT;
        int count = matrices.getFirst().size();
        int columns = weights(matrices.getFirst()).columns();
        List<Matrix> a = new ArrayList<>();
        for (int expert = 0; expert < count; expert++) {
            a.add(prepare("A of " + weights(matrices.getFirst()).name(), rank, columns, inner(matrices, expert, rank * columns)));
        }
        List<List<Matrix>> b = new ArrayList<>();
        int at = 0;
        for (List<Matrix> experts : matrices) {
            List<Matrix> outer = new ArrayList<>();
            for (int expert = 0; expert < count && !pairs(experts).isEmpty(); expert++) {
                WeightMatrix weights = experts.get(expert).weights();
                outer.add(prepare("B of " + weights.name(), weights.rows(), rank, outer(weights, at, rank)));
            }
            b.add(outer);
            at += pairs(experts).stream().mapToInt(LowRankPair::rank).sum();
        }
        return new Change(rank, List.copyOf(a), List.copyOf(b));
    }

    private List<LowRankPair> pairs(List<Matrix> experts) {
        return pairs.getOrDefault(weights(experts).name(), List.of());
    }

    /** All A one below the other. */
    private float[] inner(List<List<Matrix>> matrices, int expert, int length) {
        float[] result = new float[length];
        int at = 0;
        for (List<Matrix> experts : matrices) {
            for (LowRankPair pair : pairs(experts)) {
                int row = firstRow(experts.get(expert).weights());
                float[] values = pair.inner(row / pair.rows());
                System.arraycopy(values, 0, result, at, values.length);
                at += values.length;
            }
        }
        return result;
    }

    /** The B of a matrix side by side, from column {@code at} on. */
    private float[] outer(WeightMatrix weights, int at, int rank) {
        float[] result = new float[weights.rows() * rank];
        int column = at;
        for (LowRankPair pair : pairs.getOrDefault(weights.name(), List.of())) {
            float[] values = pair.outer(firstRow(weights), weights.rows());
            for (int row = 0; row < weights.rows(); row++) {
                System.arraycopy(values, row * pair.rank(), result, row * rank + column, pair.rank());
            }
            column += pair.rank();
        }
        return result;
    }

    private Matrix prepare(String name, int rows, int columns, float[] values) {
        MemorySegment data = arena.allocate(type.rowBytes(columns) * rows, 64);
        TensorFormats.of(type).quantize(values, 0, values.length, data, 0);
        return kernels.prepare(new WeightMatrix(name, type, rows, columns, data));
    }

    /** The first of a matrix' rows in its tensor. */
    private int firstRow(WeightMatrix weights) {
        MemorySegment whole = base.tensor(weights.name()).orElseThrow().data();
        long offset = weights.data().address() - whole.address();
        if (offset < 0 || offset >= whole.byteSize()) {
            throw new EngineException(base.name() + ": tensor '" + weights.name() + "' is held transposed: an adapter cannot change it");
        }
        return (int) (offset / weights.rowBytes());
    }

    // ---- embeddings and control vectors

    /** The changes of a tensor that rows are looked up in. */
    List<Embedding.Change> ofEmbedding(WeightMatrix embedding) {
        return pairs.getOrDefault(embedding.name(), List.of()).stream().map(Adapters::ofEmbedding).toList();
    }

    private static Embedding.Change ofEmbedding(LowRankPair pair) {
        float[] values = pair.inner(0);
        float[][] inner = new float[pair.rank()][];
        Arrays.setAll(inner, r -> Arrays.copyOfRange(values, r * pair.columns(), (r + 1) * pair.columns()));
        return new Embedding.Change(pair::outer, inner);
    }

    /** What is added to the residual stream behind a block; an empty array: nothing. */
    float[] direction(int layer) {
        return directions.getOrDefault(layer, new float[0]);
    }

    @Override
    public void close() {
        files.forEach(GgufFile::close);
        files.clear();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
