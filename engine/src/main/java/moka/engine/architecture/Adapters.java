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
 * <p>The matrices of one projection share an input. So the narrow matrices A of all of them, of all adapters, are stacked to one, which is multiplied
 * together with them; each B takes its part of the stacked result. Narrow matrices of a quantized one are Q8_0, so that they take the input in the form
 * that it has anyway.
 *
 * @see <a href="https://arxiv.org/abs/2106.09685">LoRA</a>
 * @see <a href="https://arxiv.org/abs/2310.01405">Representation Engineering</a>
 */
public final class Adapters implements AutoCloseable {
    /** Ranks are rounded up to whole vectors, or to whole blocks of Q8_0. */
    private static final int RANK_UNIT = 16;

    private static final int BLOCK_UNIT = 32;

    /**
     * What adapters add to matrices that share an input {@code x}.
     *
     * @param rank of all parts together
     * @param a {@code [expert]}: {@code [rank][columns]}, the adapters' scales included
     * @param parts of the matrices that are changed
     */
    record Change(int rank, List<Matrix> a, List<Part> parts) {}

    /**
     * The change of one matrix: {@code b (a x)[first ... first + rank)} is added.
     *
     * @param matrix its index
     * @param b {@code [expert]}: {@code [rows][rank]}
     */
    record Part(int matrix, int first, int rank, List<Matrix> b) {}

    private final GgufFile base;
    private final Kernels kernels;
    private final TensorType type;
    private final Arena arena = Arena.ofShared();
    private final List<GgufFile> files = new ArrayList<>();
    private final Map<String, List<LowRankPair>> pairs = new HashMap<>();
    private final Map<String, Change> prepared = new ConcurrentHashMap<>();
    private final Map<Integer, float[]> directions = new HashMap<>();

    /**
     * @param type of the matrices that are made from the adapters' for matrices that are not quantized; F32: for all
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

    /** Whether any adapter changes a tensor. */
    boolean change(String tensor) {
        return pairs.containsKey(tensor);
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
        WeightMatrix changed = weights(matrices.getFirst());
        TensorType narrow = narrowType(changed);
        int unit = narrow == TensorType.Q8_0 ? BLOCK_UNIT : RANK_UNIT;
        List<Part> parts = new ArrayList<>();
        int rank = 0;
        for (int i = 0; i < matrices.size(); i++) {
            List<Matrix> experts = matrices.get(i);
            int own = pairs(experts).stream().mapToInt(LowRankPair::rank).sum() + unit - 1 & -unit;
            if (own > 0) {
                List<Matrix> b = new ArrayList<>();
                for (Matrix expert : experts) {
                    WeightMatrix weights = expert.weights();
                    b.add(prepare("B of " + weights.name(), narrow, weights.rows(), own, outer(weights, own)));
                }
                parts.add(new Part(i, rank, own, List.copyOf(b)));
                rank += own;
            }
        }
        List<Matrix> a = new ArrayList<>();
        for (int expert = 0; expert < matrices.getFirst().size(); expert++) {
            a.add(prepare("A of " + changed.name(), narrow, rank, changed.columns(), inner(matrices, expert, parts, rank)));
        }
        return new Change(rank, List.copyOf(a), List.copyOf(parts));
    }

    /** The type of narrow matrices: one that takes its input in the form in which the changed matrix does. */
    private TensorType narrowType(WeightMatrix changed) {
        boolean quantized = changed.type().blockElements() > 1 && changed.columns() % BLOCK_UNIT == 0;
        return type == TensorType.F32 || !quantized ? type : TensorType.Q8_0;
    }

    private List<LowRankPair> pairs(List<Matrix> experts) {
        return pairs.getOrDefault(weights(experts).name(), List.of());
    }

    /** The A of an expert one below the other, those of a part from its first row on. */
    private float[] inner(List<List<Matrix>> matrices, int expert, List<Part> parts, int rank) {
        int columns = weights(matrices.getFirst()).columns();
        float[] result = new float[rank * columns];
        for (Part part : parts) {
            List<Matrix> experts = matrices.get(part.matrix());
            int at = part.first() * columns;
            for (LowRankPair pair : pairs(experts)) {
                float[] values = pair.inner(firstRow(experts.get(expert).weights()) / pair.rows());
                System.arraycopy(values, 0, result, at, values.length);
                at += values.length;
            }
        }
        return result;
    }

    /** The B of a matrix side by side. */
    private float[] outer(WeightMatrix weights, int rank) {
        float[] result = new float[weights.rows() * rank];
        int column = 0;
        for (LowRankPair pair : pairs.getOrDefault(weights.name(), List.of())) {
            float[] values = pair.outer(firstRow(weights), weights.rows());
            for (int row = 0; row < weights.rows(); row++) {
                System.arraycopy(values, row * pair.rank(), result, row * rank + column, pair.rank());
            }
            column += pair.rank();
        }
        return result;
    }

    private Matrix prepare(String name, TensorType narrow, int rows, int columns, float[] values) {
        MemorySegment data = arena.allocate(narrow.rowBytes(columns) * rows, 64);
        TensorFormats.of(narrow).quantize(values, 0, values.length, data, 0);
        return kernels.prepare(new WeightMatrix(name, narrow, rows, columns, data));
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
