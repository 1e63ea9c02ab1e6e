package moka.cli.bench;

import java.util.Locale;
import moka.cli.render.Quantity;
import moka.engine.Model;
import moka.gguf.FileType;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.Metadata;

/**
 * A model as a table names it.
 *
 * @param fileName name of the file
 * @param type architecture, parameters and mixture of types: {@code llama 1.24 B Q4_K_M}
 * @param bytes of its tensors
 * @param parameters elements of its tensors
 * @param bytesPerToken weights that the computation of one token reads
 */
public record BenchModel(String fileName, String type, long bytes, long parameters, long bytesPerToken) {
    public static BenchModel of(Model model) {
        GgufFile file = model.file();
        long bytes = file.tensors().stream().mapToLong(it -> it.data().byteSize()).sum();
        long parameters = file.tensors().stream().mapToLong(GgufTensor::elements).sum();
        String mixture = file.metadata()
                .integer(FileType.KEY)
                .stream()
                .boxed()
                .flatMap(id -> FileType.byId(id).stream())
                .map(FileType::name)
                .findFirst()
                .orElse(String.format(Locale.ROOT, "%.2f bits", 8.0 * bytes / Math.max(1, parameters)));
        return new BenchModel(
                model.name(),
                model.architecture() + " " + Quantity.count(parameters) + " " + mixture,
                bytes,
                parameters,
                bytesPerToken(file, model.architecture()));
    }

    /**
     * All matrices, but of the token embedding only where it is the output too, and of experts only those that a token uses.
     */
    private static long bytesPerToken(GgufFile file, String architecture) {
        boolean tied = file.tensor("output.weight").isEmpty();
        double used = usedExperts(file.metadata(), architecture);
        double bytes = 0;
        for (GgufTensor tensor : file.tensors()) {
            if (tensor.name().equals("token_embd.weight") && !tied) {
                continue;
            }
            bytes += tensor.data().byteSize() * (tensor.name().contains("_exps.") ? used : 1);
        }
        return Math.round(bytes);
    }

    private static double usedExperts(Metadata metadata, String architecture) {
        long count = metadata.integer(architecture + ".expert_count").orElse(0);
        long used = metadata.integer(architecture + ".expert_used_count").orElse(count);
        return count > 0 ? (double) used / count : 1;
    }
}
