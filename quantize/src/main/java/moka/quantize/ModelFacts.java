package moka.quantize;

import java.util.List;
import java.util.Set;
import moka.gguf.GgufTensorInfo;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;

/**
 * What the choice of types asks about a model.
 *
 * @param architecture {@code general.architecture}
 * @param blockCount number of layers
 * @param headsPerKvHead heads of queries for one of keys (of the first layer); 0 where there are none
 * @param expertCount experts of a layer, 0 or 1 for a dense model
 * @param seventyBillion whether it is one of the shapes counted as 70B
 * @param tiedEmbeddings whether the output uses the token embedding
 * @param importance whether an importance matrix is given
 */
public record ModelFacts(
        String architecture,
        int blockCount,
        int headsPerKvHead,
        int expertCount,
        boolean seventyBillion,
        boolean tiedEmbeddings,
        boolean importance) {
    private static final Set<String> EIGHTY_BLOCKS_ARE_70B = Set.of("qwen2", "deci", "olmo");

    /** Reads the facts from a model's metadata and tensors. */
    public static ModelFacts of(Metadata metadata, List<GgufTensorInfo> tensors, boolean importance) {
        String architecture = metadata.string("general.architecture").orElse("");
        int blocks = (int) metadata.integer(architecture + ".block_count").orElse(0);
        long heads = first(metadata, architecture + ".attention.head_count");
        long kvHeads = metadata.contains(architecture + ".attention.head_count_kv")
                ? first(metadata, architecture + ".attention.head_count_kv")
                : heads;
        int perKvHead = kvHeads > 0 ? (int) (heads / kvHeads) : 0;
        boolean seventy = blocks == 80
                && (EIGHTY_BLOCKS_ARE_70B.contains(architecture) || (architecture.equals("llama") && heads != kvHeads));
        return new ModelFacts(
                architecture,
                blocks,
                perKvHead,
                (int) metadata.integer(architecture + ".expert_count").orElse(0),
                seventy || (architecture.equals("jais2") && blocks == 68),
                tensors.stream().noneMatch(it -> it.name().equals("output.weight")),
                importance);
    }

    /** A number, or the first of an array with one for each layer. */
    private static long first(Metadata metadata, String key) {
        if (metadata.values().get(key) instanceof MetadataValue.ArrayValue array) {
            return array.size() > 0 ? array.longs()[0] : 0;
        }
        return metadata.integer(key).orElse(0);
    }

    boolean falcon() {
        return architecture.equals("falcon");
    }
}
