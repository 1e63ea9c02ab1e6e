package moka.engine.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import moka.engine.AdapterFile;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.TensorType;

/** Writes a model with adapters merged into its matrices. */
public final class MergedModel {
    private MergedModel() {}

    /**
     * Changed tensors keep a type of plain floats; quantized ones become F16. One tensor at a time is in memory.
     *
     * @param progress told of each tensor: done, all
     */
    public static void write(GgufFile base, List<AdapterFile> adapters, Path out, WorkerTeam team, BiConsumer<Integer, Integer> progress) {
        List<GgufFile> files = new ArrayList<>();
        try {
            Map<String, List<LowRankPair>> changes = new HashMap<>();
            for (AdapterFile it : adapters) {
                GgufFile file = GgufFile.open(it.path());
                files.add(file);
                LowRankPair.read(base, file, it.scale()).forEach((name, pair) -> changes.computeIfAbsent(name, key -> new ArrayList<>()).add(pair));
            }
            List<GgufTensorInfo> infos = base.tensors().stream()
                    .map(it -> changes.containsKey(it.name()) ? GgufTensorInfo.of(it).withType(merged(it.type())) : GgufTensorInfo.of(it))
                    .toList();
            try (GgufWriter writer = GgufWriter.create(out, base.metadata(), infos)) {
                int done = 0;
                for (GgufTensor tensor : base.tensors()) {
                    List<LowRankPair> pairs = changes.get(tensor.name());
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

    private static MemorySegment merged(GgufTensor tensor, List<LowRankPair> pairs, WorkerTeam team) {
        int columns = Math.toIntExact(tensor.columns());
        int allRows = Math.toIntExact(tensor.rows());
        int rows = pairs.getFirst().rows();
        TensorType type = merged(tensor.type());
        MemorySegment result = Arena.ofAuto().allocate(type.rowBytes(columns) * allRows, 64);
        for (int expert = 0; expert < allRows / rows; expert++) {
            int first = expert * rows;
            int now = expert;
            List<float[]> inner = pairs.stream().map(it -> it.inner(now)).toList();
            List<float[]> outer = pairs.stream().map(it -> it.outer(first, rows)).toList();
            team.run(rows, (row, worker) -> {
                float[] sum = new float[columns];
                TensorFormats.of(tensor.type()).decode(tensor.data(), (first + row) * tensor.type().rowBytes(columns), columns, sum, 0);
                for (int i = 0; i < pairs.size(); i++) {
                    int rank = pairs.get(i).rank();
                    for (int r = 0; r < rank; r++) {
                        float factor = outer.get(i)[row * rank + r];
                        float[] a = inner.get(i);
                        for (int k = 0; k < columns; k++) {
                            sum[k] += factor * a[r * columns + k];
                        }
                    }
                }
                TensorFormats.of(type).quantize(sum, 0, columns, result, (first + row) * type.rowBytes(columns));
            });
        }
        return result;
    }
}
